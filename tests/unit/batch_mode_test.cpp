#include "core/streaming/ingestion/batch_mode.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "core/streaming/infrastructure/event_envelope.hpp"
#include "tests/support/mode_fixture.hpp"
#include "tests/support/reliability_doubles.hpp"

namespace streaming {
namespace {

using namespace std::chrono_literals;
using std::chrono::days;
using testing::ElementsAre;
using testing::Eq;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Optional;

struct BatchModeTest : testing_support::ModeFixture {
    /// Polls all that is due now; their windows.
    std::vector<std::optional<TimeWindow>> poll_all(IngestionMode& mode, std::size_t most = 2000) {
        std::vector<std::optional<TimeWindow>> windows;
        while (windows.size() < most && is_due(mode)) {
            windows.push_back(poll(mode).window);
        }
        return windows;
    }
    /// How many runs follow on a pause (from half an interval after the first run on), and when the next comes.
    std::size_t runs_after(IngestionMode& mode, std::chrono::milliseconds pause) {
        poll(mode);
        clock.advance(pause);
        return poll_all(mode).size();
    }

    IngestionOptions options{.mode = IngestionKind::batch, .batch_size = 1000, .schedule_interval = 60s};
    Clock::system_time begin = clock.system_now();
};

TEST_F(BatchModeTest, RunsAtTheStartAndThenFromStartToStart) {
    const auto mode = make(options);
    EXPECT_THAT(wait(*mode), Optional(0ms));
    const PollPlan plan = start(*mode);
    clock.advance(10s);
    mode->poll_ended(plan, {.ok = true});
    mode->poll_settled(plan, true);
    EXPECT_THAT(wait(*mode), Optional(50s));
}

TEST_F(BatchModeTest, TheFirstRunsOfManySourcesAreSpread) {
    EXPECT_THAT(wait(*make(options, 4)), Optional(0ms));
    EXPECT_THAT(wait(*make(options, 9)), Optional(1237ms));
}

TEST_F(BatchModeTest, RunsByCron) {
    options.schedule_cron = "15 */6 * * *";
    const auto mode = make(options);
    EXPECT_EQ(wait_and_poll(*mode), 15min);
    EXPECT_EQ(wait_and_poll(*mode), 6h);
    EXPECT_EQ(wait_and_poll(*mode), 6h);
}

TEST_F(BatchModeTest, TheNextRunWaitsUntilTheRowsOfTheLastAreSettled) {
    const auto mode = make(options);
    const PollPlan plan = start(*mode);
    mode->poll_ended(plan, {.ok = true, .rows = 5, .new_rows = 5});
    clock.advance(60s);
    EXPECT_THAT(wait(*mode), Eq(std::nullopt));
    mode->poll_settled(plan, true);
    EXPECT_TRUE(is_due(*mode));
}

TEST_F(BatchModeTest, MissedOnePollsOnceAndTheNextAnIntervalLater) {
    const auto mode = make(options);
    EXPECT_EQ(runs_after(*mode, 1h + 30s), 1U);
    EXPECT_THAT(wait(*mode), Optional(60s));
    EXPECT_EQ(mode->counts().missed, 59U);
}

TEST_F(BatchModeTest, MissedSkipWaitsForTheNextSlot) {
    options.missed = MissedTicks::skip;
    const auto mode = make(options);
    EXPECT_EQ(runs_after(*mode, 1h + 30s), 0U);
    EXPECT_THAT(wait(*mode), Optional(30s));
    EXPECT_EQ(mode->counts().missed, 60U);
}

TEST_F(BatchModeTest, ALittleLateIsNotMissed) {
    options.missed = MissedTicks::skip;
    const auto mode = make(options);
    EXPECT_EQ(runs_after(*mode, 66s), 1U);
    EXPECT_THAT(wait(*mode), Optional(54s)) << "the schedule does not drift";
}

TEST_F(BatchModeTest, MissedCatchUpMakesARunForEachWithItsWindow) {
    options.missed = MissedTicks::catch_up;
    const auto mode = make(options);
    poll(*mode);
    clock.advance(3min + 30s);
    const auto windows = poll_all(*mode);
    EXPECT_THAT(windows,
                ElementsAre(TimeWindow{begin, begin + 1min}, TimeWindow{begin + 1min, begin + 2min}, Eq(std::nullopt)))
        << "the newest asks for what is new";
    EXPECT_THAT(wait(*mode), Optional(30s));
    EXPECT_EQ(mode->counts().missed, 0U);
}

TEST_F(BatchModeTest, CatchesUpNoMoreThanAThousand) {
    options.missed = MissedTicks::catch_up;
    const auto mode = make(options);
    EXPECT_EQ(runs_after(*mode, 1500min), 1000U);
    EXPECT_EQ(mode->counts().missed, 500U);
    EXPECT_THAT(logged.str(), HasSubstr("1500 missed runs are too many to catch up, only the newest 1000 are"));
}

TEST_F(BatchModeTest, CatchesUpACronSchedule) {
    options.missed = MissedTicks::catch_up;
    options.schedule_cron = "0 6,18 * * *";
    const auto mode = make(options);
    EXPECT_EQ(wait_and_poll(*mode), 6h);
    clock.advance(25h);
    EXPECT_THAT(poll_all(*mode), ElementsAre(TimeWindow{begin + 6h, begin + 18h}, Eq(std::nullopt)));
    EXPECT_THAT(wait(*mode), Optional(11h));
}

TEST_F(BatchModeTest, ARestartGoesOnWithTheSchedule) {
    poll(*make(options));
    clock.advance(20s);
    const auto mode = make(options);
    EXPECT_THAT(wait(*mode), Optional(40s));
    clock.advance(40s);
    EXPECT_EQ(poll_all(*mode).size(), 1U);
}

TEST_F(BatchModeTest, ARestartMakesUpForWhatWasMissedByTheRule) {
    poll(*make(options));
    clock.advance(10min + 30s);
    for (const auto& [rule, runs] : {std::pair{MissedTicks::skip, 0U}, std::pair{MissedTicks::one, 1U}}) {
        options.missed = rule;
        EXPECT_EQ(poll_all(*make(options)).size(), runs);
    }
    clock.advance(10min);
    options.missed = MissedTicks::catch_up;
    EXPECT_EQ(poll_all(*make(options)).size(), 10U);
}

TEST_F(BatchModeTest, ARunThatDidNotSettleIsRunAgainAfterARestart) {
    {
        const auto mode = make(options);
        const PollPlan plan = start(*mode);
        mode->poll_ended(plan, {.ok = true, .rows = 1, .new_rows = 1});
    }
    EXPECT_TRUE(is_due(*make(options)));
}

TEST_F(BatchModeTest, AFailedRunIsRepeatedSoonerThanTheNext) {
    options.schedule_interval = 1h;
    const auto mode = make(options);
    poll(*mode, false);
    EXPECT_EQ(wait_and_poll(*mode, false), 10s);
    EXPECT_EQ(wait_and_poll(*mode, false), 20s);
    EXPECT_EQ(wait_and_poll(*mode), 40s);
    EXPECT_EQ(mode->counts().errors, 3U);
}

TEST_F(BatchModeTest, TheNextRunCoversAFailedOne) {
    options.schedule_interval = 5s;
    const auto mode = make(options);
    poll(*mode, false);
    EXPECT_EQ(wait_and_poll(*mode), 5s);
    EXPECT_THAT(wait(*mode), Optional(5s));
}

TEST_F(BatchModeTest, AFailedRunIsCaughtUpBeforeTheLaterOnes) {
    options.missed = MissedTicks::catch_up;
    options.schedule_interval = 5s;
    const auto mode = make(options);
    poll(*mode);
    clock.advance(10s);
    EXPECT_EQ(poll(*mode, false).window, (TimeWindow{begin, begin + 5s}));
    EXPECT_EQ(wait(*mode), 10s);
    clock.advance(10s);
    EXPECT_THAT(poll_all(*mode), ElementsAre(TimeWindow{begin, begin + 5s}, TimeWindow{begin + 5s, begin + 10s},
                                             TimeWindow{begin + 10s, begin + 15s}, Eq(std::nullopt)));
}

struct BatchModeBackfill : BatchModeTest {
    BatchModeBackfill() {
        options.schedule_interval = 1h;
        options.backfill_from = "2025-12-02";
        options.backfill_to = "2026-01-01";
        options.backfill_window = days(5);
    }
};

TEST_F(BatchModeBackfill, FetchesThePastAfterTheFirstRunOldestFirst) {
    const auto mode = make(options);
    const auto polls = poll_all(*mode);
    ASSERT_EQ(polls.size(), 1U + 6U);
    EXPECT_EQ(polls[0], std::nullopt);
    for (int i = 0; i < 6; ++i) {
        EXPECT_EQ(polls[1 + static_cast<std::size_t>(i)],
                  (TimeWindow{begin - days(30 - 5 * i), begin - days(25 - 5 * i)}));
    }
    EXPECT_THAT(wait(*mode), Optional(1h));
}

TEST_F(BatchModeBackfill, AWindowWaitsForTheRowsOfTheOneBefore) {
    const auto mode = make(options);
    poll(*mode);
    const PollPlan window = start(*mode);
    mode->poll_ended(window, {.ok = true, .rows = 9, .new_rows = 9});
    EXPECT_THAT(wait(*mode, {.waiting = 4, .unsettled = 5}), Optional(1h)) << "only the next run";
    mode->poll_settled(window, true);
    EXPECT_FALSE(is_due(*mode, {.unsettled = 1}));
    EXPECT_TRUE(is_due(*mode));
}

TEST_F(BatchModeBackfill, ARunThatIsDueGoesBeforeTheNextWindowEvenWhileRowsOfOneAreOnTheirWay) {
    const auto mode = make(options);
    poll(*mode);
    const PollPlan window = start(*mode);
    clock.advance(1h);
    mode->poll_ended(window, {.ok = true, .rows = 9, .new_rows = 9});
    const PollPlan run = start(*mode, {.unsettled = 9});
    EXPECT_EQ(run.window, std::nullopt);
    mode->poll_settled(window, true); // in any order
    mode->poll_ended(run, {.ok = true});
    mode->poll_settled(run, true);
    EXPECT_EQ(poll_all(*mode).size(), 5U);
    EXPECT_THAT(wait(*mode), Optional(1h));
}

TEST_F(BatchModeBackfill, ARestartMakesOnlyTheOtherWindows) {
    EXPECT_EQ(poll_all(*make(options), 1 + 2).size(), 3U);
    {
        const auto killed = make(options);
        (void)start(*killed); // its rows were never settled
    }
    EXPECT_EQ(poll_all(*make(options)).size(), 4U);
    EXPECT_THAT(poll_all(*make(options)), IsEmpty());
}

TEST_F(BatchModeBackfill, AFailedWindowIsRepeatedAndRunsKeepTheirSchedule) {
    options.schedule_interval = 15s;
    const auto mode = make(options);
    poll(*mode);
    const auto window = poll(*mode, false).window;
    EXPECT_EQ(wait_and_poll(*mode, false), 10s); // the window again
    EXPECT_EQ(wait(*mode), 5s);
    clock.advance(5s);
    EXPECT_EQ(poll(*mode).window, std::nullopt);
    EXPECT_EQ(wait(*mode), 15s);
    clock.advance(15s);
    EXPECT_EQ(poll(*mode).window, std::nullopt) << "a run goes first";
    EXPECT_EQ(poll(*mode).window, window);
    EXPECT_EQ(poll_all(*mode).size(), 5U);
}

TEST_F(BatchModeBackfill, AWindowThatWouldDelayARunWaitsForItButNotForTwo) {
    options.schedule_interval = 60s;
    const auto mode = make(options);
    const auto fetch_window = [&] {
        const PollPlan window = start(*mode);
        EXPECT_TRUE(window.window.has_value());
        clock.advance(40s);
        mode->poll_ended(window, {.ok = true});
        mode->poll_settled(window, true);
    };
    poll(*mode);
    fetch_window();
    EXPECT_EQ(wait(*mode), 20s) << "the next window would take 40 s";
    clock.advance(20s);
    poll(*mode);
    clock.advance(30s);
    fetch_window(); // too long, but a run was in between
    poll(*mode);    // 10 s late
    EXPECT_TRUE(is_due(*mode));
}

TEST_F(BatchModeBackfill, WithoutAnEndTheFirstStartIsTheEnd) {
    options.backfill_to.clear();
    options.backfill_from = "2025-12-31";
    options.backfill_window = 12h;
    (void)wait(*make(options)); // started, then killed at once
    clock.advance(30min);
    const auto polls = poll_all(*make(options));
    ASSERT_EQ(polls.size(), 1U + 2U);
    EXPECT_EQ(polls.back(), (TimeWindow{begin - 12h, begin}));
}

/// Fails as often as it is told.
struct FailingCursorStore final : CursorStore {
    Result<std::optional<std::string>> load(std::string_view name) override {
        ++loads;
        if (fail_loads-- > 0) {
            return Error{.code = ErrorCode::unavailable, .message = "down", .retryable = true};
        }
        return values.load(name);
    }
    Status save(std::string_view name, std::string_view value) override {
        if (fail_saves-- > 0) {
            return Error{.code = ErrorCode::unavailable, .message = "full", .retryable = true};
        }
        return values.save(name, value);
    }
    MemoryCursorStore values{};
    int fail_loads = 0;
    int fail_saves = 0;
    int loads = 0;
};

struct BatchModeCursor : BatchModeBackfill {
    std::unique_ptr<IngestionMode> make_on(CursorStore* cursor_store) {
        auto mode = IngestionModeFactory::create_mode(
            options, {.clock = clock, .log = log, .source = "s", .cursors = cursor_store});
        return std::move(mode).value();
    }
    FailingCursorStore store{};
};

TEST_F(BatchModeCursor, BeginsNothingUntilTheCursorCanBeRead) {
    poll_all(*make_on(&store));
    store.fail_loads = 2;
    const auto mode = make_on(&store);
    EXPECT_THAT(wait(*mode), Optional(1s));
    EXPECT_THAT(wait(*mode), Optional(1s));
    EXPECT_EQ(store.loads, 2) << "not asked again before that";
    clock.advance(1s);
    EXPECT_THAT(wait(*mode), Optional(2s));
    clock.advance(2s);
    EXPECT_THAT(wait(*mode), Optional(1h - 3s));
    EXPECT_THAT(logged.str(), HasSubstr("its cursor cannot be read, it waits: down"));
}

TEST_F(BatchModeCursor, AFailedSaveIsMadeUpByTheNext) {
    store.fail_saves = 5;
    poll_all(*make_on(&store), 7);
    EXPECT_THAT(poll_all(*make_on(&store)), IsEmpty());
    const std::string text = logged.str();
    EXPECT_EQ(text.find("cannot be saved"), text.rfind("cannot be saved")) << "said once";
}

TEST_F(BatchModeCursor, ADamagedCursorIsReportedAndBeginsAnew) {
    ASSERT_TRUE(store.save("s", "{\"last_run\":").ok());
    EXPECT_EQ(poll_all(*make_on(&store)).size(), 7U);
    EXPECT_THAT(logged.str(), HasSubstr("its cursor is damaged"));
}

TEST_F(BatchModeCursor, ALastRunInTheFutureCountsAsNow) {
    ASSERT_TRUE(store.save("s", R"({"last_run":"2036-01-01T00:00:00Z"})").ok());
    options.backfill_from.clear();
    EXPECT_THAT(wait(*make_on(&store)), Optional(1h));
}

TEST_F(BatchModeCursor, WithoutAStoreARestartBeginsAnew) {
    EXPECT_EQ(poll_all(*make_on(nullptr)).size(), 7U);
    EXPECT_EQ(poll_all(*make_on(nullptr)).size(), 7U);
}

TEST_F(BatchModeTest, HandsOverABatchAtATimeTheNextWhileFewerAreOnTheirWay) {
    const auto mode = make(options);
    EXPECT_EQ(mode->hand_over({.waiting = 2500}).rows, 1000U);
    EXPECT_EQ(mode->hand_over({.waiting = 1500, .unsettled = 1000}).rows, 0U);
    EXPECT_EQ(mode->hand_over({.waiting = 1500, .unsettled = 999}).rows, 1000U);
    EXPECT_EQ(mode->hand_over({.waiting = 500}).rows, 500U);
}

TEST_F(BatchModeTest, SettingTheWallClockMovesNoIntervalRun) {
    doubles::SteppedClock stepped;
    auto made = IngestionModeFactory::create_mode(options, {.clock = stepped, .log = log, .source = "s"});
    IngestionMode& mode = *made.value();
    const auto run = [&] {
        const PollPlan plan = mode.next_poll({});
        mode.poll_started(plan);
        mode.poll_ended(plan, {.ok = true});
        mode.poll_settled(plan, true);
    };
    run();
    stepped.system -= 24h;
    stepped.steady += 30s;
    EXPECT_EQ(mode.next_poll({}).due, stepped.steady + 30s);
}

} // namespace
} // namespace streaming
