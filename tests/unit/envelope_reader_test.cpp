#include "core/streaming/infrastructure/envelope_reader.hpp"

#include <gmock/gmock.h>

#include <cstring>
#include <ostream>
#include <random>

namespace streaming {
namespace {

using ::testing::AllOf;
using ::testing::Ge;
using ::testing::Le;

std::string repeat(std::string_view text, std::size_t times) {
    std::string all;
    for (std::size_t i = 0; i < times; ++i) {
        all += text;
    }
    return all;
}

class EnvelopeReaderTest : public ::testing::Test {
protected:
    Status read(std::string_view payload) { return reader.read(payload, view, unescaped); }
    EnvelopeReader reader{};
    EnvelopeView view{};
    std::string unescaped{};
};

TEST_F(EnvelopeReaderTest, ReadsAllFieldsInAnyOrderWithAnySpace) {
    ASSERT_TRUE(
        read(" {\"data\" : { \"a\" : [ 1 , { } ] } , "
             "\"correlation_id\":\"c\",\n\t\"source\":\"s\",\"timestamp\":\"n\",\"type\":\"t\",\"id\":\"i\" } \r\n"));
    EXPECT_EQ(view.id, "i");
    EXPECT_EQ(view.type, "t");
    EXPECT_EQ(view.timestamp, "n");
    EXPECT_EQ(view.source, "s");
    EXPECT_EQ(view.correlation_id, "c");
    EXPECT_EQ(view.data, R"({ "a" : [ 1 , { } ] })");
}

TEST_F(EnvelopeReaderTest, PointsIntoThePayload) {
    const std::string payload = R"({"id":"abc","type":"t","data":[1]})";
    ASSERT_TRUE(read(payload));
    for (const std::string_view field : {view.id, view.type, view.data}) {
        EXPECT_THAT(field.data(), AllOf(Ge(payload.data()), Le(payload.data() + payload.size())));
    }
    EXPECT_TRUE(unescaped.empty());
}

TEST_F(EnvelopeReaderTest, UnescapesIntoTheOtherBuffer) {
    ASSERT_TRUE(
        read(R"({"id":"a\"b","type":"\u00e4\ud83d\udd25","source":"\\","correlation_id":"plain","data":"x\n"})"));
    EXPECT_EQ(view.id, "a\"b");
    EXPECT_EQ(view.type, "\xC3\xA4\xF0\x9F\x94\xA5");
    EXPECT_EQ(view.source, "\\");
    EXPECT_EQ(view.correlation_id, "plain");
    EXPECT_EQ(view.data, R"("x\n")");
}

TEST_F(EnvelopeReaderTest, KeepsEarlierUnescapedTextWhereItIs) {
    const std::string text = repeat("\\n", 500);
    ASSERT_TRUE(read(R"({"id":"\n","type":")" + text + R"(","source":")" + text + "\"}"));
    for (const std::string_view field : {view.id, view.type, view.source}) {
        EXPECT_THAT(field.data(), AllOf(Ge(unescaped.data()), Le(unescaped.data() + unescaped.size())));
    }
    EXPECT_EQ(view.id, "\n");
    EXPECT_EQ(view.source, repeat("\n", 500));
}

TEST_F(EnvelopeReaderTest, TreatsNullAndAbsentAlikeWhereAFieldMayBeAbsent) {
    ASSERT_TRUE(read(R"({"type":"t","source":null,"timestamp":null,"correlation_id":null})"));
    EXPECT_TRUE(view.id.empty() && view.source.empty() && view.timestamp.empty() && view.correlation_id.empty() &&
                view.data.empty());
    ASSERT_TRUE(read(R"({"type":"t","data":null})"));
    EXPECT_EQ(view.data, "null");
}

TEST_F(EnvelopeReaderTest, PassesOverFieldsOfOthers) {
    ASSERT_TRUE(
        read(R"({"specversion":1.5e3,"x":{"id":7},"y":["type"],"z":true,"w":"\t","type":"t","data":-0.5,"id ":3})"));
    EXPECT_EQ(view.type, "t");
    EXPECT_EQ(view.data, "-0.5");
    EXPECT_TRUE(view.id.empty());
}

TEST_F(EnvelopeReaderTest, ForgetsTheRecordBefore) {
    ASSERT_TRUE(read(R"({"id":"1","type":"\n","source":"s","data":{}})"));
    ASSERT_TRUE(read(R"({"type":"t"})"));
    EXPECT_TRUE(view.id.empty() && view.source.empty() && view.data.empty());
    ASSERT_FALSE(read("{"));
    ASSERT_TRUE(read(R"({"type":"t"})"));
}

TEST_F(EnvelopeReaderTest, TakesTheLongestIdAndTheDeepestData) {
    ASSERT_TRUE(read(R"({"type":"t","id":")" + std::string(EnvelopeReader::kMaxIdBytes, 'x') + "\"}"));
    ASSERT_TRUE(read(R"({"type":"t","data":)" + repeat("[", kMaxJsonDepth - 1) + repeat("]", kMaxJsonDepth - 1) + "}"));
}

