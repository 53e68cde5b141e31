#include "core/streaming/infrastructure/kafka_log.hpp"

#include <gmock/gmock.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <memory>
#include <sstream>

namespace streaming::detail {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr int kError = 3; // as in syslog
constexpr int kDebug = 7;

class KafkaLogTest : public ::testing::Test {
protected:
    KafkaLogTest() {
        const auto log =
            std::make_shared<spdlog::logger>("test", std::make_shared<spdlog::sinks::ostream_sink_mt>(out_));
        log->set_level(spdlog::level::debug);
        spdlog::set_default_logger(log);
    }
    ~KafkaLogTest() override { spdlog::set_default_logger(before_); }
    std::string lines(int level, unsigned count) {
        for (unsigned i = 0; i < count; ++i) {
            log_from_kafka(nullptr, level, "TEST", (std::to_string(i) + ".").c_str());
        }
        return out_.str();
    }

private:
    std::ostringstream out_{};
    std::shared_ptr<spdlog::logger> before_ = spdlog::default_logger();
};

TEST_F(KafkaLogTest, OnlySoManyLinesPassInAWindow) {
    EXPECT_THAT(lines(kError, 2 * kLinesPerWindow), Not(HasSubstr("TEST: 39.")));
}

TEST_F(KafkaLogTest, LinesForDebuggingAllPass) {
    EXPECT_THAT(lines(kDebug, 2 * kLinesPerWindow), HasSubstr("TEST: 39."));
}

} // namespace
} // namespace streaming::detail
