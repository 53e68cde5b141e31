#include "core/streaming/ingestion/exact_json.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <string>

namespace {

using namespace streaming;
using nlohmann::json;
using testing::HasSubstr;
using testing::Optional;

std::string again(std::string_view text) { return exact_text(read_exactly(text).value); }

TEST(ExactJson, ReadsAsTheParserDoes) {
    for (const char* text : {R"({"a":[1,-2,18446744073709551615,0.5,0.0,1e5,true,null,"ü\n"],"b":{"c":{}}})", "[]", "7",
                             R"("x")", "0.1", "0.30000000000000004", "-117.12345678901", "[[],[{}]]", "1e20"}) {
        const ExactJson read = read_exactly(text);
        EXPECT_EQ(read.value, json::parse(text)) << text;
        EXPECT_EQ(exact_text(read.value), json::parse(text).dump()) << text;
        EXPECT_FALSE(read.flawed);
    }
    for (const char* text :
         {"", "{", R"({"a":1,)", "[1,]", "nan", "1 2", "01e999", "{NaN:1}", "[NaN", "[NaN1]", "\xFF"}) {
        EXPECT_TRUE(read_exactly(text).value.is_discarded()) << text;
    }
}

TEST(ExactJson, KeepsTheDigitsThatNoDoubleHolds) {
    for (const char* digits : {"123456789012345678901", "-18446744073709551617", "0.12345678901234567890",
                               "51.123456789012345678", "1.00000000000000000001", "1e-400", "3.0000000000000001E5"}) {
        const json value = read_exactly(digits).value;
        EXPECT_EQ(kept_digits(value), digits);
        EXPECT_TRUE(is_any_number(value));
        EXPECT_EQ(again(std::string(R"({"a":[)") + digits + R"(],"b":"x"})"),
                  std::string(R"({"a":[)") + digits + R"(],"b":"x"})");
    }
    EXPECT_DOUBLE_EQ(nearest_double(read_exactly("123456789012345678901").value), 1.23456789012345678901e20);
    EXPECT_EQ(kept_digits(read_exactly("20000000000000000000").value), "20000000000000000000"); // not 2e+19
    EXPECT_EQ(kept_digits(read_exactly("0.100000000000000000000").value), "");
}

TEST(ExactJson, KnowsWhatIsNoNumber) {
    const std::string text = R"([{"a":NaN},{"b":[1,-Infinity]},{"c":"NaN"},{"d":1e400},{"e":Infinity}])";
    const ExactJson read = read_exactly(text);
    EXPECT_TRUE(read.flawed);
    EXPECT_EQ(exact_text(read.value), text);
    EXPECT_EQ(flaw_of(read.value[0]), "NaN is no number of JSON");
    EXPECT_EQ(flaw_of(read.value[1]), "-Infinity is no number of JSON");
    EXPECT_EQ(flaw_of(read.value[2]), std::nullopt);
    EXPECT_EQ(flaw_of(read.value[3]), "1e400 is larger than any double");
    EXPECT_EQ(flaw_of(read.value[4]), "Infinity is no number of JSON");
    EXPECT_FALSE(is_any_number(read.value[0]["a"]));
    EXPECT_EQ(again(R"([0.1,"1e400","\"NaN",-1E+400,NaN,12.5e999])"), R"([0.1,"1e400","\"NaN",-1E+400,NaN,12.5e999])");
}

TEST(ExactJson, KnowsANameThatStandsTwiceAndKeepsBothValues) {
    for (const auto& [text, name] :
         {std::pair(R"({"a":1,"b":2,"a":3})", "a"), std::pair(R"([{"x":{"b":1,"b":1}}])", "b"),
          std::pair(R"({"a":1,"\u0061":2})", "a"), std::pair(R"([{"":1,"":2}])", R"("")"),
          std::pair(R"({"a":{"z":[1]},"a":[{"y":1,"y":2}]})", "a")}) {
        const ExactJson read = read_exactly(text);
        EXPECT_TRUE(read.flawed) << text;
        EXPECT_THAT(flaw_of(read.value), Optional(HasSubstr("the name " + std::string(name) + " stands twice")))
            << text;
    }
    EXPECT_EQ(again(R"({"a":1,"b":2,"a":3})"), R"({"a":1,"a":3,"b":2})");
    EXPECT_EQ(again(R"({"a":{"z":[1]},"a":[{"y":1,"y":2}]})"), R"({"a":{"z":[1]},"a":[{"y":1,"y":2}]})");
    const ExactJson none = read_exactly(R"([{"a":{"a":1}},{"a":2}])");
    EXPECT_FALSE(none.flawed);
    EXPECT_EQ(flaw_of(none.value), std::nullopt);
}

/// A body of 1 MB may say one name so often; to put them together anew for each takes minutes.
TEST(ExactJson, ANameMayStandThereVeryOften) {
    constexpr int kTimes = 200'000;
    std::string text = R"({"":0)";
    for (int time = 1; time < kTimes; ++time) {
        text += R"(,"":0)";
    }
    text += '}';
    EXPECT_EQ(again(text), text);
}

TEST(ExactJson, OfVerySmallNumbersNothingOverflows) {
    for (const char* digits : {"1.234567890123456789e-9223372036854775808", "0.00000000000000000000001e-2147483648"}) {
        EXPECT_EQ(kept_digits(read_exactly(digits).value), digits);
    }
}

TEST(ExactJson, TellsNumbersFromWhatIsNone) {
    EXPECT_EQ(exact_number("12"), json(12));
    EXPECT_EQ(kept_digits(exact_number("12345678901234567890123")), "12345678901234567890123");
    for (const char* text : {"", "x", "true", "\"1\"", "007", ".5", "[1]"}) {
        EXPECT_TRUE(exact_number(text).is_null()) << text;
    }
}

} // namespace
