#include "core/streaming/ingestion/real_time_mode.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/mode_fixture.hpp"

namespace streaming {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::Each;
using testing::ElementsAre;
using testing::Ge;
using testing::Le;
using testing::Optional;

struct RealTimeModeTest : testing_support::ModeFixture {
    IngestionOptions options{
        .mode = IngestionKind::real_time, .polling_interval = 60s, .max_records_per_poll = 100, .jitter = 0};
};

TEST_F(RealTimeModeTest, PollsAtOnceAndThenFromStartToStart) {
    const auto mode = make(options);
    EXPECT_THAT(wait(*mode), Optional(0ms));
    const PollPlan plan = start(*mode);
    clock.advance(10s);
    mode->poll_ended(plan, {.ok = true});
    mode->poll_settled(plan, true);
    EXPECT_THAT(wait(*mode), Optional(50s));
}

TEST_F(RealTimeModeTest, ASlowPollIsFollowedByTheNextAtOnceAndWhatItMissedIsCounted) {
    const auto mode = make(options);
    const PollPlan plan = start(*mode);
    clock.advance(150s);
    mode->poll_ended(plan, {.ok = true});
    mode->poll_settled(plan, true);
    EXPECT_TRUE(is_due(*mode));
    poll(*mode);
    EXPECT_THAT(wait(*mode), Optional(60s));
    EXPECT_EQ(mode->counts().missed, 1U);
}

TEST_F(RealTimeModeTest, OfAHundredSourcesNoMoreThanFiveBeginInAnySecond) {
    std::vector<std::chrono::milliseconds> begins;
    for (std::size_t place = 0; place < 100; ++place) {
        begins.push_back(wait(*make(options, place)).value());
    }
    EXPECT_EQ(begins.front(), 0ms) << "a single source does not wait";
    EXPECT_LT(begins[3], 1s) << "few sources do not wait long";
    std::ranges::sort(begins);
    EXPECT_LT(begins.back(), options.polling_interval);
    for (std::size_t i = 5; i < begins.size(); ++i) {
        EXPECT_GT(begins[i] - begins[i - 5], 1s);
    }
}

TEST_F(RealTimeModeTest, AHundredSourcesOfOneSecondAreSpreadOverIt) {
    options.polling_interval = 1s;
    std::vector<int> tenths(10);
    for (std::size_t place = 0; place < 100; ++place) {
        ++tenths[static_cast<std::size_t>(wait(*make(options, place)).value() / 100ms)];
    }
    EXPECT_THAT(tenths, Each(AllOf(Ge(5), Le(15))));
}

TEST_F(RealTimeModeTest, IntervalsVaryByTheJitterAndThoseOfAllSourcesTogether) {
    options.jitter = 0.1;
    const auto one = make(options, 0, "a");
    const auto other = make(options, 0, "b");
    std::vector<std::chrono::milliseconds> intervals;
    poll(*one);
    poll(*other);
    for (int i = 0; i < 500; ++i) {
        EXPECT_EQ(wait(*one), wait(*other));
        intervals.push_back(wait_and_poll(*one));
        poll(*other);
    }
    EXPECT_THAT(intervals, Each(AllOf(Ge(54s), Le(66s))));
    EXPECT_LT(std::ranges::min(intervals), 56s);
    EXPECT_GT(std::ranges::max(intervals), 64s);
}

TEST_F(RealTimeModeTest, APollThatIsALittleLateDoesNotMoveTheNextOnes) {
    const auto mode = make(options);
    poll(*mode);
    clock.advance(60s + 900ms);
    poll(*mode);
    EXPECT_THAT(wait(*mode), Optional(59s + 100ms));
    clock.advance(59s + 100ms + 1100ms);
    poll(*mode);
    EXPECT_THAT(wait(*mode), Optional(60s)) << "much later: the next does not come too soon after it";
}

TEST_F(RealTimeModeTest, AfterFailuresTheIntervalDoublesUpToFiveMinutes) {
    const auto mode = make(options);
    poll(*mode, false);
    std::vector<std::chrono::milliseconds> waits;
    for (int i = 0; i < 5; ++i) {
        waits.push_back(wait_and_poll(*mode, false));
    }
    EXPECT_THAT(waits, ElementsAre(60s, 120s, 240s, 300s, 300s));
    wait_and_poll(*mode);
    EXPECT_THAT(wait(*mode), Optional(60s)) << "a success ends it";
    EXPECT_EQ(mode->counts().errors, 6U);
}

TEST_F(RealTimeModeTest, AfterFailuresItWaitsNoMoreThanEightIntervalsAndNoLessThanOne) {
    options.polling_interval = 1s;
    const auto quick = make(options);
    poll(*quick, false);
    options.polling_interval = 1h;
    const auto slow = make(options);
    for (int i = 0; i < 9; ++i) {
        wait_and_poll(*quick, false);
    }
    EXPECT_THAT(wait(*quick), Optional(8s));
    wait_and_poll(*slow, false);
    wait_and_poll(*slow, false);
    EXPECT_THAT(wait(*slow), Optional(1h));
}

TEST_F(RealTimeModeTest, HandsOverAPortionEachIntervalAndTheRestInTheNext) {
    const auto mode = make(options);
    const PollPlan plan = start(*mode);
    mode->poll_ended(plan, {.ok = true, .rows = 250, .new_rows = 250});
    const HandOver first = mode->hand_over({.waiting = 250});
    EXPECT_EQ(first.rows, 100U);
    EXPECT_EQ(first.again, clock.now() + 60s);
    EXPECT_EQ(mode->hand_over({.waiting = 150}).rows, 0U);
    clock.advance(60s);
    EXPECT_THAT(wait(*mode, {.waiting = 150}), testing::Eq(std::nullopt)) << "a whole portion waits";
    EXPECT_EQ(mode->hand_over({.waiting = 150}).rows, 100U);
    clock.advance(60s);
    ASSERT_TRUE(is_due(*mode, {.waiting = 50}));
    (void)start(*mode, {.waiting = 50});
    EXPECT_EQ(mode->hand_over({.waiting = 50 + 70}).rows, 100U);
}

/// What a source of 35 new rows an answer hands over in each second; each poll takes `takes`.
std::vector<std::size_t> rows_of_seconds(IngestionMode& mode, fakes::FakeClock& clock,
                                         std::chrono::milliseconds takes) {
    constexpr std::chrono::milliseconds kStep = 100ms;
    std::vector<std::size_t> seconds(20);
    std::size_t waiting = 0;
    std::optional<PollPlan> running;
    auto ends = clock.now();
    for (std::size_t step = 0; step < seconds.size() * 10; ++step) {
        const auto hand_over = [&] {
            for (auto now = mode.hand_over({.waiting = waiting}); now.rows > 0;
                 now = mode.hand_over({.waiting = waiting})) {
                seconds[step / 10] += now.rows;
                waiting -= now.rows;
            }
        };
        hand_over(); // the rest of an answer goes before the next poll starts
        const PollPlan plan = mode.next_poll({.waiting = waiting});
        if (!running && plan.due <= clock.now()) {
            mode.poll_started(plan);
            running = plan;
            ends = clock.now() + takes;
        }
        if (running && ends <= clock.now()) {
            waiting += 35;
            mode.poll_ended(*running, {.ok = true, .rows = 35, .new_rows = 35});
            mode.poll_settled(*std::exchange(running, std::nullopt), true);
            hand_over();
        }
        clock.advance(kStep);
    }
    return seconds;
}

TEST_F(RealTimeModeTest, APollAfterTheRestOfAnAnswerBringsNoSecondPortion) {
    options.polling_interval = 1s;
    options.max_records_per_poll = 10;
    const auto quick = make(options);
    EXPECT_THAT(rows_of_seconds(*quick, clock, 0ms), Each(10U));
    const auto slow = make(options);
    EXPECT_THAT(rows_of_seconds(*slow, clock, 300ms), Each(Le(10U)));
}

TEST_F(RealTimeModeTest, TheRestOfAnAnswerIsNotAskedForAgainAtOnce) {
    options.max_records_per_poll = 10;
    const auto mode = make(options);
    poll(*mode);
    EXPECT_EQ(mode->hand_over({.waiting = 10}).rows, 10U);
    clock.advance(60s);
    EXPECT_EQ(mode->hand_over({.waiting = 5, .unsettled = 10}).rows, 5U);
    const HandOver now = mode->hand_over({.waiting = 9, .unsettled = 15});
    EXPECT_EQ(now.rows, 5U);
    EXPECT_EQ(now.again, clock.now() + 60s) << "no poll can begin the interval that is due";
    clock.advance(60s);
    EXPECT_EQ(mode->hand_over({.waiting = 4, .unsettled = 20}).rows, 4U);
}

TEST_F(RealTimeModeTest, DoesNotPollWhileAPortionIsOnItsWay) {
    const auto mode = make(options);
    EXPECT_FALSE(is_due(*mode, {.unsettled = 100}));
    EXPECT_TRUE(is_due(*mode, {.unsettled = 99}));
}

TEST_F(RealTimeModeTest, CountsPollsAndNewRows) {
    const auto mode = make(options);
    const PollPlan plan = start(*mode);
    mode->poll_ended(plan, {.ok = true, .rows = 7, .new_rows = 5});
    mode->poll_settled(plan, true);
    clock.advance(1500ms);
    const ModeCounts counts = mode->counts();
    EXPECT_EQ(counts.polls, 1U);
    EXPECT_EQ(counts.records_processed, 5U);
    EXPECT_EQ(counts.errors, 0U);
    EXPECT_DOUBLE_EQ(counts.uptime_seconds, 1.5);
}

} // namespace
} // namespace streaming
