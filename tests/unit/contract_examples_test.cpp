#include <gtest/gtest.h>

#include "core/streaming/ingestion/throttling_manager.hpp"
#include "core/streaming/testing/fake_clock.hpp"

// The examples by which users described each part; the names are theirs.

namespace streaming {
namespace {

TEST(ContractExamples, LagOf6000Throttles) {
    fakes::FakeClock clock;
    ThrottlingManager throttle(clock, {.consumer_groups = {"wildfire-alerts"}});
    const auto decision = throttle.check_and_throttle(6000, "noaa_weather_ca");
    EXPECT_EQ(decision.action, ThrottleAction::throttle_critical);
    EXPECT_EQ(decision.delay, std::chrono::seconds(2));
    EXPECT_EQ(throttle.status().current_state, "throttle_critical");
}

} // namespace
} // namespace streaming
