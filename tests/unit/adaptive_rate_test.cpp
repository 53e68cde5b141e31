#include "core/streaming/ingestion/adaptive_rate.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "core/streaming/ingestion/commit_rhythm.hpp"
#include "core/streaming/ingestion/throttling_manager.hpp"
#include "core/streaming/testing/fake_clock.hpp"
#include "tests/support/recordings.hpp"
#include "tests/support/throttle_model.hpp"

namespace streaming {
namespace {

using namespace std::chrono_literals;
using throttle_model::Arrivals;
using throttle_model::Conditions;
using throttle_model::Flow;
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

/// A sender with more to send than may leave.
struct AdaptiveRateTest : testing::Test {
    static ThrottlingOptions options() { return {.strategy = ThrottlingStrategy::adaptive, .consumer_groups = {"g"}}; }
    void send_for(std::chrono::seconds time, double drain) { flow.go_on(time, drain); }
    double rate() const { return flow.rate(); }

    Flow flow{options(), {.step = 1s}};
    ThrottlingManager& throttle = flow.throttle();
    fakes::FakeClock& clock = flow.clock();
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
    Flow rare(options(), {.step = 1s, .lag_every = 60s});
    rare.go_on(3600s, 321);
    EXPECT_NEAR(rare.rate(), 321, 20);
}

TEST_F(AdaptiveRateTest, GoesOnAfterAStallAsBeforeIt) {
    send_for(600s, 321);
    send_for(60s, 0);
    flow.read_all(); // whoever took over has caught up
    send_for(3s, 321);
    EXPECT_GE(rate(), 0.95 * 321);
    EXPECT_LE(rate(), 1.3 * 321) << "one step more is tried, as nothing is unread";
}

TEST_F(AdaptiveRateTest, NeverLeavesTheLimits) {
    send_for(600s, 50'000);
    EXPECT_NEAR(rate(), 1000, 10);
    send_for(600s, 0);
    EXPECT_NEAR(rate(), 1, 0.02);
}

TEST_F(AdaptiveRateTest, KnowsThatATopicGetsOnlyAShareOfWhatIsSent) {
    Flow part(options(), {.step = 1s, .share = 0.1});
    part.go_on(900s, 30);
    EXPECT_NEAR(part.rate(), 300, 30);
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
    double produced = flow.produced();
    flow.read_all();
    for (int second = 0; second < 3600; ++second) {
        produced += static_cast<double>(throttle.admit(2, "s").records);
        clock.advance(1s);
        throttle.observe({.records = 0,
                          .taken = clock.now(),
                          .committed_total = static_cast<std::uint64_t>(produced),
                          .produced_total = static_cast<std::uint64_t>(produced),
                          .worst = "group g, topic t"});
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

struct Numbers {
    const char* name;
    double highest_rate;
    std::uint64_t target;
    std::chrono::milliseconds lag_every;
    std::chrono::milliseconds commit_every;
    std::chrono::seconds way_up; ///< from the first rate to the highest, at most

    friend void PrintTo(const Numbers& numbers, std::ostream* out) { *out << numbers.name; }
};

/// Small numbers and the defaults, each with offsets that are committed at once, every second and every 5 s.
struct AdaptiveRateStandstill : testing::TestWithParam<Numbers> {
    static ThrottlingOptions options() {
        return {.strategy = ThrottlingStrategy::adaptive,
                .consumer_groups = {"g"},
                .max_send_rate = GetParam().highest_rate,
                .target_consumer_lag = GetParam().target,
                .critical_consumer_lag = 5 * GetParam().target,
                .lag_interval = GetParam().lag_every};
    }
    /// Until the highest rate is reached and kept, at the end of a commit.
    void run_up() {
        flow.go_on(300s, fast);
        ASSERT_GE(flow.rate(), 0.95 * highest);
        flow.forget_highest();
    }
    /// What comes in until a standstill can be told from a commit that is not due yet.
    double unavoidable() const {
        const std::chrono::duration<double> time = 1.5 * GetParam().commit_every + 1s + 2 * GetParam().lag_every;
        return highest * time.count();
    }

    double highest = GetParam().highest_rate;
    double fast = 10 * highest; ///< what the consumer can take
    double target = static_cast<double>(GetParam().target);
    Flow flow{options(), {.lag_every = GetParam().lag_every, .commit_every = GetParam().commit_every}};
};

TEST_P(AdaptiveRateStandstill, SlowsDownToTheLowestRate) {
    run_up();
    flow.go_on(10s, 0);
    EXPECT_LE(flow.rate(), 0.01 * highest);
    flow.go_on(20s, 0);
    EXPECT_DOUBLE_EQ(flow.rate(), 1);
    EXPECT_LE(flow.highest_unread(), unavoidable() + target / 2);
    const double unread = flow.unread();
    flow.go_on(90s, 0);
    EXPECT_LE(flow.unread(), unread + 91);
}

TEST_P(AdaptiveRateStandstill, IsBackAtItsRateSoonAfterTheConsumer) {
    run_up();
    flow.go_on(120s, 0);
    const auto most = GetParam().commit_every + 3 * GetParam().lag_every + 1s;
    EXPECT_LT(flow.go_on_until_rate(0.95 * highest, fast, 300s), most);
    flow.forget_highest();
    for (int second = 0; second < 60; ++second) {
        flow.go_on(1s, fast);
        ASSERT_GE(flow.rate(), 0.95 * highest) << second;
    }
}

TEST_P(AdaptiveRateStandstill, DoesNotTakeAFewRecordsForARecovery) {
    run_up();
    flow.go_on(60s, 0);
    const double unread = flow.unread();
    for (int sip = 0; sip < 12; ++sip) {
        flow.go_on(9900ms, 0);
        flow.go_on(100ms, 10);
    }
    EXPECT_LE(flow.rate(), 0.05 * highest);
    EXPECT_LE(flow.unread(), unread + target);
}

TEST_P(AdaptiveRateStandstill, StartsCarefullyWhenNothingIsRead) {
    flow.go_on(10s, 0);
    EXPECT_LE(flow.rate(), 0.01 * highest);
    flow.go_on(110s, 0);
    EXPECT_DOUBLE_EQ(flow.rate(), 1);
    EXPECT_LE(flow.highest_unread(), target);
}

TEST_P(AdaptiveRateStandstill, FindsTheHighestRateFromTheFirst) {
    EXPECT_LE(flow.go_on_until_rate(0.95 * highest, fast, 600s), GetParam().way_up);
}

TEST_P(AdaptiveRateStandstill, FindsALowerRateWithoutMuchLag) {
    const double drain = 0.3 * highest;
    flow.go_on(120s, drain);
    EXPECT_NEAR(flow.rate(), drain, 0.1 * drain);
    EXPECT_LE(flow.highest_unread(), 1.1 * target);
    for (int second = 0; second < 300; ++second) {
        flow.go_on(1s, drain);
        ASSERT_NEAR(flow.rate(), drain, 0.1 * drain) << second;
    }
    EXPECT_LE(flow.unread(), target);
}

TEST_P(AdaptiveRateStandstill, GivesTheSameRateInEachRun) {
    Flow again(options(), {.lag_every = GetParam().lag_every, .commit_every = GetParam().commit_every});
    for (int second = 0; second < 100; ++second) {
        flow.go_on(1s, second % 30 < 20 ? fast : 0);
        again.go_on(1s, second % 30 < 20 ? fast : 0);
        ASSERT_DOUBLE_EQ(flow.rate(), again.rate()) << second;
    }
}

INSTANTIATE_TEST_SUITE_P(Numbers, AdaptiveRateStandstill,
                         testing::Values(Numbers{"SmallAtOnce", 100, 200, 200ms, 0ms, 5s},
                                         Numbers{"SmallEverySecond", 100, 200, 200ms, 1000ms, 10s},
                                         Numbers{"SmallEvery5Seconds", 100, 200, 200ms, 5000ms, 70s},
                                         Numbers{"DefaultAtOnce", 1000, 1000, 1000ms, 0ms, 45s},
                                         Numbers{"DefaultEverySecond", 1000, 1000, 1000ms, 1000ms, 45s},
                                         Numbers{"DefaultEvery5Seconds", 1000, 1000, 1000ms, 5000ms, 120s}),
                         [](const auto& numbers) { return std::string(numbers.param.name); });

/// An observation each second: records come in all the time.
struct CommitRhythmTest : testing::Test {
    void look(std::chrono::seconds time, std::chrono::seconds commit_every) {
        for (auto passed = 1s; passed <= time; passed += 1s) {
            now += 1s;
            produced += 100;
            if (commit_every != 0s && passed % commit_every == 0s) {
                committed = produced - 10;
            }
            commits.add(now, produced - committed, committed);
            still += commits.stands_still() ? 1 : 0;
            resumed += commits.just_resumed() ? 1 : 0;
        }
    }
    Clock::steady_time now{};
    double produced = 0;
    double committed = 0;
    int still = 0;
    int resumed = 0;
    CommitRhythm commits{};
};

TEST_F(CommitRhythmTest, ExpectsACommitWithin5SecondsUntilMoreIsKnown) {
    EXPECT_FALSE(commits.known());
    look(8s, 0s);
    EXPECT_FALSE(commits.stands_still());
    look(1s, 0s);
    EXPECT_TRUE(commits.stands_still());
    EXPECT_FALSE(commits.known());
}

TEST_F(CommitRhythmTest, DoesNotTakeRareCommitsForStandstills) {
    look(60s, 12s);
    EXPECT_EQ(commits.gap(), 12s);
    still = 0;
    look(600s, 12s);
    EXPECT_EQ(still, 0);
}

TEST_F(CommitRhythmTest, NoticesAStandstillAndItsEnd) {
    look(60s, 2s);
    look(3s, 0s);
    EXPECT_TRUE(commits.stands_still());
    look(100s, 0s);
    look(2s, 2s);
    EXPECT_EQ(resumed, 1);
    EXPECT_TRUE(commits.just_resumed());
    EXPECT_TRUE(commits.resuming());
    look(2s, 2s);
    EXPECT_FALSE(commits.resuming());
    EXPECT_EQ(commits.gap(), 2s) << "one standstill is no rule";
}

TEST_F(CommitRhythmTest, LearnsNothingFromATimeInWhichItWasNotLookedAt) {
    look(60s, 2s);
    for (int away = 0; away < 5; ++away) {
        now += 100s; // another pair of group and topic was the worst
        produced += 10'000;
        committed = produced - 200;
        look(10s, 2s);
    }
    EXPECT_EQ(commits.gap(), 2s);
}

TEST_F(CommitRhythmTest, KeepsWhatItKnowsOverAQuietTime) {
    look(60s, 4s);
    now += 1h;
    committed = produced;
    commits.add(now, 0, committed);
    EXPECT_GE(commits.gap(), 4s);
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
