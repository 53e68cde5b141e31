#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/streaming/infrastructure/permanent_error.hpp"
#include "services/trading/events.hpp"
#include "services/trading/price_book.hpp"

namespace services::trading {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;

const PriceBook::Time kNoon = std::chrono::sys_days{std::chrono::year{2026} / 1 / 5} + 12h;

Order order() {
    return {.signal_id = "s1",
            .strategy_id = "m",
            .name_space = "paper",
            .instrument_token = 7,
            .side = "sell",
            .quantity = 2,
            .price = 1.5};
}

json order_json() {
    return {{"signal_id", "s1"}, {"strategy_id", "m"}, {"namespace", "paper"}, {"instrument_token", 7},
            {"side", "sell"},    {"quantity", 2},      {"price", 1.5}};
}

TEST(TradingEvents, AnOrderIsWrittenAsTheContractSays) {
    EXPECT_EQ(json(order()), order_json());
    EXPECT_EQ(json(Fill{order()}), order_json());
    EXPECT_EQ(json(order_json().get<Order>()), order_json());
}

TEST(TradingEvents, APositionIsAFillAndWhatItMade) {
    const PositionRecord record{
        .fill = {order()}, .position = -2, .fills = 1, .applied = {.partition = 3, .offset = 9}};
    json expected = order_json();
    expected.update({{"position", -2}, {"fills", 1}, {"applied", {{"partition", 3}, {"offset", 9}}}});
    EXPECT_EQ(json(record), expected);
    EXPECT_EQ(json(expected.get<PositionRecord>()), expected);
}

TEST(TradingEvents, ASignalKeepsTheFieldsThatAreNotOurs) {
    const json signal{{"signal_id", "s"}, {"strategy_id", "m"}, {"instrument_token", 7},
                      {"side", "buy"},    {"quantity", 1},      {"confidence", 0.9}};
    EXPECT_EQ(json(signal.get<OriginalSignal>()), signal);
}

TEST(TradingEvents, ARejectedSignalNamesReasonValueAndWhatIsAllowed) {
    const RejectedSignal rejected{.original_signal = {.signal_id = "s"},
                                  .rejection = {.reason = "max_quantity", .value = 500, .allowed = 100},
                                  .rejected_by = "risk_validator"};
    const json text = rejected;
    EXPECT_EQ(text["reason"], "max_quantity");
    EXPECT_EQ(text["value"], 500);
    EXPECT_EQ(text["allowed"], 100);
    EXPECT_EQ(json(text.get<RejectedSignal>()), text);
}

TEST(TradingEvents, WholeNumbersAreNotCut) {
    EXPECT_THROW((void)json::parse(R"({"instrument_token":7.9,"last_price":1})").get<Tick>(), std::invalid_argument);
    EXPECT_THROW(
        (void)json::parse(R"({"signal_id":"s","strategy_id":"m","instrument_token":7,"side":"buy","quantity":1.5})")
            .get<OriginalSignal>(),
        std::invalid_argument);
}

TEST(TradingEvents, AnOrderWithoutAPriceIsNone) {
    json text = order_json();
    text["price"] = nullptr;
    EXPECT_THROW((void)text.get<Order>(), json::exception);
}

TEST(PriceBook, KnowsTheLastPriceOfEachInstrument) {
    PriceBook prices;
    prices.update({.instrument_token = 7, .last_price = 1.5}, kNoon);
    prices.update({.instrument_token = 7, .last_price = 2.5}, kNoon);
    prices.update({.instrument_token = 8, .last_price = 9}, kNoon);
    EXPECT_EQ(std::get<double>(prices.fresh_price(7, kNoon, 60s)), 2.5);
}

TEST(PriceBook, APriceIsFreshForLessThanItsAge) {
    PriceBook prices;
    prices.update({.instrument_token = 7, .last_price = 1.5}, kNoon);
    EXPECT_TRUE(std::holds_alternative<double>(prices.fresh_price(7, kNoon + 60s - 1ns, 60s)));
    const auto stale = std::get<Rejection>(prices.fresh_price(7, kNoon + 60s, 60s));
    EXPECT_EQ(stale.reason, "stale_price");
    EXPECT_EQ(stale.value, json({{"age_seconds", 60.0}}));
    EXPECT_EQ(stale.allowed, json({{"max_age_seconds", 60}}));
}

TEST(PriceBook, HasNoPriceBeforeTheFirstTick) {
    EXPECT_EQ(std::get<Rejection>(PriceBook().fresh_price(7, kNoon, 60s)).reason, "no_price");
}

TEST(PriceBook, RefusesATickWithoutAPriceAndKeepsTheLastOne) {
    PriceBook prices;
    prices.update({.instrument_token = 7, .last_price = 1.5}, kNoon);
    EXPECT_THROW(prices.update({.instrument_token = 7, .last_price = -1}, kNoon), streaming::PermanentError);
    EXPECT_EQ(std::get<double>(prices.fresh_price(7, kNoon, 60s)), 1.5);
}

} // namespace
} // namespace services::trading
