#include <gmock/gmock.h>

#include "core/streaming/testing/service_harness.hpp"
#include "services/flags.hpp"
#include "services/trading/events.hpp"
#include "services/trading_engine/execution_router.hpp"
#include "services/trading_engine/trading_engine.hpp"

namespace services::trading_engine {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using trading::Order;
using trading::RejectedSignal;
using trading::Signal;
using trading::Tick;
using namespace std::chrono_literals;

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

TEST(ExecutionRouter, NamesEveryNamespaceThereIsOnce) {
    EXPECT_THAT(ExecutionRouter::parse("momentum=paper+live,pairs=shadow+live", "paper").namespaces(),
                ElementsAre("paper", "live", "shadow"));
}

TEST(ExecutionRouter, RefusesRoutesThatAreNone) {
    for (const char* routes : {"momentum", "=paper", "momentum=", "momentum=pa per", "a=b,,c=d", "a=b+/"}) {
        EXPECT_THROW((void)ExecutionRouter::parse(routes, "paper"), streaming::ConfigError) << routes;
    }
}

constexpr auto kSignals = "paper.signals.validated";
constexpr auto kRejected = "paper.signals.rejected";
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

void deliver_price(streaming::ServiceHarness& service, double price = 99.5) {
    service.deliver("market.ticks", "7", Tick{.instrument_token = 7, .last_price = price});
}

TEST(TradingEngine, PlacesAnOrderAtTheLastPrice) {
    streaming::ServiceHarness service(wire, settings());
    deliver_price(service);
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

TEST(TradingEngine, RejectsASignalWithoutAPriceAndSaysSo) {
    streaming::ServiceHarness service(wire, settings());
    service.deliver(kSignals, "7", signal("s1"));
    service.drain();
    EXPECT_TRUE(service.sent("paper.orders").empty());
    const auto rejected = service.sent(kRejected);
    ASSERT_EQ(rejected.size(), 1U);
    EXPECT_EQ(rejected[0].envelope.type, "signal.rejected");
    EXPECT_EQ(rejected[0].key, "7");
    const json data = json::parse(rejected[0].envelope.data);
    EXPECT_EQ(data["reason"], "no_price");
    EXPECT_EQ(data["rejected_by"], "trading_engine");
    EXPECT_EQ(data["original_signal"]["signal_id"], "s1");
    EXPECT_EQ(service.counts(kSignalsGroup).ignored_by_reason.at("no_price"), 1U);
}

TEST(TradingEngine, RejectsASignalWhosePriceIsAMinuteOld) {
    streaming::ServiceHarness service(wire, settings());
    deliver_price(service);
    service.drain();
    service.platform().clock().advance(60s);
    service.deliver(kSignals, "7", signal("s1"));
    service.drain();
    EXPECT_TRUE(service.sent("paper.orders").empty());
    EXPECT_EQ(service.counts(kSignalsGroup).ignored_by_reason.at("stale_price"), 1U);
    ASSERT_EQ(service.sent(kRejected).size(), 1U);
    deliver_price(service);
    service.drain();
    service.deliver(kSignals, "7", signal("s2"));
    service.drain();
    EXPECT_EQ(service.sent("paper.orders").size(), 1U);
}

TEST(TradingEngine, KnowsThePricesOfBeforeItsStart) {
    // Reading so many may take the harness more than the usual minute of its clock.
    streaming::ServiceHarness service(wire, settings({{"max-price-age-seconds", "86400"}}));
    service.deliver(kSignals, "7", signal("s1"));
    for (int tick = 1; tick <= 1'000; ++tick) {
        deliver_price(service, tick);
    }
    service.drain();
    EXPECT_EQ(service.sent_as<Order>("paper.orders").at(0).price, 1'000);
}

TEST(TradingEngine, PlacesOneOrderInEachNamespaceOfTheStrategy) {
    streaming::ServiceHarness service(wire, settings({{"routes", "momentum=paper+shadow"}}));
    deliver_price(service);
    service.deliver(kSignals, "7", signal("s1"));
    service.drain();
    ASSERT_EQ(service.sent("paper.orders").size(), 1U);
    ASSERT_EQ(service.sent("shadow.orders").size(), 1U);
    EXPECT_EQ(service.sent_as<Order>("shadow.orders")[0].name_space, "shadow");
    EXPECT_EQ(service.sent("shadow.positions").size(), 1U);
}

TEST(TradingEngine, PlacesNothingTwiceForASignalThatComesTwice) {
    streaming::ServiceHarness service(wire, settings());
    deliver_price(service);
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

/// The clock of the tests begins on New Year's Day of 2026, a Thursday.
TEST(TradingEngine, RejectsSignalsWhileTheMarketIsClosed) {
    streaming::ServiceHarness service(wire, settings({{"market-hours", "NYSE"}}));
    service.platform().clock().advance(15h); // 10:00 in New York
    deliver_price(service);
    service.deliver(kSignals, "7", signal("s1"));
    service.drain();
    EXPECT_TRUE(service.sent("paper.orders").empty());
    const auto rejected = service.sent_as<RejectedSignal>(kRejected);
    ASSERT_EQ(rejected.size(), 1U);
    EXPECT_EQ(rejected[0].rejection.reason, "market_closed");
    EXPECT_THAT(rejected[0].rejection.value, testing::StartsWith("2026-01-01T15:0")); // a busy machine moves the clock
    EXPECT_EQ(rejected[0].rejection.allowed, "hours of NYSE");
    EXPECT_EQ(service.counts(kSignalsGroup).ignored_by_reason.at("market_closed"), 1U);
}

TEST(TradingEngine, PlacesOrdersOnceTheMarketIsOpen) {
    streaming::ServiceHarness service(wire, settings({{"market-hours", "NYSE"}}));
    service.platform().clock().advance(24h + 15h);
    deliver_price(service);
    service.deliver(kSignals, "7", signal("s1"));
    service.drain();
    EXPECT_EQ(service.sent("paper.orders").size(), 1U);
}

TEST(TradingEngine, RefusesFlagsItDoesNotKnow) {
    for (const auto& [name, value] : std::map<std::string, std::string>{{"market-hours", "LSE"},
                                                                        {"closed-days", "2026-13-01"},
                                                                        {"max-price-age-seconds", "0"},
                                                                        {"trader", "kite"},
                                                                        {"routes", "nonsense"}}) {
        streaming::ServiceHarness service(wire, settings({{name, value}}));
        EXPECT_THROW(service.start(), streaming::ConfigError) << name;
    }
}

} // namespace
} // namespace services::trading_engine
