#include "core/streaming/ingestion/throttling_manager.hpp"

#include <gmock/gmock.h>

#include "core/streaming/testing/fake_clock.hpp"

namespace streaming {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

struct ThrottlingManagerTest : testing::Test {
    static ThrottlingOptions options() { return {.consumer_groups = {"alerts"}}; }

    /// One check a minute, so that each lag stands for itself.
    ThrottleDecision check(std::uint64_t lag) {
        clock.advance(60s);
        return throttle.check_and_throttle(lag, "firms");
    }
    void check_times(int times, std::uint64_t lag) {
        for (int i = 0; i < times; ++i) {
            check(lag);
        }
    }
    void observe(std::uint64_t lag) {
        throttle.observe({.records = lag, .taken = clock.now(), .worst = "group alerts"});
    }
    /// As the watch does for so long: an observation each second.
    void observe_for(std::chrono::seconds time, std::uint64_t lag) {
        for (auto passed = 0s; passed < time; passed += 1s) {
            clock.advance(1s);
            observe(lag);
        }
    }
    std::size_t admit(std::size_t wanted) { return throttle.admit(wanted, "firms").records; }
    std::chrono::milliseconds wait_told() {
        const auto admission = throttle.admit(500, "firms");
        EXPECT_EQ(admission.records, 0U);
        return std::chrono::duration_cast<std::chrono::milliseconds>(admission.not_before - clock.now());
    }
    /// Serves a hold and takes the batch that is due after it; returns how long the hold was.
    std::chrono::milliseconds hold_then_batch(std::uint64_t lag) {
        observe(lag);
        const auto hold = wait_told();
        clock.advance(hold);
        EXPECT_GT(admit(500), 0U);
        return hold;
    }
    std::string state() const { return throttle.status().current_state; }

