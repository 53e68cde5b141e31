#include <gmock/gmock.h>
#include <spdlog/logger.h>

#include <functional>

#include "core/streaming/infrastructure/event_envelope.hpp"
#include "core/streaming/reliability/correlation.hpp"

namespace streaming {
namespace {

using testing::HasSubstr;

std::string logged(LogFormat format, const std::function<void(spdlog::logger&)>& write) {
    testing::internal::CaptureStderr();
    const auto logger = make_service_logger("weather", format);
    write(*logger);
    return testing::internal::GetCapturedStderr();
}

std::string logged(LogFormat format, std::string_view message) {
    return logged(format, [&](spdlog::logger& logger) { logger.warn("{}", message); });
}

TEST(ServiceLogger, WritesTimeLevelServiceCorrelationIdAndMessage) {
    const CorrelationScope scope("corr-1");
    const std::string line = logged(LogFormat::text, "it rains");
    EXPECT_TRUE(parse_rfc3339(line.substr(0, 24)).ok()) << line;
    EXPECT_EQ(line.substr(24), " warn weather [corr-1] it rains\n");
}

TEST(ServiceLogger, LeavesTheCorrelationIdOutWhenThereIsNone) {
    EXPECT_EQ(logged(LogFormat::text, "it rains").substr(24), " warn weather it rains\n");
}

TEST(ServiceLogger, EscapesWhatWouldMakeAnotherLineOrMoveACursor) {
    const std::string line = logged(LogFormat::text, "a\r\nb\tc\x1b[31m\x7f\xC2\x9B\xE2\x80\xA8\xFFz");
    EXPECT_THAT(line, HasSubstr(R"(a\r\nb\tc\u001b[31m\u007f\u009b\u2028)"
                                "\xEF\xBF\xBDz\n"));
}

TEST(ServiceLogger, EscapesTheCorrelationIdToo) {
    const CorrelationScope scope("a\nb");
    EXPECT_THAT(logged(LogFormat::text, "x"), HasSubstr(R"([a\nb])"));
}

TEST(ServiceLogger, WritesOneJsonObjectALine) {
    const CorrelationScope scope("corr\"1");
    const std::string line = logged(LogFormat::json, "say \"hi\"\n\\ \x01");
    ASSERT_EQ(line.find('\n'), line.size() - 1);
    auto object = nlohmann::json::parse(line);
    EXPECT_TRUE(parse_rfc3339(object.at("ts").get<std::string>()).ok());
    object.erase("ts");
    EXPECT_EQ(object, nlohmann::json({{"level", "warn"},
                                      {"service", "weather"},
                                      {"correlation_id", "corr\"1"},
                                      {"message", "say \"hi\"\n\\ \x01"}}));
}

class LongLine : public testing::TestWithParam<std::string> {};

TEST_P(LongLine, EndsAt4KilobytesAndIsStillOneWholeObject) {
    std::string message;
    while (message.size() < 100'000) {
        message += GetParam();
    }
    EXPECT_LE(logged(LogFormat::text, message).size(), 4096U);
    const std::string line = logged(LogFormat::json, message);
    EXPECT_LE(line.size(), 4096U);
    EXPECT_GT(line.size(), 4080U);
    EXPECT_THAT(nlohmann::json::parse(line).at("message").get<std::string>(), testing::EndsWith("..."));
}

INSTANTIATE_TEST_SUITE_P(ServiceLogger, LongLine,
                         testing::Values("x", "\n", "\"", "\x01", "\xE2\x82\xAC", "\xF0\x9F\x8C\xA7", "\xFF"));

TEST(ServiceLogger, NamesTheLevelsShortly) {
    EXPECT_THAT(logged(LogFormat::text, [](spdlog::logger& logger) { logger.error("x"); }),
                HasSubstr(" error weather"));
    EXPECT_THAT(logged(LogFormat::text, [](spdlog::logger& logger) { logger.info("x"); }), HasSubstr(" info weather"));
}

} // namespace
} // namespace streaming