TEST_F(EnvelopeReaderTest, TakesLargePayloads) {
    const std::string text(3'000'000, 'x');
    ASSERT_TRUE(read(R"({"type":"t","data":")" + text + "\"}"));
    EXPECT_EQ(view.data.size(), text.size() + 2);
}

struct BadPayload {
    std::string name{};
    std::string payload{};
    std::string says{};
};
std::ostream& operator<<(std::ostream& out, const BadPayload& bad) { return out << bad.name; }

class EnvelopeReaderRefuses : public ::testing::TestWithParam<BadPayload> {};

TEST_P(EnvelopeReaderRefuses, AndNamesTheField) {
    EnvelopeReader reader;
    EnvelopeView view;
    std::string unescaped;
    const Status status = reader.read(GetParam().payload, view, unescaped);
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.error().code, ErrorCode::malformed);
    EXPECT_FALSE(status.error().retryable);
    EXPECT_EQ(status.error().message, GetParam().says);
}

const std::vector<BadPayload> kBadPayloads = {
    {"Empty", "", "payload: empty"},
    {"OnlySpace", "  \n", "payload: empty"},
    {"NotJson", "hello", "payload: not a JSON object"},
    {"ByteOrderMark", "\xEF\xBB\xBF{\"type\":\"t\"}", "payload: not a JSON object"},
    {"AnArray", R"([{"type":"t"}])", "payload: not a JSON object"},
    {"AString", R"("type")", "payload: not a JSON object"},
    {"EmptyObject", "{}", "type: missing"},
    {"NoType", R"({"id":"1"})", "type: missing"},
    {"EmptyType", R"({"type":""})", "type: empty"},
    {"TypeNull", R"({"type":null})", "type: must be a string, is null"},
    {"TypeNumber", R"({"type":7})", "type: must be a string, is a number"},
    {"TypeObject", R"({"type":{}})", "type: must be a string, is an object"},
    {"TypeTwice", R"({"type":"a","type":"a"})", "type: given twice"},
    {"IdNumber", R"({"id":7,"type":"t"})", "id: must be a string, is a number"},
    {"IdNull", R"({"id":null,"type":"t"})", "id: must be a string, is null"},
    {"IdBoolean", R"({"id":true,"type":"t"})", "id: must be a string, is a boolean"},
    {"IdArray", R"({"id":["1"],"type":"t"})", "id: must be a string, is an array"},
    {"IdEmpty", R"({"id":"","type":"t"})", "id: empty"},
    {"IdWithEscapedNul", R"({"id":"a\u0000b","type":"t"})", "id: holds a NUL"},
    {"IdWithNul", std::string(R"({"id":"a)") + '\0' + R"(b","type":"t"})",
     "payload: control character inside a string"},
    {"IdTooLong", R"({"type":"t","id":")" + std::string(10'000, 'x') + "\"}", "id: 10000 bytes, at most 8192 allowed"},
    {"IdTwice", R"({"id":"1","type":"t","id":"2"})", "id: given twice"},
    {"IdTwiceOnceEscaped", R"({"id":"1","type":"t","\u0069d":"2"})", "id: given twice"},
    {"DataTwice", R"({"type":"t","data":1,"data":2})", "data: given twice"},
    {"SourceNumber", R"({"type":"t","source":1})", "source: must be a string, is a number"},
    {"CorrelationIdFalse", R"({"type":"t","correlation_id":false})", "correlation_id: must be a string, is a boolean"},
    {"BadEscape", R"({"type":"\q"})", "type: bad escape"},
    {"HalfSurrogatePair", R"({"type":"\ud800"})", "type: bad escape"},
    {"LowSurrogateAlone", R"({"type":"\udc00"})", "type: bad escape"},
    {"BadEscapeInAName", R"({"\q":1,"type":"t"})", "payload: bad escape in a field name"},
    {"InvalidUtf8", "{\"type\":\"\xC3\x28\"}", "payload: not valid UTF-8"},
    {"InvalidUtf8InData", "{\"type\":\"t\",\"data\":\"\xFF\"}", "payload: not valid UTF-8"},
    {"CutInAString", R"({"type":"t)", "payload: ends inside a string"},
    {"CutBehindTheBrace", "{", "payload: ends inside the object"},
    {"CutBehindAName", R"({"type")", "type: colon expected"},
    {"CutBehindAColon", R"({"type":)", "type: value missing"},
    {"CutBehindAValue", R"({"type":"t")", "payload: ends inside the object"},
    {"CutBehindAComma", R"({"type":"t",)", "payload: ends inside the object"},
    {"CutInData", R"({"type":"t","data":{"a":)", "data: the payload ends inside it"},
    {"CutAtAnInnerBrace", R"({"type":"t","data":{"a":1})", "payload: ends inside the object"},
    {"CutAtTwoInnerBraces", R"({"type":"t","data":{"a":{"b":1}})", "payload: ends inside the object"},
    {"CommaBeforeTheEnd", R"({"type":"t",})", "payload: field name expected at byte 12"},
    {"NoValue", R"({"type":})", "type: value missing"},
    {"NoComma", R"({"type":"t" "id":"1"})", "payload: comma expected at byte 12"},
    {"NameWithoutQuotes", R"({type:"t"})", "payload: field name expected at byte 1"},
    {"TextBehindAString", R"({"type":"t"x})", "payload: comma expected at byte 11"},
    {"BadWord", R"({"type":"t","data":nul})", "data: not a JSON value"},
    {"BadNumber", R"({"type":"t","data":01})", "data: not a JSON value"},
    {"NotANumber", R"({"type":"t","x":NaN})", "payload: not a JSON value"},
    {"BracketsCrossed", R"({"type":"t","data":[{]}})", "data: brackets do not match"},
    {"WrongLastBracket", R"({"type":"t"])", "payload: comma expected at byte 11"},
    {"TrailingObject", R"({"type":"t"} {"type":"u"})", "payload: bytes behind the object at byte 13"},
    {"TrailingBrace", R"({"type":"t"}})", "payload: bytes behind the object at byte 12"},
    {"TrailingNul", std::string(R"({"type":"t"})") + '\0', "payload: bytes behind the object at byte 12"},
    {"OneLevelTooDeep", R"({"type":"t","data":)" + repeat("[", kMaxJsonDepth) + repeat("]", kMaxJsonDepth) + "}",
     "data: nested deeper than 128 levels"},
    {"TwoHundredThousandArrays", R"({"type":"t","x":)" + repeat("[", 200'000),
     "payload: nested deeper than 128 levels"},
    {"TwoHundredThousandObjects", repeat(R"({"a":)", 200'000), "payload: nested deeper than 128 levels"},
    {"OnlyBrackets", repeat("[", 200'000), "payload: not a JSON object"},
};

INSTANTIATE_TEST_SUITE_P(BadPayloads, EnvelopeReaderRefuses, ::testing::ValuesIn(kBadPayloads),
                         [](const auto& bad) { return bad.param.name; });

/// Whatever is cut off or changed: no crash, no view outside the payload and the buffer. The payload lies in memory of
/// exactly its size, so that a sanitizer sees one byte too much.
TEST_F(EnvelopeReaderTest, SurvivesEveryCutAndManyChanges) {
    const std::string good =
        R"({"id":"0198f2c1\n","type":"a.b","source":null,"data":{"x":[1,{"y":"\u00e4"}],"z":""},"more":-1.5})";
    const auto try_bytes = [&](std::string_view bytes) {
        const std::unique_ptr<char[]> exact(new char[bytes.size()]);
        std::memcpy(exact.get(), bytes.data(), bytes.size());
        const bool ok = read({exact.get(), bytes.size()}).ok();
        EXPECT_TRUE(!ok || !view.type.empty());
        return ok;
    };
    for (std::size_t size = 0; size < good.size(); ++size) {
        EXPECT_FALSE(try_bytes(std::string_view(good).substr(0, size))) << size;
    }
    std::mt19937 random(7); // NOLINT(cert-msc51-cpp): the same changes every time
    constexpr std::string_view kBytes = "{}[]\",:\\ ntu0\xC3\x80\x01";
    for (int i = 0; i < 20'000; ++i) {
        std::string changed = good;
        for (int j = 0; j < 3; ++j) {
            changed[random() % changed.size()] = kBytes[random() % kBytes.size()];
        }
        try_bytes(changed);
    }
}

TEST(NestsDeeperThan, CountsBracketsOutsideStrings) {
    EXPECT_FALSE(nests_deeper_than("[[]]", 2));
    EXPECT_TRUE(nests_deeper_than("[[[]]]", 2));
    EXPECT_TRUE(nests_deeper_than(R"({"a":[{}]})", 2));
    EXPECT_FALSE(nests_deeper_than("[][][][][]", 1));
    EXPECT_FALSE(nests_deeper_than(R"(["[[[[\"[[["])", 1));
    EXPECT_FALSE(nests_deeper_than("]]]][", 1));
    EXPECT_TRUE(nests_deeper_than(repeat("[", 200'000), kMaxJsonDepth));
    EXPECT_FALSE(nests_deeper_than(repeat("[", kMaxJsonDepth) + std::string(1, '\xFF'), kMaxJsonDepth));
}

} // namespace
} // namespace streaming
