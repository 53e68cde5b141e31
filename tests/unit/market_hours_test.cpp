#include "services/trading_engine/market_hours.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/streaming/patterns/run_service.hpp"

namespace services::trading_engine {
namespace {

bool is_open(std::string_view exchange, std::string_view utc) {
    return MarketHours::named(exchange).is_open(streaming::parse_rfc3339(utc).value());
}

TEST(MarketHours, NseIsOpenFromNineFifteenToHalfPastThreeInIndia) {
    EXPECT_FALSE(is_open("NSE", "2025-07-01T03:44:59.999Z"));
    EXPECT_TRUE(is_open("NSE", "2025-07-01T03:45:00Z"));
    EXPECT_TRUE(is_open("NSE", "2025-07-01T09:59:59.999Z"));
    EXPECT_FALSE(is_open("NSE", "2025-07-01T10:00:00Z"));
}

TEST(MarketHours, NseIsClosedAtTheWeekend) {
    EXPECT_TRUE(is_open("NSE", "2025-07-04T05:00:00Z")); // Friday
    EXPECT_FALSE(is_open("NSE", "2025-07-05T05:00:00Z"));
    EXPECT_FALSE(is_open("NSE", "2025-07-06T05:00:00Z"));
    EXPECT_TRUE(is_open("NSE", "2025-07-07T05:00:00Z"));
}

TEST(MarketHours, NseIsClosedOnItsHolidays) {
    for (const char* day : {"2025-02-26", "2025-10-22", "2026-01-15", "2026-01-26", "2026-11-24", "2027-01-26"}) {
        EXPECT_FALSE(is_open("NSE", std::string(day) + "T05:00:00Z")) << day;
    }
    EXPECT_TRUE(is_open("NSE", "2026-11-25T05:00:00Z")); // between two of them
}

TEST(MarketHours, NseTradesForAnHourOnDiwaliAndOnAWeekendWithABudget) {
    EXPECT_FALSE(is_open("NSE", "2025-10-21T05:00:00Z"));
    EXPECT_FALSE(is_open("NSE", "2025-10-21T08:14:59Z"));
    EXPECT_TRUE(is_open("NSE", "2025-10-21T08:15:00Z")); // 13:45
    EXPECT_FALSE(is_open("NSE", "2025-10-21T09:15:00Z"));
    EXPECT_TRUE(is_open("NSE", "2026-02-01T05:00:00Z")); // a Sunday
}

TEST(MarketHours, NyseIsOpenFromHalfPastNineToFourInWinter) {
    EXPECT_FALSE(is_open("NYSE", "2025-01-21T14:29:59Z"));
    EXPECT_TRUE(is_open("NYSE", "2025-01-21T14:30:00Z"));
    EXPECT_TRUE(is_open("NYSE", "2025-01-21T20:59:59Z"));
    EXPECT_FALSE(is_open("NYSE", "2025-01-21T21:00:00Z"));
}

TEST(MarketHours, NyseOpensAnHourEarlierInUtcFromTheSecondSundayOfMarch) {
    EXPECT_FALSE(is_open("NYSE", "2026-03-06T13:30:00Z")); // Friday before
    EXPECT_TRUE(is_open("NYSE", "2026-03-09T13:30:00Z"));  // Monday after
    EXPECT_FALSE(is_open("NYSE", "2026-03-09T20:00:00Z"));
}

TEST(MarketHours, NyseOpensAnHourLaterInUtcFromTheFirstSundayOfNovember) {
    EXPECT_TRUE(is_open("NYSE", "2026-10-30T13:30:00Z"));  // Friday before
    EXPECT_FALSE(is_open("NYSE", "2026-11-02T13:30:00Z")); // Monday after
    EXPECT_TRUE(is_open("NYSE", "2026-11-02T20:59:00Z"));
}

TEST(MarketHours, ZonesChangedTheirRulesAndThePastKeepsItsOwn) {
    EXPECT_FALSE(is_open("NYSE", "2006-03-13T13:30:00Z")); // until 2006 summer time began in April
    EXPECT_TRUE(is_open("NYSE", "2007-03-12T13:30:00Z"));
}

TEST(MarketHours, NyseIsClosedOnItsHolidaysAlsoOnThoseThatAreObservedOnAnotherDay) {
    for (const char* day : {"2025-01-01", "2025-01-09", "2025-04-18", "2026-07-03", "2026-11-26", "2027-06-18",
                            "2027-07-05", "2027-12-24"}) {
        EXPECT_FALSE(is_open("NYSE", std::string(day) + "T16:00:00Z")) << day;
    }
    EXPECT_TRUE(is_open("NYSE", "2027-12-31T16:00:00Z")); // New Year's Day of 2028 is a Saturday: not observed
}

TEST(MarketHours, NyseClosesAtOneOnHalfDays) {
    for (const char* day : {"2025-11-28", "2025-12-24", "2026-11-27", "2026-12-24", "2027-11-26"}) {
        EXPECT_TRUE(is_open("NYSE", std::string(day) + "T17:59:59Z")) << day;
        EXPECT_FALSE(is_open("NYSE", std::string(day) + "T18:00:00Z")) << day;
    }
    EXPECT_FALSE(is_open("NYSE", "2025-07-03T17:00:00Z")) << "in summer time";
    EXPECT_TRUE(is_open("NYSE", "2025-07-03T16:59:59Z"));
}

TEST(MarketHours, NyseIsClosedOnALocalSundayThatIsMondayInUtc) {
    EXPECT_FALSE(is_open("NYSE", "2025-06-02T02:00:00Z"));
}

TEST(MarketHours, TakesMoreClosedDays) {
    const auto hours = MarketHours::named("NYSE", {"2026-03-10", "2026-03-11"});
    EXPECT_FALSE(hours.is_open(streaming::parse_rfc3339("2026-03-11T15:00:00Z").value()));
    EXPECT_TRUE(hours.is_open(streaming::parse_rfc3339("2026-03-12T15:00:00Z").value()));
}

TEST(MarketHours, RefusesDaysThatAreNone) {
    for (const char* day :
         {"2026-02-30", "2026-13-01", "2026-1", "today", "2026-01-02x", "2026-01-02-03", "-2026-01-02"}) {
        EXPECT_THROW((void)MarketHours::named("NYSE", {day}), streaming::ConfigError) << day;
    }
}

TEST(MarketHours, SaysOfWhichYearsItKnowsAllHolidays) {
    const auto knows = [](std::string_view exchange, std::string_view utc) {
        return MarketHours::named(exchange).knows(streaming::parse_rfc3339(utc).value());
    };
    EXPECT_FALSE(knows("NYSE", "2024-12-31T12:00:00Z"));
    EXPECT_TRUE(knows("NYSE", "2025-01-01T12:00:00Z"));
    EXPECT_TRUE(knows("NYSE", "2027-12-31T12:00:00Z"));
    EXPECT_FALSE(knows("NYSE", "2028-01-03T12:00:00Z"));
    EXPECT_FALSE(knows("NSE", "2027-01-04T12:00:00Z"));
    EXPECT_TRUE(knows("always_open", "2050-01-03T12:00:00Z"));
    EXPECT_TRUE(is_open("NYSE", "2028-12-25T16:00:00Z")) << "a weekday of a year that is not known";
}

TEST(MarketHours, AlwaysOpenIsAlwaysOpen) {
    EXPECT_TRUE(is_open("always_open", "2022-12-03T05:00:00Z"));
    EXPECT_TRUE(is_open("always_open", "1970-01-01T00:00:00Z"));
}

TEST(MarketHours, AnUnknownNameListsThoseThereAre) {
    try {
        (void)MarketHours::named("LSE");
        FAIL() << "accepted";
    } catch (const streaming::ConfigError& error) {
        EXPECT_THAT(error.what(), testing::HasSubstr("'LSE' must be always_open, NSE or NYSE"));
    }
}

} // namespace
} // namespace services::trading_engine
