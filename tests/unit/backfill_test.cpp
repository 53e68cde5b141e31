#include "core/streaming/ingestion/backfill.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "core/streaming/ingestion/batch_cursor.hpp"

namespace streaming {
namespace {

using namespace std::chrono_literals;
using std::chrono::days;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Optional;

constexpr Clock::system_time kNow = std::chrono::sys_days{std::chrono::year{2026} / 1 / 31};

Backfill::Options all_of_january() {
    return {.from = kNow - days(30), .to = kNow, .window = std::chrono::seconds(days(5))};
}

/// Makes `count` windows, or all.
std::vector<TimeWindow> make(Backfill& backfill, std::size_t count = 1000) {
    std::vector<TimeWindow> made;
    for (auto window = backfill.next(); window && made.size() < count; window = backfill.next()) {
        made.push_back(*window);
        backfill.done(*window);
    }
    return made;
}

TEST(Backfill, ThirtyDaysByFiveAreSixWindowsOldestFirst) {
    Backfill backfill(all_of_january(), std::nullopt, kNow);
    const auto made = make(backfill);
    ASSERT_EQ(made.size(), 6U);
    for (std::size_t i = 0; i < made.size(); ++i) {
        const auto from = kNow - days(30) + days(5) * static_cast<int>(i);
        EXPECT_EQ(made[i], (TimeWindow{.from = from, .to = from + days(5)}));
    }
}

TEST(Backfill, TheLastWindowEndsWhereThePastDoes) {
    Backfill backfill({.from = kNow - 3h, .to = kNow, .window = 2h}, std::nullopt, kNow);
    EXPECT_THAT(make(backfill), ElementsAre(TimeWindow{kNow - 3h, kNow - 1h}, TimeWindow{kNow - 1h, kNow}));
}

TEST(Backfill, ARestartMakesTheOthers) {
    Backfill first(all_of_january(), std::nullopt, kNow);
    (void)make(first, 2);
    Backfill second(all_of_january(), first.progress(), kNow + 1h);
    EXPECT_EQ(make(second).size(), 4U);
    EXPECT_EQ(make(second).size(), 0U);
}

TEST(Backfill, WithoutAnEndItEndsAtTheFirstStart) {
    Backfill first({.from = kNow - 24h, .window = 8h}, std::nullopt, kNow);
    (void)make(first, 1);
    Backfill second({.from = kNow - 24h, .window = 8h}, first.progress(), kNow + 100h);
    EXPECT_THAT(make(second).back().to, kNow);
}

TEST(Backfill, AnEarlierBeginningBeginsAnew) {
    Backfill first({.from = kNow - 24h, .to = kNow, .window = 8h}, std::nullopt, kNow);
    (void)make(first);
    Backfill second({.from = kNow - 32h, .to = kNow, .window = 8h}, first.progress(), kNow);
    EXPECT_EQ(make(second).size(), 4U);
}

TEST(Backfill, ALaterEndOrBeginningNeedsOnlyWhatIsNotDone) {
    Backfill first({.from = kNow - 24h, .to = kNow, .window = 8h}, std::nullopt, kNow);
    (void)make(first);
    Backfill longer({.from = kNow - 24h, .to = kNow + 8h, .window = 8h}, first.progress(), kNow);
    EXPECT_THAT(make(longer), ElementsAre(TimeWindow{kNow, kNow + 8h}));
    Backfill later({.from = kNow - 8h, .to = kNow + 8h, .window = 8h}, first.progress(), kNow);
    EXPECT_THAT(make(later), ElementsAre(TimeWindow{kNow, kNow + 8h}));
    Backfill beyond({.from = kNow + 8h, .to = kNow + 16h, .window = 8h}, first.progress(), kNow);
    EXPECT_THAT(make(beyond), ElementsAre(TimeWindow{kNow + 8h, kNow + 16h})) << "what was never asked for is not done";
}

TEST(Backfill, WindowsOfWholeDaysEndAtMidnightWhereverTheyBegin) {
    Backfill first({.from = kNow - days(9) + 12h, .window = days(1)}, std::nullopt, kNow - days(7) + 9h);
    EXPECT_THAT(make(first), ElementsAre(TimeWindow{kNow - days(9) + 12h, kNow - days(8)},
                                         TimeWindow{kNow - days(8), kNow - days(7)},
                                         TimeWindow{kNow - days(7), kNow - days(7) + 9h}));
    Backfill later({.from = kNow - days(9) + 12h, .to = kNow, .window = days(5)}, first.progress(), kNow);
    EXPECT_THAT(make(later),
                ElementsAre(TimeWindow{kNow - days(7) + 9h, kNow - days(2)}, TimeWindow{kNow - days(2), kNow}))
        << "no more than five days are touched";
}

TEST(Backfill, AFailedWindowIsDueAgainAfterAWhileAndNoneIsSkipped) {
    Backfill backfill(all_of_january(), std::nullopt, kNow);
    const auto window = backfill.next();
    Clock::steady_time now{1h};
    std::vector<std::chrono::seconds> waits;
    for (int i = 0; i < 7; ++i) {
        backfill.failed(now);
        waits.push_back(std::chrono::duration_cast<std::chrono::seconds>(backfill.due() - now));
        now = backfill.due();
        EXPECT_EQ(backfill.next(), window);
    }
    EXPECT_THAT(waits, ElementsAre(10s, 20s, 40s, 80s, 160s, 300s, 300s));
    backfill.done(*window);
    EXPECT_LE(backfill.due(), now);
}

TEST(Backfill, ReadsDatesAndTimes) {
    EXPECT_EQ(parse_backfill_time("2026-01-31").value(), kNow);
    EXPECT_EQ(parse_backfill_time("2026-01-31T02:00:00.123456+02:00").value(), kNow + 123ms);
    for (const auto* wrong : {"", "2026-02-30", "31.01.2026", "2026-01-31T", "2026-1-31", "2026-01-31T25:00:00Z"}) {
        const auto time = parse_backfill_time(wrong);
        ASSERT_FALSE(time.ok()) << wrong;
        EXPECT_THAT(time.error().message, HasSubstr("is neither a date, such as 2026-01-31, nor a time"));
    }
}

TEST(BatchCursor, KeepsWhatItSays) {
    const detail::BatchCursor both{.last_run = kNow + 1ms,
                                   .backfill = BackfillProgress{.from = kNow, .to = kNow + 9h, .done_to = kNow + 1h}};
    for (const auto& cursor : {both, detail::BatchCursor{.last_run = both.last_run, .backfill = {}},
                               detail::BatchCursor{.last_run = {}, .backfill = both.backfill}, detail::BatchCursor{}}) {
        EXPECT_EQ(detail::BatchCursor::parse(cursor.to_text()).value(), cursor);
    }
}

TEST(BatchCursor, RefusesWhatIsNone) {
    for (const auto* wrong :
         {"", "[]", "7", "{", R"({"last_run":"yesterday"})", R"({"last_run":7})", R"({"backfill":{}})",
          R"({"backfill":7})", R"({"backfill":{"from":"2026-01-01T00:00:00Z","to":"2026-01-01T00:00:00Z"}})"}) {
        EXPECT_FALSE(detail::BatchCursor::parse(wrong).ok()) << wrong;
    }
}

} // namespace
} // namespace streaming
