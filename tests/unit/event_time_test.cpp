#include "core/streaming/ingestion/event_time.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/streaming/infrastructure/event_envelope.hpp"

namespace {

using namespace streaming;
using testing::HasSubstr;

std::string time_of(const std::string& format, std::string_view text, std::chrono::minutes offset = {}) {
    const auto made = EventTimeFormat::of(format, offset);
    EXPECT_TRUE(made.ok()) << format;
    try {
        std::string shown;
        append_rfc3339(shown, made.value().read(text));
        return shown;
    } catch (const std::invalid_argument& problem) {
        return "refused";
    }
}

TEST(EventTimeFormat, ReadsRfc3339AndUnixTimes) {
    EXPECT_EQ(time_of("rfc3339", "2026-01-05T10:00:00+02:00"), "2026-01-05T08:00:00.000Z");
    EXPECT_EQ(time_of("unix_seconds", "1767225600"), "2026-01-01T00:00:00.000Z");
    EXPECT_EQ(time_of("unix_seconds", "1767225600.25"), "2026-01-01T00:00:00.250Z");
    EXPECT_EQ(time_of("unix_milliseconds", "1767225600123"), "2026-01-01T00:00:00.123Z");
}

TEST(EventTimeFormat, ReadsADateAndATime) {
    EXPECT_EQ(time_of("date_time", "2022-09-05 1"), "2022-09-05T00:01:00.000Z");
    EXPECT_EQ(time_of("date_time", "2022-09-05 614"), "2022-09-05T06:14:00.000Z");
    EXPECT_EQ(time_of("date_time", "2022-09-05 1000"), "2022-09-05T10:00:00.000Z");
    EXPECT_EQ(time_of("date_time", "2022-09-05T10:00:01.5"), "2022-09-05T10:00:01.500Z");
    EXPECT_EQ(time_of("date_time", "2022-09-05 10:01"), "2022-09-05T10:01:00.000Z");
    for (const char* wrong : {"2022-09-05", "2022-09-05 60", "2022-09-05 2400", "2022-02-30 1", "2022-09-05 12345"}) {
        EXPECT_EQ(time_of("date_time", wrong), "refused") << wrong;
    }
}

TEST(EventTimeFormat, ReadsPatterns) {
    EXPECT_EQ(time_of("%m/%d/%Y %I:%M %p", "9/5/2022  1:07 PM"), "2022-09-05T13:07:00.000Z");
    EXPECT_EQ(time_of("%m/%d/%Y %I:%M %p", "9/5/2022 12:07 am"), "2022-09-05T00:07:00.000Z");
    EXPECT_EQ(time_of("%a, %d %b %Y %T %z", "Mon, 05 Sep 2022 10:00:00 +0530"), "2022-09-05T04:30:00.000Z");
    EXPECT_EQ(time_of("%B %e %Y", "September  5 2022"), "2022-09-05T00:00:00.000Z");
    EXPECT_EQ(time_of("%Y%m%d%H%M%S.%f", "20220905101112.0625"), "2022-09-05T10:11:12.062Z");
    EXPECT_EQ(time_of("%F %R", "2022-09-05 09:15", std::chrono::minutes(330)), "2022-09-05T03:45:00.000Z");
    EXPECT_EQ(time_of("%Y%%%m", "2022%05"), "2022-05-01T00:00:00.000Z");
}

TEST(EventTimeFormat, RefusesWhatIsNoTimeOrImplausible) {
    for (const char* wrong : {"", "now", "2022-09-05 10:00:00", "1700-01-01T00:00:00Z", "2250-01-01T00:00:00Z"}) {
        EXPECT_EQ(time_of("rfc3339", wrong), "refused") << wrong;
    }
    EXPECT_EQ(time_of("unix_seconds", "1767225600000"), "refused");   // milliseconds
    EXPECT_EQ(time_of("unix_milliseconds", "1767225600"), "refused"); // seconds
    EXPECT_EQ(time_of("unix_seconds", "44927.5"), "refused");         // a spreadsheet's 2023-01-01 12:00
    EXPECT_EQ(time_of("unix_seconds", "0"), "refused");
    EXPECT_EQ(time_of("unix_seconds", "-1000000000"), "1938-04-24T22:13:20.000Z");
    EXPECT_EQ(time_of("unix_seconds", "nan"), "refused");
    EXPECT_EQ(time_of("%Y-%m-%d", "2022-9-5x"), "refused");
    EXPECT_EQ(time_of("%Y-%m-%d", "2022-9"), "refused");
    EXPECT_EQ(time_of("%H:%M", "24:00"), "refused");
}

TEST(EventTimeFormat, NamesTheFormsThereAre) {
    for (const char* wrong : {"iso", "%", "%Y-%Q", "%Y %"}) {
        const auto made = EventTimeFormat::of(wrong, {});
        ASSERT_FALSE(made.ok()) << wrong;
        EXPECT_THAT(made.error().message, HasSubstr("rfc3339, unix_seconds")) << wrong;
    }
    EXPECT_EQ(parse_utc_offset("-08:00").value(), std::chrono::minutes(-480));
    EXPECT_FALSE(parse_utc_offset("8").ok());
}

} // namespace
