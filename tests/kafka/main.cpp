// The Kafka suite: one Apache Kafka for the whole program, started by the first case that needs it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/spdlog.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>
#include <string>

#include "tests/kafka/broker_under_test.hpp"
#include "tests/kafka/real_kafka_test.hpp"

namespace tests {
namespace {

using streaming::testing_support::RealKafka;

constexpr int kSkipped = 77; // as tests/CMakeLists.txt tells ctest
constexpr const char* kDefaultVersion = "4.1.1";

std::string environment(const char* name, const char* fallback) {
    const char* const value = std::getenv(name);
    return value != nullptr && *value != '\0' ? value : fallback;
}

std::unique_ptr<RealKafka>& instance() {
    static std::unique_ptr<RealKafka> kafka;
    return kafka;
}

class RealKafkaUnderTest final : public BrokerUnderTest {
public:
    [[nodiscard]] std::string bootstrap_servers() const override { return the_kafka().bootstrap_servers(); }
    void make_topic(const std::string& name, int partitions) override {
        streaming::KafkaTopicAdmin topics({.bootstrap_servers = bootstrap_servers()});
        const streaming::TopicSpec spec[] = {{.name = name, .partitions = partitions}};
        EXPECT_TRUE(topics.ensure(spec, 20s).ok());
    }
};

/// Ended while the program still has its threads, after the last case.
class KafkaEnd final : public ::testing::Environment {
public:
    void TearDown() override { end_kafka(); }
};

} // namespace

std::string kafka_version() { return environment("TRIBUTARY_KAFKA_VERSION", kDefaultVersion); }

RealKafka& the_kafka() {
    if (instance() == nullptr) {
        instance() = std::make_unique<RealKafka>(
            RealKafka::Options{.version = kafka_version(),
                               .brokers = std::stoi(environment("TRIBUTARY_KAFKA_BROKERS", "1")),
                               // A killed broker comes back in 4 s instead of 15; compaction looks every half second
                               // instead of every 15 s.
                               .settings = {"broker.session.timeout.ms=1500", "broker.heartbeat.interval.ms=300",
                                            "log.cleaner.backoff.ms=500"}});
    }
    return *instance();
}

void end_kafka() { instance().reset(); }

std::vector<BrokerFactory> brokers_under_test() {
    const BrokerFactory real{.name = "RealKafka", .get = []() -> BrokerUnderTest& {
                                 static RealKafkaUnderTest broker;
                                 return broker;
                             }};
    // The one in memory once, beside the version that is the default.
    return kafka_version() == kDefaultVersion ? std::vector{embedded_broker_under_test(), real} : std::vector{real};
}

} // namespace tests

int main(int argc, char** argv) {
    ::testing::InitGoogleMock(&argc, argv);
    const auto missing = streaming::testing_support::RealKafka::missing(tests::kafka_version());
    if (missing && !::testing::GTEST_FLAG(list_tests)) {
        const bool required = tests::environment("TRIBUTARY_REQUIRE_KAFKA", "0") == "1";
        std::printf("the Kafka suite cannot run here: %s", missing->c_str());
        return required ? EXIT_FAILURE : tests::kSkipped;
    }
    spdlog::set_level(spdlog::level::warn);
    ::testing::AddGlobalTestEnvironment(new tests::KafkaEnd);
    return RUN_ALL_TESTS();
}
