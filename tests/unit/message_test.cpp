#include "core/streaming/infrastructure/message.hpp"

#include <gmock/gmock.h>

#include "core/streaming/infrastructure/permanent_error.hpp"

namespace streaming {
namespace {

struct Leg {
    std::string venue{};
    double price = 0;
    NLOHMANN_DEFINE_TYPE_INTRUSIVE(Leg, venue, price)
};

struct Trade {
    std::string symbol{};
    int quantity = 0;
    bool open = false;
    Leg leg{};
    std::vector<Leg> legs{};
    [[maybe_unused]] NLOHMANN_DEFINE_TYPE_INTRUSIVE(Trade, symbol, quantity, open, leg, legs)
};

constexpr std::string_view kTrade =
    R"({"symbol":"abc","quantity":3,"open":true,"leg":{"venue":"x","price":1.5},"legs":[{"venue":"y","price":2}]})";

struct Even {
    int value = 0;
};
void from_json(const nlohmann::json& json, Even& even) {
    even.value = json.at("value").get<int>();
    if (even.value % 2 != 0) {
        throw std::invalid_argument("odd");
    }
}

struct Refused {};
void from_json(const nlohmann::json&, Refused&) { throw PermanentError("refused by the codec", "MyClass"); }

class CountingOwner final : public RecordOwner {
public:
    void release(void*) noexcept override {}
    void read_headers(const void*, Headers& into) const override {
        ++reads;
        into.append("name", "value");
    }
    mutable int reads = 0;
};

template <class F>
std::pair<std::string, std::string> error_of(F action) {
    try {
        action();
    } catch (const PermanentError& error) {
        return {error.what(), error.error_class()};
    }
    return {"no error", ""};
}

/// The text of the error that reading `data` as a T gives.
template <class T>
std::string mismatch(std::string_view data) {
    const ConsumedRecord record;
    const Message message(record, {.type = "t", .data = data});
    const auto [text, error_class] = error_of([&] { static_cast<void>(message.as<T>()); });
    EXPECT_EQ(error_class, "WrongType");
    return text;
}

std::string trade_with(std::string_view pointer, const nlohmann::json& value) {
    nlohmann::json trade = nlohmann::json::parse(kTrade);
    trade[nlohmann::json::json_pointer(std::string(pointer))] = value;
    return trade.dump();
}

std::string trade_without(const std::string& object, const std::string& key) {
    nlohmann::json trade = nlohmann::json::parse(kTrade);
    trade[nlohmann::json::json_pointer(object)].erase(key);
    return trade.dump();
}

TEST(Message, DecodesItsData) {
    const ConsumedRecord record;
    const Trade trade = Message(record, {.data = kTrade}).as<Trade>();
    EXPECT_EQ(trade.symbol, "abc");
    EXPECT_EQ(trade.legs.at(0).venue, "y");
}

TEST(Message, NamesTheFieldOfTheWrongType) {
    EXPECT_EQ(mismatch<Trade>(trade_with("/quantity", "many")), "data.quantity: type must be number, but is string");
    EXPECT_EQ(mismatch<Trade>(trade_with("/symbol", 7)), "data.symbol: type must be string, but is number");
    EXPECT_EQ(mismatch<Trade>(trade_with("/open", nullptr)), "data.open: type must be boolean, but is null");
    EXPECT_EQ(mismatch<Trade>(trade_with("/leg/price", "high")), "data.leg.price: type must be number, but is string");
    EXPECT_EQ(mismatch<Trade>(trade_with("/legs/0/price", "high")),
              "data.legs[0].price: type must be number, but is string");
    EXPECT_EQ(mismatch<Trade>(trade_with("/legs", "none")), "data.legs: type must be array, but is string");
    EXPECT_EQ(mismatch<Trade>(trade_with("/leg", 1)), "data.leg: cannot use at() with number");
    EXPECT_EQ(mismatch<Trade>("[]"), "data: cannot use at() with array");
}

TEST(Message, NamesTheFirstOfSeveralWrongFields) {
    nlohmann::json trade = nlohmann::json::parse(trade_with("/quantity", "many"));
    trade["leg"]["price"] = "high";
    trade["open"] = "yes";
    EXPECT_EQ(mismatch<Trade>(trade.dump()), "data.quantity: type must be number, but is string");
}

TEST(Message, NamesTheMissingField) {
    EXPECT_EQ(mismatch<Trade>(trade_without("", "symbol")), "data.symbol: missing");
    EXPECT_EQ(mismatch<Trade>(trade_without("/leg", "venue")), "data.leg.venue: missing");
    EXPECT_EQ(mismatch<Trade>(trade_without("/legs/0", "price")), "data.legs[0].price: missing");
    EXPECT_EQ(mismatch<Trade>("{}"), "data.symbol: missing");
}

TEST(Message, FindsTheFieldThatACodecOfItsOwnRefuses) {
    EXPECT_EQ(mismatch<Even>(R"({"value":3,"other":1})"), "data.value: odd");
}

TEST(Message, GivesUpOnThePlaceInLargeData) {
    EXPECT_EQ(mismatch<Trade>(trade_with("/quantity", std::string(20'000, 'x'))),
              "data: type must be number, but is string");
}

TEST(Message, SaysThatDataIsMissing) { EXPECT_EQ(mismatch<Trade>(""), "data: missing"); }

TEST(Message, KeepsThePermanentErrorOfACodec) {
    const ConsumedRecord record;
    const Message message(record, {.data = "{}"});
    EXPECT_EQ(error_of([&] { static_cast<void>(message.as<Refused>()); }),
              std::pair(std::string("refused by the codec"), std::string("MyClass")));
}

TEST(Message, RefusesDataThatIsNoJsonOrTooDeep) {
    const ConsumedRecord record;
    const std::string deep(200'000, '[');
    for (const std::string_view data :
         {std::string_view(R"({"symbol":tru})"), std::string_view("{\"a\" 1}"), std::string_view(deep)}) {
        const Message message(record, {.data = data});
        const auto [text, error_class] = error_of([&] { static_cast<void>(message.data()); });
        EXPECT_EQ(error_class, "Malformed");
        EXPECT_THAT(text, ::testing::StartsWith("data: "));
        EXPECT_THAT(text, ::testing::Not(::testing::HasSubstr("tru"))); // no payload in texts
        EXPECT_EQ(error_of([&] { static_cast<void>(message.as<Trade>()); }).second, "Malformed");
    }
}

TEST(Message, ParsesDataOnce) {
    const ConsumedRecord record;
    const Message message(record, {.data = R"({"a":1})"});
    const nlohmann::json& first = message.data();
    EXPECT_EQ(first.at("a"), 1);
    EXPECT_EQ(&message.data(), &first);
    EXPECT_TRUE(Message(record, {}).data().is_null());
}

TEST(Message, ReadsHeadersOnceAndOnlyWhenThereAreAny) {
    CountingOwner owner;
    const ConsumedRecord with{.has_headers = true, .owner = &owner};
    const Message message(with, {});
    EXPECT_EQ(message.headers().find("name"), "value");
    EXPECT_EQ(message.headers().size(), 1U);
    EXPECT_EQ(owner.reads, 1);
    const ConsumedRecord without{.owner = &owner};
    EXPECT_TRUE(Message(without, {}).headers().empty());
    EXPECT_EQ(owner.reads, 1);
}

} // namespace
} // namespace streaming
