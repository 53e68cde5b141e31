#include "core/streaming/ingestion/cron_schedule.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "core/streaming/infrastructure/event_envelope.hpp"

namespace streaming {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

/// The `count` times after `from`, as 2026-01-31 12:34.
std::vector<std::string> times(std::string_view cron, std::string_view from, int count = 1) {
    const auto schedule = CronSchedule::parse(cron);
    EXPECT_TRUE(schedule.ok()) << (schedule.ok() ? "" : schedule.error().message);
    std::vector<std::string> found;
    auto time = parse_rfc3339(from).value();
    for (int i = 0; schedule.ok() && i < count; ++i) {
        time = schedule.value().next(time);
        std::string text;
        append_rfc3339(text, time);
        EXPECT_EQ(text.substr(16), ":00.000Z");
        found.push_back(text.substr(0, 16));
    }
    return found;
}

std::string refusal(std::string_view cron) {
    const auto schedule = CronSchedule::parse(cron);
    return schedule.ok() ? "accepted" : schedule.error().message;
}

TEST(CronSchedule, GivesTheFirstFittingMinuteAfterATime) {
    EXPECT_THAT(times("* * * * *", "2026-01-01T00:00:00Z"), ElementsAre("2026-01-01T00:01"));
    EXPECT_THAT(times("* * * * *", "2026-01-01T00:00:59.999Z"), ElementsAre("2026-01-01T00:01"));
    EXPECT_THAT(times("30 6 * * *", "2026-01-01T06:29:59Z", 2), ElementsAre("2026-01-01T06:30", "2026-01-02T06:30"));
    EXPECT_THAT(times("0 0 1 1 *", "2026-01-01T00:00:00Z"), ElementsAre("2027-01-01T00:00"));
    EXPECT_THAT(times("59 23 31 12 *", "1969-12-31T23:58:30Z"), ElementsAre("1969-12-31T23:59"));
}

TEST(CronSchedule, KnowsListsRangesAndSteps) {
    EXPECT_THAT(times("*/20 8-10/2 * * *", "2026-01-01T00:00:00Z", 7),
                ElementsAre("2026-01-01T08:00", "2026-01-01T08:20", "2026-01-01T08:40", "2026-01-01T10:00",
                            "2026-01-01T10:20", "2026-01-01T10:40", "2026-01-02T08:00"));
    EXPECT_THAT(times("5,50-52 12 * * *", "2026-01-01T12:00:00Z", 4),
                ElementsAre("2026-01-01T12:05", "2026-01-01T12:50", "2026-01-01T12:51", "2026-01-01T12:52"));
}

TEST(CronSchedule, KnowsNamesOfMonthsAndDays) {
    EXPECT_THAT(times("0 9 * MAR mon-Wed", "2026-01-01T00:00:00Z", 4),
                ElementsAre("2026-03-02T09:00", "2026-03-03T09:00", "2026-03-04T09:00", "2026-03-09T09:00"));
    EXPECT_THAT(times("0 0 1 jan,jul *", "2026-01-02T00:00:00Z", 2),
                ElementsAre("2026-07-01T00:00", "2027-01-01T00:00"));
}

TEST(CronSchedule, SundayIs0And7AndEndsARange) {
    for (const auto* cron : {"0 0 * * 0", "0 0 * * 7", "0 0 * * sun"}) {
        EXPECT_THAT(times(cron, "2026-01-01T00:00:00Z", 2), ElementsAre("2026-01-04T00:00", "2026-01-11T00:00"));
    }
    EXPECT_THAT(times("0 0 * * fri-sun", "2026-01-01T00:00:00Z", 4),
                ElementsAre("2026-01-02T00:00", "2026-01-03T00:00", "2026-01-04T00:00", "2026-01-09T00:00"));
}

TEST(CronSchedule, EitherDayFitsWhenBothAreRestricted) {
    EXPECT_THAT(times("0 0 13 * fri", "2026-01-01T00:00:00Z", 4),
                ElementsAre("2026-01-02T00:00", "2026-01-09T00:00", "2026-01-13T00:00", "2026-01-16T00:00"));
}

TEST(CronSchedule, BothDaysMustFitWhenOneBeginsWithAStar) {
    EXPECT_THAT(times("0 0 */2 * mon", "2026-01-01T00:00:00Z", 2), ElementsAre("2026-01-05T00:00", "2026-01-19T00:00"));
    EXPECT_THAT(times("0 0 13 * *", "2026-01-01T00:00:00Z", 2), ElementsAre("2026-01-13T00:00", "2026-02-13T00:00"));
}

TEST(CronSchedule, FindsTheRarestDates) {
    EXPECT_THAT(times("0 0 29 2 *", "2096-02-29T00:00:00Z"), ElementsAre("2104-02-29T00:00"));
    // The day of the month and a Sunday: 29 February 2088 is one, the next is 40 years later.
    EXPECT_THAT(times("0 0 29 2 */7", "2026-01-01T00:00:00Z", 4),
                ElementsAre("2032-02-29T00:00", "2060-02-29T00:00", "2088-02-29T00:00", "2128-02-29T00:00"));
}

TEST(CronSchedule, RefusesDatesThatNeverCome) {
    EXPECT_EQ(refusal("0 0 30 2 *"), "day-of-month '30' never comes in month '2'");
    EXPECT_EQ(refusal("0 0 31 apr,jun,sep *"), "day-of-month '31' never comes in month 'apr,jun,sep'");
    EXPECT_THAT(times("0 0 30 2 mon", "2026-01-01T00:00:00Z"), ElementsAre("2026-02-02T00:00")); // either fits
}

TEST(CronSchedule, SaysWhichFieldIsWrongAndWhatIsAllowed) {
    EXPECT_EQ(refusal("60 * * * *"), "minute '60': '60' is not a number from 0 to 59");
    EXPECT_EQ(refusal("* 1-24 * * *"), "hour '1-24': '24' is not a number from 0 to 23");
    EXPECT_EQ(refusal("* * 0 * *"), "day-of-month '0': '0' is not a number from 1 to 31");
    EXPECT_EQ(refusal("* * * 1,march *"),
              "month '1,march': 'march' is not a number from 1 to 12 or a name, jan to dec");
    EXPECT_EQ(refusal("* * * * 8"), "day-of-week '8': '8' is not a number from 0 to 7 or a name, sun to sat");
    EXPECT_EQ(refusal("* 9-5 * * *"), "hour '9-5': the range 9-5 goes backwards");
    EXPECT_EQ(refusal("5/15 * * * *"), "minute '5/15': a step needs a range or * before it, such as */15");
}

TEST(CronSchedule, RefusesWhatIsNoSchedule) {
    EXPECT_EQ(refusal(""), "has 0 fields, not the 5 of cron: minute hour day-of-month month day-of-week");
    EXPECT_THAT(refusal("@hourly"), HasSubstr("has 1 fields"));
    EXPECT_THAT(refusal("0 0 * * * *"), HasSubstr("has 6 fields"));
    for (const auto* minute : {"", ",", "1,", "-", "1-", "-1", "*/0", "*/", "*/60", "*/x", "1-2-3", "**", "1/2/3", "+1",
                               "0x1", "99999999999999999999"}) {
        EXPECT_NE(refusal(std::string(minute) + " * * * *"), "accepted") << minute;
    }
}

TEST(CronSchedule, TakesAnySpaceBetweenTheFields) {
    EXPECT_THAT(times("  15\t3   * *  * ", "2026-01-01T00:00:00Z"), ElementsAre("2026-01-01T03:15"));
}

} // namespace
} // namespace streaming
