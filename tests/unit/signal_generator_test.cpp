#include "services/signal_generator/signal_generator.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/streaming/testing/service_harness.hpp"
#include "services/flags.hpp"
#include "services/signal_generator/crossover.hpp"

namespace services::signal_generator {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using trading::GeneratedSignal;
using trading::Tick;

const Crossover::Time kStart = std::chrono::sys_days{std::chrono::year{2026} / 1 / 5};

/// What a crossover of 2 and 4 ticks says to these prices: b, s or -.
std::string answers(std::vector<double> prices) {
    Crossover crossover({.fast = 2, .slow = 4});
    std::string text;
    std::int64_t offset = 0;
    for (const double price : prices) {
        const auto side = crossover.on_tick({.instrument_token = 7, .last_price = price}, {0, offset},
                                            kStart + std::chrono::seconds(offset));
        ++offset;
        text += side ? side->front() : '-';
    }
    return text;
}

TEST(Crossover, SaysNothingUntilTheSlowWindowIsFull) {
    EXPECT_EQ(answers({1, 9, 1}), "---");
    EXPECT_EQ(answers({1, 1, 9, 9}), "----") << "the first comparison crosses nothing";
}

TEST(Crossover, BuysWhenTheFastAverageRisesAboveTheSlowOneAndSellsWhenItFallsBelow) {
    EXPECT_EQ(answers({5, 5, 4, 4, 9, 9, 1, 1}), "----b-s-");
}

TEST(Crossover, SaysItOnceUntilItCrossesBack) { EXPECT_EQ(answers({5, 5, 4, 4, 9, 9, 10, 11, 12}), "----b----"); }

TEST(Crossover, AveragesThatAreEqualCrossNothing) {
    EXPECT_EQ(answers({5, 5, 5, 5, 5, 5}), "------");
    EXPECT_EQ(answers({5, 5, 4, 4, 5, 3, 3}), "-------") << "equal on the way, and below again";
}

TEST(Crossover, KeepsInstrumentsApart) {
    Crossover crossover({.fast = 1, .slow = 2});
    std::int64_t offset = 0;
    for (const double price : {2.0, 1.0, 2.0}) {
        for (const std::int64_t instrument : {7, 8}) {
            const auto side =
                crossover.on_tick({.instrument_token = instrument, .last_price = instrument == 7 ? price : 1},
                                  {0, offset}, kStart + std::chrono::seconds(offset));
            EXPECT_EQ(side.has_value(), instrument == 7 && offset == 4);
            ++offset;
        }
    }
}

TEST(Crossover, ATickThatComesAgainIsAnsweredAsTheFirstTimeAndCountsOnce) {
    Crossover crossover({.fast = 1, .slow = 2});
    const auto tick = [&](double price, std::int64_t offset) {
        return crossover.on_tick({.instrument_token = 7, .last_price = price}, {0, offset},
                                 kStart + std::chrono::seconds(offset));
    };
    EXPECT_EQ(tick(2, 0), std::nullopt);
    EXPECT_EQ(tick(1, 1), std::nullopt);
    EXPECT_EQ(tick(2, 2), "buy");
    EXPECT_EQ(tick(1, 3), "sell");
    EXPECT_EQ(tick(2, 2), "buy");
    EXPECT_EQ(tick(1, 1), std::nullopt);
    EXPECT_EQ(tick(2, 4), "buy");
}

TEST(Crossover, ATopicThatWasMadeAnewIsNotTakenForOldTicks) {
    Crossover crossover({.fast = 1, .slow = 2});
    (void)crossover.on_tick({.instrument_token = 7, .last_price = 2}, {0, 100}, kStart);
    (void)crossover.on_tick({.instrument_token = 7, .last_price = 1}, {0, 101}, kStart);
    EXPECT_EQ(crossover.on_tick({.instrument_token = 7, .last_price = 2}, {0, 0}, kStart + std::chrono::hours(1)),
              "buy");
}

constexpr auto kSignals = "paper.signals.generated";

streaming::Settings settings(std::map<std::string, std::string> flags = {}) {
    streaming::Settings settings{.flags = defaults(signal_generator::flags())};
    settings.flags["fast-window"] = "1";
    settings.flags["slow-window"] = "2";
    for (auto& [name, value] : flags) {
        settings.flags[name] = value;
    }
    return settings;
}

void deliver(streaming::ServiceHarness& service, double price, const std::string& id = {}) {
    service.deliver("market.ticks", "7", Tick{.instrument_token = 7, .last_price = price}, id);
}

TEST(SignalGenerator, SendsASignalUnderTheInstrumentsKey) {
    streaming::ServiceHarness service(wire, settings({{"quantity", "30"}, {"strategy", "m"}}));
    for (const double price : {2.0, 1.0, 2.0}) {
        deliver(service, price);
    }
    service.drain();
    const auto sent = service.sent(kSignals);
    ASSERT_THAT(sent, SizeIs(1));
    EXPECT_EQ(sent[0].envelope.type, "signal.generated");
    EXPECT_EQ(sent[0].key, "7");
    const auto signal = sent[0].as<GeneratedSignal>().original_signal;
    EXPECT_EQ(signal.strategy_id, "m");
    EXPECT_EQ(signal.instrument_token, 7);
    EXPECT_EQ(signal.side, "buy");
    EXPECT_EQ(signal.quantity, 30);
    EXPECT_THAT(signal.signal_id, SizeIs(36));
}

TEST(SignalGenerator, TheSameTickMakesTheSameSignal) {
    const auto run = [](const std::string& strategy, const std::string& last_id) {
        streaming::ServiceHarness service(wire, settings({{"strategy", strategy}}));
        deliver(service, 2);
        deliver(service, 1);
        deliver(service, 2, last_id);
        service.drain();
        return service.sent_as<GeneratedSignal>(kSignals).at(0).original_signal.signal_id;
    };
    EXPECT_EQ(run("m", "tick-3"), run("m", "tick-3"));
    EXPECT_NE(run("m", "tick-3"), run("m", "tick-4"));
    EXPECT_NE(run("m", "tick-3"), run("n", "tick-3"));
}

TEST(SignalGenerator, ASignalWhoseDeliveryFailedIsSentUnderItsId) {
    streaming::ServiceHarness service(wire, settings());
    service.platform().broker().fail_next_sends(1, {streaming::ErrorCode::unavailable, "away", true}, kSignals);
    for (const double price : {2.0, 1.0, 2.0, 1.0, 2.0}) {
        deliver(service, price);
    }
    service.drain();
    std::vector<std::string> sides;
    for (const auto& signal : service.sent_as<GeneratedSignal>(kSignals)) {
        sides.push_back(signal.original_signal.side);
    }
    EXPECT_THAT(sides, testing::UnorderedElementsAre("buy", "sell", "buy"));
}

TEST(SignalGenerator, DeadLettersATickWithoutAPrice) {
    streaming::ServiceHarness service(wire, settings());
    deliver(service, -1);
    service.drain();
    EXPECT_THAT(service.dead_letters("market.ticks", "tributary.signal_generator.ticks"), SizeIs(1));
    EXPECT_THAT(service.sent(kSignals), IsEmpty());
}

TEST(SignalGenerator, RefusesWindowsThatAreNone) {
    for (const auto& [name, value] : std::map<std::string, std::string>{
             {"fast-window", "0"}, {"slow-window", "1"}, {"slow-window", "x"}, {"quantity", "0"}}) {
        streaming::ServiceHarness service(wire, settings({{name, value}}));
        EXPECT_THROW(service.start(), streaming::ConfigError) << name << " " << value;
    }
}

} // namespace
} // namespace services::signal_generator
