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
    EXPECT_FALSE(is_open("NSE", "2022-11-29T03:44:59.999Z"));
    EXPECT_TRUE(is_open("NSE", "2022-11-29T03:45:00Z"));
    EXPECT_TRUE(is_open("NSE", "2022-11-29T09:59:59.999Z"));
    EXPECT_FALSE(is_open("NSE", "2022-11-29T10:00:00Z"));
}

TEST(MarketHours, NseIsClosedAtTheWeekend) {
    EXPECT_TRUE(is_open("NSE", "2022-12-02T05:00:00Z")); // Friday
    EXPECT_FALSE(is_open("NSE", "2022-12-03T05:00:00Z"));
    EXPECT_FALSE(is_open("NSE", "2022-12-04T05:00:00Z"));
    EXPECT_TRUE(is_open("NSE", "2022-12-05T05:00:00Z"));
}

TEST(MarketHours, NyseIsOpenFromHalfPastNineToFourInWinter) {
    EXPECT_FALSE(is_open("NYSE", "2024-01-16T14:29:59Z"));
    EXPECT_TRUE(is_open("NYSE", "2024-01-16T14:30:00Z"));
    EXPECT_TRUE(is_open("NYSE", "2024-01-16T20:59:59Z"));
    EXPECT_FALSE(is_open("NYSE", "2024-01-16T21:00:00Z"));
}

TEST(MarketHours, NyseOpensAnHourEarlierInUtcFromTheSecondSundayOfMarch) {
    EXPECT_FALSE(is_open("NYSE", "2024-03-08T13:30:00Z")); // Friday before
    EXPECT_TRUE(is_open("NYSE", "2024-03-11T13:30:00Z"));  // Monday after
    EXPECT_FALSE(is_open("NYSE", "2024-03-11T20:00:00Z"));
}

TEST(MarketHours, NyseOpensAnHourLaterInUtcFromTheFirstSundayOfNovember) {
    EXPECT_TRUE(is_open("NYSE", "2024-11-01T13:30:00Z"));  // Friday before
    EXPECT_FALSE(is_open("NYSE", "2024-11-04T13:30:00Z")); // Monday after
    EXPECT_TRUE(is_open("NYSE", "2024-11-04T20:59:00Z"));
}

TEST(MarketHours, NyseIsClosedOnALocalSundayThatIsMondayInUtc) {
    EXPECT_FALSE(is_open("NYSE", "2024-01-15T02:00:00Z"));
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
