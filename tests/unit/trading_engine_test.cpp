#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/streaming/testing/service_harness.hpp"
#include "services/flags.hpp"
#include "services/trading_engine/events.hpp"
#include "services/trading_engine/execution_router.hpp"
#include "services/trading_engine/price_book.hpp"
#include "services/trading_engine/trader.hpp"
#include "services/trading_engine/trading_engine.hpp"
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

constexpr auto kSignals = "paper.signals.validated";
constexpr auto kSignalsGroup = "tributary.trading_engine.signals";

streaming::Settings settings(std::map<std::string, std::string> flags = {}) {
    streaming::Settings settings{.flags = defaults(trading_engine::flags())};
    for (auto& [name, value] : flags) {
        settings.flags[name] = value;
    }
    return settings;
}

Signal signal(const std::string& id, const std::string& side = "buy", std::int64_t quantity = 2) {
    return {{.signal_id = id, .strategy_id = "momentum", .instrument_token = 7, .side = side, .quantity = quantity}};
}

TEST(TradingEngine, PlacesAnOrderAtTheLastPrice) {
    streaming::ServiceHarness service(wire, settings());
    service.deliver("market.ticks", "7", Tick{.instrument_token = 7, .last_price = 99.5});
    service.drain();
    service.deliver(kSignals, "7", signal("s1", "sell", 3));
    service.drain();
    const auto orders = service.sent("paper.orders");
    ASSERT_EQ(orders.size(), 1U);
    EXPECT_EQ(orders[0].envelope.type, "order.placed");
    EXPECT_EQ(orders[0].key, "7");
    EXPECT_EQ(json::parse(orders[0].envelope.data), json({{"signal_id", "s1"},
                                                          {"strategy_id", "momentum"},
                                                          {"namespace", "paper"},
                                                          {"instrument_token", 7},
                                                          {"side", "sell"},
                                                          {"quantity", 3},
                                                          {"price", 99.5}}));
}

TEST(TradingEngine, PlacesAnOrderWithoutAPriceBeforeTheFirstTick) {
    streaming::ServiceHarness service(wire, settings());
    service.deliver(kSignals, "7", signal("s1"));
    service.drain();
    const auto orders = service.sent_as<Order>("paper.orders");
    ASSERT_EQ(orders.size(), 1U);
    EXPECT_EQ(orders[0].price, std::nullopt);
}

TEST(TradingEngine, PlacesOneOrderInEachNamespaceOfTheStrategy) {
    streaming::ServiceHarness service(wire, settings({{"routes", "momentum=paper+shadow"}}));
    service.deliver(kSignals, "7", signal("s1"));
    service.drain();
    ASSERT_EQ(service.sent("paper.orders").size(), 1U);
    ASSERT_EQ(service.sent("shadow.orders").size(), 1U);
    EXPECT_EQ(service.sent_as<Order>("shadow.orders")[0].name_space, "shadow");
}

TEST(TradingEngine, PlacesNothingTwiceForASignalThatComesTwice) {
    streaming::ServiceHarness service(wire, settings());
    const std::string id = service.deliver(kSignals, "7", signal("s1"));
    service.drain();
    service.deliver(kSignals, "7", signal("s1"), id);
    service.drain();
    EXPECT_EQ(service.sent("paper.orders").size(), 1U);
    EXPECT_EQ(service.counts(kSignalsGroup).count(streaming::Outcome::duplicate), 1U);
}

TEST(TradingEngine, DeadLettersASignalThatIsNoOrderAndNamesTheField) {
    streaming::ServiceHarness service(wire, settings());
    service.deliver(kSignals, "7", signal("s1", "hold"));
    service.deliver(kSignals, "7", signal("s2", "buy", 0));
    service.deliver(kSignals, "7", signal("", "buy"));
    service.deliver_raw({.topic = kSignals,
                         .key = "7",
                         .payload = R"({"id":"x","type":"signal.validated","data":{"original_signal":{"signal_id":"s",)"
                                    R"("strategy_id":"m","instrument_token":7,"side":"buy","quantity":1.5}}})"});
    service.drain();
    const auto dead = service.dead_letters(kSignals, kSignalsGroup);
    ASSERT_EQ(dead.size(), 4U);
    EXPECT_EQ(dead[0].header("tributary-error-message"), "original_signal.side: 'hold' must be buy or sell");
    EXPECT_EQ(dead[0].header("tributary-attempts"), "1");
    EXPECT_EQ(dead[1].header("tributary-error-message"), "original_signal.quantity: 0 must be above 0");
    EXPECT_THAT(dead[2].header("tributary-error-message"), HasSubstr("signal_id"));
    EXPECT_THAT(dead[3].header("tributary-error-message"), HasSubstr("quantity"));
    EXPECT_TRUE(service.sent("paper.orders").empty());
}

