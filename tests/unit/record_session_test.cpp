#include "core/streaming/ingestion/record_session.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/streaming/infrastructure/event_envelope.hpp"
#include "core/streaming/ingestion/csv_records.hpp"
#include "tests/support/source_handler_fixture.hpp"

namespace {

using namespace streaming;
using nlohmann::json;
using testing::HasSubstr;

const json kIndia{{"days", {"mon", "tue", "wed", "thu", "fri"}},
                  {"open", "09:15"},
                  {"close", "15:30"},
                  {"utc_offset", "+05:30"},
                  {"holidays", {"2025-12-25"}},
                  {"special_days", {{"2025-10-21", "13:45-14:45"}, {"2025-02-01", "09:15-15:30"}}}};

/// Why a record of that time is refused; empty when it is not.
std::string outside_of(const json& section, const char* time) {
    const CustomParams::Map params{{"session", section}};
    const auto session = record_session(CustomParams(params), std::chrono::minutes(0));
    return session ? outside(*session, parse_rfc3339(time).value()) : "there is no session";
}

std::string problem(const json& section) {
    try {
        (void)outside_of(section, "2025-12-24T05:00:00Z");
    } catch (const std::invalid_argument& refused) {
        return refused.what();
    }
    return "";
}

TEST(RecordSession, LetsThroughWhatIsWithinItsHours) {
    EXPECT_EQ(outside_of(kIndia, "2025-12-24T03:45:00Z"), "");
    EXPECT_EQ(outside_of(kIndia, "2025-12-24T09:59:59.999Z"), "");
    EXPECT_EQ(outside_of(kIndia, "2025-12-24T03:44:59.999Z"), "wed 2025-12-24 09:14 there (session: open and close)");
    EXPECT_EQ(outside_of(kIndia, "2025-12-24T10:00:00Z"), "wed 2025-12-24 15:30 there (session: open and close)");
}

TEST(RecordSession, KnowsWeekendsHolidaysAndSpecialDaysOfThere) {
    EXPECT_EQ(outside_of(kIndia, "2025-12-26T20:00:00Z"), "sat 2025-12-27 01:30 there (session: days)");
    EXPECT_EQ(outside_of(kIndia, "2025-12-25T05:00:00Z"),
              "thu 2025-12-25 10:30 there (session: holidays or special_days)");
    EXPECT_EQ(outside_of(kIndia, "2025-10-21T08:15:00Z"), "");
    EXPECT_EQ(outside_of(kIndia, "2025-10-21T05:00:00Z"),
              "tue 2025-10-21 10:30 there (session: holidays or special_days)");
    EXPECT_EQ(outside_of(kIndia, "2025-02-01T05:00:00Z"), "") << "a Saturday";
}

TEST(RecordSession, FollowsATimeZoneIntoSummer) {
    const json york{{"open", "09:30"}, {"close", "16:00"}, {"time_zone", "America/New_York"}};
    EXPECT_EQ(outside_of(york, "2026-03-06T13:30:00Z"), "fri 2026-03-06 08:30 there (session: open and close)");
    EXPECT_EQ(outside_of(york, "2026-03-09T13:30:00Z"), "");
}

TEST(RecordSession, IsTheWholeDayFromMondayToFridayByDefault) {
    EXPECT_EQ(outside_of(json::object(), "2025-12-26T23:59:59Z"), "");
    EXPECT_THAT(outside_of(json::object(), "2025-12-27T00:00:00Z"), HasSubstr("sat 2025-12-27 00:00"));
    EXPECT_EQ(outside_of({{"days", "sun"}, {"close", "24:00"}}, "2025-12-28T23:59:59Z"), "");
}

TEST(RecordSession, NamesWhatIsWrong) {
    const auto with = [](const char* name, const json& value) {
        json section = kIndia;
        section[name] = value;
        return problem(section);
    };
    EXPECT_EQ(problem(kIndia), "");
    EXPECT_THAT(problem("NSE"), HasSubstr("custom_params.session: 'NSE' is not a section such as"));
    EXPECT_THAT(with("days", {"mon", "fry"}),
                HasSubstr("custom_params.session.days: [\"mon\",\"fry\"] is not a list of mon"));
    EXPECT_THAT(with("open", "9.15"), HasSubstr("custom_params.session.open: '9.15' is not a time of the day"));
    EXPECT_THAT(with("open", "24:01"), HasSubstr("custom_params.session.open: '24:01'"));
    EXPECT_THAT(with("close", 15), HasSubstr("custom_params.session.close: 15"));
    EXPECT_THAT(with("close", "09:15"), HasSubstr("custom_params.session.close: '09:15' is not later than open"));
    EXPECT_THAT(with("utc_offset", "5:30"), HasSubstr("custom_params.session.utc_offset: '5:30' is not an offset"));
    EXPECT_THAT(with("time_zone", "Asia/Kolkata"), HasSubstr("utc_offset: '+05:30' is not to be given beside"));
    EXPECT_THAT(with("holidays", "2025-02-30"), HasSubstr("custom_params.session.holidays: '2025-02-30' is not a day"));
    EXPECT_THAT(with("special_days", {{"2025-10-21", "14:45-13:45"}}), HasSubstr("See 2025-10-21"));
    EXPECT_THAT(with("opens", "09:15"), HasSubstr("custom_params.session.opens: is not known here; there are days"));
    EXPECT_THAT(problem({{"time_zone", "Asia/Delhi"}}),
                HasSubstr("custom_params.session.time_zone: 'Asia/Delhi' is not"));
}

class RecordSessionOfTicks : public SourceHandlerFixture {};

/// On Saturday, 2026-01-03, a poll says Friday's ticks under its own date; then the market's own on Monday.
TEST_F(RecordSessionOfTicks, RejectsThoseOfAClosedDay) {
    const CustomParams::Map params{{"natural_key", {"time", "price"}}, {"event_time", "time"},
                                   {"event_time_format", "date_time"}, {"utc_offset", "+05:30"},
                                   {"max_ahead_seconds", 7 * 86'400},  {"session", kIndia}};
    const auto rows = handle(csv_records(csv_records_options(CustomParams(params), "ticks")),
                             {.body = "time,price\n2026-01-03 10:00:00,1\n2026-01-05 10:00:00,1\n"});
    ASSERT_EQ(rows.size(), 2U);
    EXPECT_EQ(rows[0].rejected,
              "row 1, line 2: event_time: 2026-01-03T04:30:00.000Z is outside the session, sat "
              "2026-01-03 10:00 there (session: days)");
    EXPECT_EQ(rows[1].rejected, std::nullopt);
}

TEST_F(RecordSessionOfTicks, NeedsATime) {
    const CustomParams::Map params{{"natural_key", "id"}, {"session", kIndia}};
    try {
        (void)csv_records_options(CustomParams(params), "ticks");
        ADD_FAILURE() << "was taken";
    } catch (const std::invalid_argument& refused) {
        EXPECT_THAT(refused.what(), HasSubstr("custom_params.session: means nothing without event_time"));
    }
}

} // namespace
