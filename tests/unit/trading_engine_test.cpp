#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/trading_engine/events.hpp"
#include "services/trading_engine/execution_router.hpp"
#include "services/trading_engine/price_book.hpp"
#include "services/trading_engine/trader.hpp"
#include "services/trading_engine/trading_engine_service.hpp"

namespace services::trading_engine {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(ExecutionRouter, SendsStrategiesItDoesNotKnowToTheDefault) {
    EXPECT_THAT(ExecutionRouter("paper").targets("any"), ElementsAre("paper"));
    EXPECT_THAT(ExecutionRouter::parse("", "paper").targets("any"), ElementsAre("paper"));
}

TEST(ExecutionRouter, SendsAStrategyToEachOfItsNamespacesOnce) {
    const auto router = ExecutionRouter::parse("momentum=paper+live+paper,pairs=shadow", "paper");
    EXPECT_THAT(router.targets("momentum"), ElementsAre("paper", "live"));
    EXPECT_THAT(router.targets("pairs"), ElementsAre("shadow"));
    EXPECT_THAT(router.targets("other"), ElementsAre("paper"));
}

TEST(ExecutionRouter, RefusesRoutesThatAreNone) {
    for (const char* routes : {"momentum", "=paper", "momentum=", "momentum=pa per", "a=b,,c=d", "a=b+/"}) {
        EXPECT_THROW((void)ExecutionRouter::parse(routes, "paper"), streaming::ConfigError) << routes;
    }
}

TEST(PriceBook, KeepsTheLastPrice) {
    PriceBook prices;
    EXPECT_EQ(prices.last(7), std::nullopt);
    prices.update(7, 1.5);
    prices.update(7, 2.5);
    EXPECT_EQ(prices.last(7), 2.5);
}

TEST(Trader, PaperTakesEveryOrderAndAnswersTheSameTwice) {
    const Order order{.signal_id = "s1", .name_space = "paper", .price = 3.0};
    const auto trader = make_trader("paper");
    EXPECT_EQ(trader->place(order).value().price, 3.0);
    EXPECT_EQ(trader->place(order).value().order_id, trader->place(order).value().order_id);
}

TEST(Trader, AnUnknownNameListsThoseThereAre) {
    try {
        (void)make_trader("kite");
        FAIL() << "accepted";
    } catch (const streaming::ConfigError& error) {
        EXPECT_THAT(error.what(), HasSubstr("'kite' must be paper"));
    }
}

TEST(TradingEvents, AnOrderCarriesANullPriceUntilATickWasSeen) {
    Order order{.signal_id = "s1",
                .strategy_id = "m",
                .name_space = "paper",
                .instrument_token = 7,
                .side = "buy",
                .quantity = 2};
    EXPECT_EQ(json(order), json({{"signal_id", "s1"},
                                 {"strategy_id", "m"},
                                 {"namespace", "paper"},
                                 {"instrument_token", 7},
                                 {"side", "buy"},
                                 {"quantity", 2},
                                 {"price", nullptr}}));
    order.price = 1.5;
    EXPECT_EQ(json(order).get<Order>().price, 1.5);
}

TEST(TradingEvents, WholeNumbersAreNotCut) {
    EXPECT_THROW((void)json::parse(R"({"instrument_token":7.9,"last_price":1})").get<Tick>(), std::invalid_argument);
    EXPECT_THROW(
        (void)json::parse(R"({"signal_id":"s","strategy_id":"m","instrument_token":7,"side":"buy","quantity":1.5})")
            .get<OriginalSignal>(),
        std::invalid_argument);
}

} // namespace
} // namespace services::trading_engine