TEST(TradingEngine, DeadLettersATickWithoutAPrice) {
    streaming::ServiceHarness service(wire, settings());
    service.deliver("market.ticks", "7", Tick{.instrument_token = 7, .last_price = -1});
    service.drain();
    EXPECT_EQ(service.dead_letters("market.ticks", "tributary.trading_engine.ticks").size(), 1U);
}

TEST(TradingEngine, IgnoresSignalsWhileTheMarketIsClosed) {
    const auto sunday = streaming::parse_rfc3339("2022-12-04T05:00:00Z").value();
    streaming::ServiceHarness service([&](streaming::StreamServiceBuilder& builder) {
        auto engine = std::make_shared<TradingEngineService>(TradingEngineService::Parts{
            .trader = make_trader("paper"),
            .router = ExecutionRouter("paper"),
            .market_hours = MarketHours::named("NSE"),
            .now = [sunday] { return sunday; },
        });
        builder.add_consumer_handler<Signal>(
            {.topics = {kSignals}, .group_id = kSignalsGroup},
            [engine](const Signal& wanted, streaming::Context& context) { engine->on_signal(wanted, context); });
    });
    service.deliver(kSignals, "7", signal("s1"));
    service.drain();
    EXPECT_TRUE(service.sent("paper.orders").empty());
    EXPECT_EQ(service.counts(kSignalsGroup).ignored_by_reason.at("market_closed"), 1U);
}

/// A broker that answers as told, once each, and then takes every order.
class ScriptedTrader final : public Trader {
public:
    explicit ScriptedTrader(std::vector<streaming::Error> errors) : errors_(std::move(errors)) {}
    streaming::Result<Placement> place(const Order& order) override {
        if (next_ < errors_.size()) {
            return errors_[next_++];
        }
        return Placement{.order_id = "1", .price = order.price};
    }

private:
    std::vector<streaming::Error> errors_;
    std::size_t next_ = 0;
};

/// What a service with this trader makes of one signal.
void run_with(std::unique_ptr<Trader> trader, const std::function<void(streaming::ServiceHarness&)>& check) {
    auto engine = std::make_shared<TradingEngineService>(
        TradingEngineService::Parts{.trader = std::move(trader), .router = ExecutionRouter("paper")});
    streaming::ServiceHarness service([&](streaming::StreamServiceBuilder& builder) {
        builder.add_consumer_handler<Signal>(
            {.topics = {kSignals}, .group_id = kSignalsGroup},
            [engine](const Signal& wanted, streaming::Context& context) { engine->on_signal(wanted, context); });
    });
    service.deliver(kSignals, "7", signal("s1"));
    service.drain();
    check(service);
}

TEST(TradingEngine, TriesAgainWhenTheBrokerIsAway) {
    run_with(std::make_unique<ScriptedTrader>(std::vector<streaming::Error>{
                 {.code = streaming::ErrorCode::unavailable, .message = "away", .retryable = true}}),
             [](streaming::ServiceHarness& service) {
                 EXPECT_EQ(service.sent("paper.orders").size(), 1U);
                 EXPECT_EQ(service.counts(kSignalsGroup).retries, 1U);
             });
}

TEST(TradingEngine, DeadLettersWhatTheBrokerRefuses) {
    run_with(std::make_unique<ScriptedTrader>(std::vector<streaming::Error>{
                 {.code = streaming::ErrorCode::invalid_argument, .message = "margin too small"}}),
             [](streaming::ServiceHarness& service) {
                 const auto dead = service.dead_letters(kSignals, kSignalsGroup);
                 ASSERT_EQ(dead.size(), 1U);
                 EXPECT_EQ(dead[0].header("tributary-error-message"), "margin too small");
                 EXPECT_EQ(dead[0].header("tributary-error-class"), "OrderRefused");
             });
}

TEST(TradingEngine, RefusesFlagsItDoesNotKnow) {
    for (const auto& [name, value] :
         std::map<std::string, std::string>{{"market-hours", "LSE"}, {"trader", "kite"}, {"routes", "nonsense"}}) {
        streaming::ServiceHarness service(wire, settings({{name, value}}));
        EXPECT_THROW(service.start(), streaming::ConfigError) << name;
    }
}

} // namespace
} // namespace services::trading_engine
