#include "core/streaming/infrastructure/event_envelope.hpp"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

namespace streaming {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using Time = std::chrono::system_clock::time_point;

std::string quoted(std::string_view text) {
    std::string json;
    append_json_string(json, text);
    return json;
}

std::string stamp(Time time) {
    std::string text;
    append_rfc3339(text, time);
    return text;
}

TEST(EventEnvelope, WritesTheFieldsInOrder) {
    const EventEnvelope envelope{
        .id = "1", .type = "t", .timestamp = Time(0ms), .source = "s", .correlation_id = "c", .data = R"({"a":1})"};
    EXPECT_EQ(
        envelope.to_json(),
        R"({"id":"1","type":"t","timestamp":"1970-01-01T00:00:00.000Z","source":"s","correlation_id":"c","data":{"a":1}})");
}

TEST(EventEnvelope, LeavesAnEmptyCorrelationIdOut) {
    EXPECT_EQ((EventEnvelope{.id = "1", .type = "t"}.to_json()),
              R"({"id":"1","type":"t","timestamp":"1970-01-01T00:00:00.000Z","source":"","data":null})");
}

TEST(EventEnvelope, ReadsWhatItWrote) {
    const EventEnvelope written{.id = "a\"b\n\xE2\x82\xAC",
                                .type = "t",
                                .timestamp = Time(1'769'862'896'789ms),
                                .source = "s\\",
                                .data = "[1, 2]"};
    const auto read = EventEnvelope::parse(written.to_json());
    ASSERT_TRUE(read.ok()) << read.error().message;
    EXPECT_EQ(read.value().id, written.id);
    EXPECT_EQ(read.value().timestamp, written.timestamp);
    EXPECT_EQ(read.value().source, written.source);
    EXPECT_EQ(read.value().data, written.data);
}

TEST(EventEnvelope, NamesTheFieldThatCannotBeRead) {
    const auto read = EventEnvelope::parse(R"({"type":"t","timestamp":"yesterday"})");
    ASSERT_FALSE(read.ok());
    EXPECT_EQ(read.error().code, ErrorCode::malformed);
    EXPECT_THAT(read.error().message, HasSubstr("timestamp: "));
}

TEST(JsonString, EscapesWhatMustBeEscaped) {
    EXPECT_EQ(quoted("plain"), R"("plain")");
    EXPECT_EQ(quoted(std::string_view("\"\\\n\r\t\0\x1f", 7)), R"("\"\\\n\r\t\u0000\u001f")");
}

TEST(JsonString, KeepsUtf8AndReplacesWhatIsNone) {
    EXPECT_EQ(quoted("\xC3\xA4\xE2\x82\xAC\xF0\x9F\x94\xA5"), "\"\xC3\xA4\xE2\x82\xAC\xF0\x9F\x94\xA5\"");
    const std::string_view bad[] = {"\x80", "\xC3",     "\xC0\xAF", "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80",
                                    "\xFF", "\xE2\x82", "a\xC3z"};
    for (const std::string_view text : bad) {
        const std::string json = quoted(text);
        EXPECT_TRUE(nlohmann::json::accept(json)) << json;
        EXPECT_THAT(json, HasSubstr("\xEF\xBF\xBD"));
    }
    EXPECT_EQ(quoted("a\xC3z"), "\"a\xEF\xBF\xBDz\"");
}

TEST(Rfc3339, WritesMillisecondsRoundedDown) {
    EXPECT_EQ(stamp(Time(1'769'862'896'789ms) + 999us), "2026-01-31T12:34:56.789Z");
    EXPECT_EQ(stamp(Time(-1us)), "1969-12-31T23:59:59.999Z");
    EXPECT_EQ(stamp(Time(951'782'400'000ms)), "2000-02-29T00:00:00.000Z");
    EXPECT_EQ(stamp(Time(1'769'862'896'789ms)), "2026-01-31T12:34:56.789Z"); // back to a day written before
}

TEST(Rfc3339, ReadsEveryZoneAndFraction) {
    const Time noon(1'769'860'800'000ms); // 2026-01-31T12:00:00Z
    const std::pair<std::string_view, Time> cases[] = {{"2026-01-31T12:00:00Z", noon},
                                                       {"2026-01-31t12:00:00z", noon},
                                                       {"2026-01-31 12:00:00+00:00", noon},
                                                       {"2026-01-31T13:30:00+01:30", noon},
                                                       {"2026-01-31T04:00:00-08:00", noon},
                                                       {"2026-01-31T12:00:00.5Z", noon + 500ms},
                                                       {"2026-01-31T12:00:00.123456789Z", noon + 123'456'789ns},
                                                       {"2026-01-31T11:59:60Z", noon}};
    for (const auto& [text, time] : cases) {
        const auto read = parse_rfc3339(text);
        ASSERT_TRUE(read.ok()) << text;
        EXPECT_EQ(read.value(), time) << text;
    }
}

TEST(Rfc3339, RefusesEverythingElse) {
    for (const std::string_view text :
         {"", "2026-01-31", "2026-01-31T12:00:00", "2026-02-29T12:00:00Z", "2026-13-01T12:00:00Z",
          "2026-01-31T24:00:00Z", "2026-01-31T12:60:00Z", "2026-01-31T12:00:61Z", "2026-01-31T12:00:00.Z",
          "2026-01-31T12:00:00.1234567890Z", "2026-01-31T12:00:00+0100", "2026-01-31T12:00:00+24:00",
          "2026-01-31T12:00:00Zx", "26-01-31T12:00:00Z", "+026-01-31T12:00:00Z", "9999-01-31T12:00:00Z",
          "2026-01-31T12:00:00Z ", "2026-01-3\xFFT12:00:00Z"}) {
        const auto read = parse_rfc3339(text);
        ASSERT_FALSE(read.ok()) << text;
        EXPECT_EQ(read.error().code, ErrorCode::malformed);
    }
}

} // namespace
} // namespace streaming