    fakes::FakeClock clock{};
    ThrottlingManager throttle{clock, options()};
};

TEST_F(ThrottlingManagerTest, AllowsBelowTheTarget) {
    EXPECT_EQ(check(999), (ThrottleDecision{ThrottleAction::allow, 0ms}));
    EXPECT_EQ(state(), "allow");
    EXPECT_EQ(throttle.status().throttled_count, 0U);
}

TEST_F(ThrottlingManagerTest, WaitsASecondFromTheTargetToTheCriticalLag) {
    for (const std::uint64_t lag : {1000U, 3000U, 5000U}) {
        EXPECT_EQ(check(lag), (ThrottleDecision{ThrottleAction::throttle_moderate, 1s})) << lag;
    }
    EXPECT_EQ(throttle.status().backoff_level, 0U);
}

TEST_F(ThrottlingManagerTest, DoublesTheWaitAboveTheCriticalLagUpTo16Seconds) {
    for (const auto delay : {2s, 4s, 8s, 16s, 16s}) {
        EXPECT_EQ(check(5001), (ThrottleDecision{ThrottleAction::throttle_critical, delay}));
    }
    EXPECT_EQ(throttle.status().backoff_level, 4U);
}

TEST_F(ThrottlingManagerTest, KeepsTheLevelWhileTheLagIsModerate) {
    check_times(2, 6000);
    check(3000);
    EXPECT_EQ(check(6000).delay, 8s);
}

TEST_F(ThrottlingManagerTest, DividesTheRateAtEachThrottleDownToTheLowest) {
    check(3000);
    EXPECT_DOUBLE_EQ(throttle.status().send_rate, 1000 / 1.5);
    check(6000);
    EXPECT_DOUBLE_EQ(throttle.status().send_rate, 1000 / 1.5 / 1.5);
    check_times(30, 6000);
    EXPECT_DOUBLE_EQ(throttle.status().send_rate, 1.0);
    EXPECT_EQ(throttle.status().rate_adjustments, 18U); // 1000 / 1.5^17 is the last above 1
}

TEST_F(ThrottlingManagerTest, RecoversFromTheTenthLowCheckInARowOn) {
    check_times(4, 6000);
    const double low = throttle.status().send_rate;
    check_times(9, 0);
    EXPECT_EQ(throttle.status().backoff_level, 4U);
    EXPECT_DOUBLE_EQ(throttle.status().send_rate, low);
    check(0);
    EXPECT_EQ(throttle.status().backoff_level, 0U);
    EXPECT_DOUBLE_EQ(throttle.status().send_rate, low * 1.5);
    check_times(9, 0);
    EXPECT_DOUBLE_EQ(throttle.status().send_rate, 1000.0);
}

TEST_F(ThrottlingManagerTest, StartsCountingLowChecksAgainAfterAThrottle) {
    check_times(2, 6000);
    check_times(9, 0);
    check(3000);
    check_times(9, 0);
    EXPECT_EQ(throttle.status().backoff_level, 2U);
}

TEST_F(ThrottlingManagerTest, LooksAtTheMeanOfTheLastMinute) {
    EXPECT_EQ(throttle.check_and_throttle(12000, "firms").action, ThrottleAction::throttle_critical);
    clock.advance(59'999ms);
    EXPECT_EQ(throttle.check_and_throttle(0, "firms").action, ThrottleAction::throttle_critical); // (12000 + 0) / 2
    EXPECT_EQ(throttle.status().lag_records, 6000U);
    EXPECT_EQ(throttle.status().lag_records_now, 0U);
    clock.advance(1ms);
    EXPECT_EQ(throttle.check_and_throttle(0, "firms").action, ThrottleAction::allow);
}

TEST_F(ThrottlingManagerTest, CountsChecksWithADelayBySource) {
    check_times(2, 6000);
    throttle.check_and_throttle(6000, "weather");
    EXPECT_THAT(throttle.status().throttled_by, ElementsAre(Pair("firms", 2), Pair("weather", 1)));
    EXPECT_EQ(throttle.status().throttled_count, 3U);
}

TEST_F(ThrottlingManagerTest, LetsOneBatchGoAfterEachHold) {
    EXPECT_EQ(hold_then_batch(6000), 2s);
    EXPECT_EQ(hold_then_batch(6000), 4s);
    EXPECT_EQ(hold_then_batch(6000), 8s);
    EXPECT_EQ(hold_then_batch(6000), 16s);
    EXPECT_EQ(hold_then_batch(6000), 16s);
    EXPECT_EQ(throttle.status().throttled_count, 5U);
}

TEST_F(ThrottlingManagerTest, TellsTheEndOfTheHoldToWhoeverAsksDuringIt) {
    observe(3000);
    EXPECT_EQ(wait_told(), 1s);
    clock.advance(400ms);
    observe(9000); // the next check, not this hold
    EXPECT_EQ(wait_told(), 600ms);
    EXPECT_EQ(throttle.status().throttled_count, 1U);
}

TEST_F(ThrottlingManagerTest, RepeatsTheHoldWithoutRaisingTheLevelWhileNothingNewerIsKnown) {
    EXPECT_EQ(hold_then_batch(6000), 2s);
    EXPECT_EQ(wait_told(), 2s);
    EXPECT_EQ(throttle.status().throttled_count, 1U);
    EXPECT_EQ(throttle.status().backoff_level, 1U);
}

TEST_F(ThrottlingManagerTest, DoesNotRaiseTheLevelWhileNothingWaits) {
    hold_then_batch(6000);
    observe_for(600s, 6000);
    EXPECT_EQ(admit(0), 0U);
    EXPECT_EQ(throttle.status().backoff_level, 1U);
    EXPECT_EQ(throttle.status().throttled_count, 1U);
    EXPECT_EQ(wait_told(), 4s);
}

TEST_F(ThrottlingManagerTest, RecoversWhileNothingWaits) {
    for (int i = 0; i < 4; ++i) {
        hold_then_batch(6000);
    }
    clock.advance(60s); // what was seen is no part of the mean any more
    observe_for(9s, 0);
    EXPECT_EQ(throttle.status().backoff_level, 4U);
    observe_for(5s, 0);
    EXPECT_EQ(throttle.status().backoff_level, 0U);
    EXPECT_DOUBLE_EQ(throttle.status().send_rate, 1000.0);
    EXPECT_EQ(state(), "allow");
    EXPECT_EQ(admit(500), 500U);
}

TEST_F(ThrottlingManagerTest, CountsAnObservationAsOneLowCheckHoweverOftenBatchesLeave) {
    check_times(1, 6000);
    clock.advance(60s);
    observe(0);
    for (int i = 0; i < 50; ++i) {
        (void)admit(1);
    }
    EXPECT_EQ(throttle.status().backoff_level, 1U);
}

TEST_F(ThrottlingManagerTest, PacesWhatLeavesByTheRate) {
    observe(0);
    EXPECT_EQ(admit(5000), 1000U); // a second's worth at once
    EXPECT_EQ(wait_told(), 20ms);
    clock.advance(100ms);
    EXPECT_EQ(admit(5000), 100U);
    clock.advance(1h);
    EXPECT_EQ(admit(5000), 1000U);
}

TEST_F(ThrottlingManagerTest, LetsLeaveAfterAHoldWhatTheRateGivesInIt) {
    ThrottlingManager slow(clock, {.consumer_groups = {"alerts"}, .max_send_rate = 101.25}); // 20/s after four
    const auto ask = [&] { return slow.admit(500, "firms"); };
    std::size_t last = 0;
    for (int i = 0; i < 4; ++i) {
        slow.observe({.records = 6000, .taken = clock.now()});
        clock.advance(ask().not_before - clock.now());
        last = ask().records;
    }
    EXPECT_DOUBLE_EQ(slow.status().send_rate, 20.0);
    EXPECT_EQ(last, 320U);
}

TEST_F(ThrottlingManagerTest, KeepsTheLastSafeRateWhileTheLagIsUnknown) {
    hold_then_batch(6000);
    hold_then_batch(6000);
    const double safe = throttle.status().send_rate;
    (void)throttle.admit(500, "firms"); // a hold begins
    throttle.observe_unknown("the broker does not answer");
    EXPECT_EQ(state(), "no_signal");
    EXPECT_EQ(throttle.status().no_signal_reason, "the broker does not answer");
    EXPECT_EQ(throttle.status().lag_records, std::nullopt);
    EXPECT_EQ(throttle.status().lag_records_now, std::nullopt);
    std::size_t sent = 0;
    for (int second = 0; second < 600; ++second) {
        clock.advance(1s);
        sent += admit(5000);
    }
    EXPECT_NEAR(static_cast<double>(sent), safe * 600, safe * 5);
    EXPECT_DOUBLE_EQ(throttle.status().send_rate, safe);
}

TEST_F(ThrottlingManagerTest, GoesOnWhenTheLagIsKnownAgain) {
    hold_then_batch(6000);
    throttle.observe_unknown("the broker does not answer");
    EXPECT_EQ(hold_then_batch(6000), 4s);
    EXPECT_EQ(state(), "throttle_critical");
    EXPECT_EQ(throttle.status().no_signal_reason, "");
}

TEST_F(ThrottlingManagerTest, LosesTheSignalWhenNothingIsObservedForLong) {
    hold_then_batch(6000);
    clock.advance(61s);
    EXPECT_GT(admit(500), 0U);
    EXPECT_EQ(state(), "no_signal");
    EXPECT_THAT(throttle.status().no_signal_reason, HasSubstr("more than 60 s ago"));
}

TEST_F(ThrottlingManagerTest, TakesAnIncompleteObservationAsUnknownUnlessItIsHighAnyway) {
    throttle.observe({.records = 10, .taken = clock.now(), .unknown = "group b, topic t: timed out"});
    EXPECT_EQ(state(), "no_signal");
    throttle.observe({.records = 6000, .taken = clock.now(), .unknown = "group b, topic t: timed out"});
    EXPECT_EQ(wait_told(), 2s);
}

TEST_F(ThrottlingManagerTest, HasNoSignalWithoutGroups) {
    ThrottlingManager groupless(clock, {});
    EXPECT_EQ(groupless.status().current_state, "no_signal");
    EXPECT_THAT(groupless.status().no_signal_reason, HasSubstr("throttling.consumer_groups"));
    EXPECT_EQ(groupless.admit(5000, "firms").records, 1000U);
    EXPECT_EQ(groupless.admit(5000, "firms").records, 0U);
}

TEST_F(ThrottlingManagerTest, AdmitsEverythingWhenItIsOff) {
    auto off = options();
    off.enabled = false;
    hold_then_batch(6000);
    (void)throttle.admit(500, "firms");
    throttle.configure(off);
    EXPECT_EQ(admit(1'000'000), 1'000'000U);
    EXPECT_EQ(check(9000).action, ThrottleAction::allow);
    EXPECT_EQ(state(), "allow");
}

TEST_F(ThrottlingManagerTest, TakesNewLimitsWhileItRuns) {
    auto changed = options();
    changed.max_send_rate = 2000;
    throttle.configure(changed);
    EXPECT_DOUBLE_EQ(throttle.status().send_rate, 2000.0);
    check(3000);
    changed.max_send_rate = 500;
    changed.target_consumer_lag = 4000;
    throttle.configure(changed);
    EXPECT_DOUBLE_EQ(throttle.status().send_rate, 500.0);
    EXPECT_EQ(check(3000).action, ThrottleAction::allow);
}

} // namespace
} // namespace streaming
