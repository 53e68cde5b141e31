#include "core/streaming/ingestion/continuous_streaming_mode.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/mode_fixture.hpp"

namespace streaming {
namespace {

using namespace std::chrono_literals;
using testing::Optional;

struct ContinuousStreamingModeTest : testing_support::ModeFixture {
    IngestionOptions options{.mode = IngestionKind::continuous_streaming,
                             .polling_interval = 10s,
                             .buffer_size = 100,
                             .buffer_flush_interval = 5s};
};

TEST_F(ContinuousStreamingModeTest, PollsAnIntervalAfterTheEndOfTheLast) {
    const auto mode = make(options);
    EXPECT_THAT(wait(*mode), Optional(0ms));
    const PollPlan plan = start(*mode);
    clock.advance(4s);
    mode->poll_ended(plan, {.ok = true});
    mode->poll_settled(plan, true);
    EXPECT_THAT(wait(*mode), Optional(10s));
}

TEST_F(ContinuousStreamingModeTest, PollsWhileItsBufferIsNotFull) {
    const auto mode = make(options);
    EXPECT_TRUE(is_due(*mode, {.waiting = 50, .unsettled = 49}));
    EXPECT_FALSE(is_due(*mode, {.waiting = 50, .unsettled = 50}));
}

TEST_F(ContinuousStreamingModeTest, PollsAtOnceWhenSomethingWasPushed) {
    const auto mode = make(options);
    poll(*mode);
    EXPECT_FALSE(is_due(*mode));
    mode->arrived();
    EXPECT_TRUE(is_due(*mode));
    poll(*mode);
    EXPECT_THAT(wait(*mode), Optional(10s));
}

TEST_F(ContinuousStreamingModeTest, WhatIsPushedDuringAPollIsPolledAfterIt) {
    const auto mode = make(options);
    const PollPlan plan = start(*mode);
    mode->arrived();
    mode->poll_ended(plan, {.ok = true});
    mode->poll_settled(plan, true);
    EXPECT_TRUE(is_due(*mode));
}

TEST_F(ContinuousStreamingModeTest, HandsOverAtOnceWhenNothingIsOnItsWay) {
    const auto mode = make(options);
    EXPECT_EQ(mode->hand_over({.waiting = 3, .oldest = clock.now(), .unsettled = 0}).rows, 3U);
    EXPECT_EQ(mode->hand_over({}).again, Clock::steady_time::max());
}

TEST_F(ContinuousStreamingModeTest, OtherwiseBuffersUntilFullOrOld) {
    const auto mode = make(options);
    const auto fetched = clock.now();
    const HandOver few = mode->hand_over({.waiting = 99, .oldest = fetched, .unsettled = 1});
    EXPECT_EQ(few.rows, 0U);
    EXPECT_EQ(few.again, fetched + 5s);
    EXPECT_EQ(mode->hand_over({.waiting = 100, .oldest = fetched, .unsettled = 1}).rows, 100U);
    clock.advance(5s);
    EXPECT_EQ(mode->hand_over({.waiting = 99, .oldest = fetched, .unsettled = 1}).rows, 99U);
}

TEST_F(ContinuousStreamingModeTest, WaitsLongerAfterFailures) {
    const auto mode = make(options);
    poll(*mode, false);
    EXPECT_EQ(wait_and_poll(*mode, false), 10s);
    EXPECT_EQ(wait_and_poll(*mode, false), 20s);
    EXPECT_EQ(wait_and_poll(*mode), 40s);
    EXPECT_THAT(wait(*mode), Optional(10s));
    EXPECT_EQ(mode->counts().errors, 3U);
}

TEST_F(ContinuousStreamingModeTest, AGivenUpRowIsAFailure) {
    const auto mode = make(options);
    const PollPlan plan = start(*mode);
    mode->poll_ended(plan, {.ok = true, .rows = 1, .new_rows = 1});
    clock.advance(8s);
    mode->poll_settled(plan, false);
    EXPECT_THAT(wait(*mode), Optional(10s)) << "from when it was known";
    EXPECT_EQ(mode->counts().errors, 1U);
}

} // namespace
} // namespace streaming
