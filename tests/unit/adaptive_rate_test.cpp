#include "core/streaming/ingestion/adaptive_rate.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "core/streaming/ingestion/throttling_manager.hpp"
#include "core/streaming/testing/fake_clock.hpp"
#include "tests/support/recordings.hpp"
#include "tests/support/throttle_model.hpp"

namespace streaming {
namespace {

using namespace std::chrono_literals;
using throttle_model::Arrivals;
using throttle_model::Conditions;
using throttle_model::Score;
using throttle_model::to_text;

constexpr auto kFires = "firms/SUOMI_VIIRS_C2_Europe_7d_2022-09-05.csv";

struct Shape {
    const char* name;
    throttle_model::Consumer consumer;
};

struct AdaptiveRateJudged : testing::TestWithParam<Shape> {
    Score score(ThrottlingStrategy strategy, const Arrivals& arrivals, const Conditions& conditions = {}) {
        return run({.strategy = strategy, .consumer_groups = {"g"}}, arrivals, GetParam().consumer, conditions);
    }
    /// The limits of docs/throttling.md, beside the thresholds under the same conditions.
    void expect_better(const Arrivals& arrivals) {
        const Score thresholds = score(ThrottlingStrategy::thresholds, arrivals);
        const Score adaptive = score(ThrottlingStrategy::adaptive, arrivals);
        fmt::print("  {:<8} thresholds {}\n  {:<8} adaptive   {}\n", GetParam().name, to_text(thresholds),
                   GetParam().name, to_text(adaptive));
        EXPECT_LE(adaptive.over, 0.05);
        EXPECT_LT(adaptive.over, thresholds.over);
        EXPECT_LE(adaptive.wasted, 0.01);
        EXPECT_LE(adaptive.changes, thresholds.changes / 10);
        EXPECT_EQ(adaptive.unread, 0);
    }
};

TEST_P(AdaptiveRateJudged, KeepsTheLagLowAndTheConsumerBusyOnAMadeUpTrace) {
    expect_better(throttle_model::made_up(3, 134));
}

TEST_P(AdaptiveRateJudged, KeepsTheLagLowAndTheConsumerBusyOnAWeekOfFires) {
    TRIBUTARY_NEEDS_RECORDING(kFires);
    expect_better(throttle_model::by_minute(throttle_model::minutes_of_firms(recordings::read(kFires)), 14'000));
}

TEST_P(AdaptiveRateJudged, CopesWithYoungerAndOlderObservations) {
    for (const auto age : {5s, 60s}) {
        const Score seen = score(ThrottlingStrategy::adaptive, throttle_model::made_up(2, 134), {.lag_age = age});
        EXPECT_LE(seen.over, 0.05) << age.count() << " s: " << to_text(seen);
        EXPECT_LE(seen.wasted, 0.02) << age.count() << " s: " << to_text(seen);
    }
}

TEST_P(AdaptiveRateJudged, CopesWithOffsetsThatAreCommittedRarely) {
    for (const auto& conditions : {Conditions{.lag_age = 0s, .lag_every = 1s, .commit_every = 5s},
                                   Conditions{.lag_age = 30s, .lag_every = 10s, .commit_every = 7s}}) {
        const Score seen = score(ThrottlingStrategy::adaptive, throttle_model::made_up(1, 134), conditions);
        EXPECT_LE(seen.over, 0.05) << to_text(seen);
        EXPECT_LE(seen.wasted, 0.03) << to_text(seen);
    }
}

TEST_P(AdaptiveRateJudged, GivesTheSameNumbersInEachRun) {
    const auto arrivals = throttle_model::made_up(1, 134);
    EXPECT_EQ(score(ThrottlingStrategy::adaptive, arrivals), score(ThrottlingStrategy::adaptive, arrivals));
}

INSTANTIATE_TEST_SUITE_P(Consumers, AdaptiveRateJudged,
                         testing::Values(Shape{"Steady", throttle_model::steady(201)},
                                         Shape{"Stalling", throttle_model::stalling(201)},
                                         Shape{"Halving", throttle_model::halving(201)}),
                         [](const auto& shape) { return std::string(shape.param.name); });

/// A sender with more to send than may leave, on a topic that gets `share` of it.
struct AdaptiveRateTest : testing::Test {
    static ThrottlingOptions options() { return {.strategy = ThrottlingStrategy::adaptive, .consumer_groups = {"g"}}; }
    void send_for(std::chrono::seconds time, double drain, double share = 1) {
        for (auto passed = 0s; passed < time; passed += 1s) {
            for (;;) {
                const auto admitted = throttle.admit(500, "s").records;
                if (admitted == 0) {
                    break;
                }
                produced += share * static_cast<double>(admitted);
            }
            read = std::min(read + drain, produced);
            clock.advance(1s);
            if ((passed + 1s) % every != 0s) {
                continue;
            }
            throttle.observe({.records = static_cast<std::uint64_t>(produced - read),
                              .taken = clock.now(),
                              .committed_total = static_cast<std::uint64_t>(read),
                              .produced_total = static_cast<std::uint64_t>(produced),
                              .worst = worst});
        }
    }
    double rate() const { return throttle.status().send_rate; }

    fakes::FakeClock clock{};
    ThrottlingManager throttle{clock, options()};
    std::string worst = "group g, topic t";
    std::chrono::seconds every{1};
    double produced = 0;
    double read = 0;
};

TEST_F(AdaptiveRateTest, BeginsAtATwentiethOfTheHighestRate) { EXPECT_DOUBLE_EQ(rate(), 50.0); }

TEST_F(AdaptiveRateTest, FindsWhatTheConsumersTake) {
    send_for(600s, 321);
    EXPECT_NEAR(rate(), 321, 10);
    EXPECT_EQ(throttle.status().current_state, "allow");
    send_for(600s, 123);
    EXPECT_NEAR(rate(), 123, 5);
}

TEST_F(AdaptiveRateTest, LearnsFromRareObservationsToo) {
    every = 60s;
    send_for(3600s, 321);
    EXPECT_NEAR(rate(), 321, 20);
}

TEST_F(AdaptiveRateTest, GoesOnAfterAStallAsBeforeIt) {
    send_for(600s, 321);
    send_for(60s, 0);
    read = produced; // whoever took over has caught up
    send_for(3s, 321);
    EXPECT_NEAR(rate(), 321, 20);
}

TEST_F(AdaptiveRateTest, NeverLeavesTheLimits) {
    send_for(600s, 50'000);
    EXPECT_NEAR(rate(), 1000, 10);
    send_for(600s, 0);
    EXPECT_NEAR(rate(), 1, 0.02);
}

TEST_F(AdaptiveRateTest, KnowsThatATopicGetsOnlyAShareOfWhatIsSent) {
    send_for(900s, 30, 0.1);
    EXPECT_NEAR(rate(), 300, 30);
}

TEST_F(AdaptiveRateTest, KeepsTheRateWhileTheLagIsUnknown) {
    send_for(600s, 321);
    const double safe = rate();
    throttle.observe_unknown("the broker does not answer");
    EXPECT_EQ(throttle.status().current_state, "no_signal");
    std::size_t sent = 0;
    for (int second = 0; second < 600; ++second) {
        clock.advance(1s);
        sent += throttle.admit(5000, "s").records;
    }
    EXPECT_DOUBLE_EQ(rate(), safe);
    EXPECT_NEAR(static_cast<double>(sent), safe * 600, safe * 5);
}

TEST_F(AdaptiveRateTest, DoesNotLowerTheRateWhileThereIsLittleToSend) {
    send_for(600s, 321);
    const double busy = rate();
    for (int second = 0; second < 3600; ++second) {
        produced += static_cast<double>(throttle.admit(2, "s").records);
        read = produced;
        clock.advance(1s);
        throttle.observe({.records = 0,
                          .taken = clock.now(),
                          .committed_total = static_cast<std::uint64_t>(read),
                          .produced_total = static_cast<std::uint64_t>(produced),
                          .worst = worst});
    }
    EXPECT_GE(rate(), busy * 0.95);
}

TEST_F(AdaptiveRateTest, TakesOverTheRateWhenTheStrategyChanges) {
    send_for(600s, 321);
    const double adaptive = rate();
    auto changed = options();
    changed.strategy = ThrottlingStrategy::thresholds;
    throttle.configure(changed);
    EXPECT_DOUBLE_EQ(rate(), adaptive);
    throttle.configure(options());
    EXPECT_DOUBLE_EQ(rate(), adaptive);
}

struct TrendPredictorTest : testing::Test {
    template <class Series>
    void add(int count, Series series) {
        for (int i = 0; i < count; ++i) {
            time += 10s;
            trend.add(series(i), time);
        }
    }
    Clock::steady_time time{};
    TrendPredictor trend{};
};

TEST_F(TrendPredictorTest, IsOnWhileASeriesHasATrend) {
    add(200, [](int i) { return 100.0 * i; });
    EXPECT_TRUE(trend.on());
    EXPECT_LT(trend.mase(), 0.5);
    EXPECT_NEAR(trend.growth(10s), 100, 1);
}

TEST_F(TrendPredictorTest, SwitchesItselfOffOnBursts) {
    add(200, [](int i) { return 100.0 * i; });
    add(200, [](int i) { return i % 13 == 0 ? 9000.0 : 0.0; });
    EXPECT_GE(trend.mase(), 1.0);
    EXPECT_FALSE(trend.on());
    EXPECT_EQ(trend.growth(10s), 0);
}

TEST_F(TrendPredictorTest, IsOffUntilThereIsEnoughToCompare) {
    add(30, [](int i) { return 100.0 * i; });
    EXPECT_FALSE(trend.on());
}

} // namespace
} // namespace streaming
