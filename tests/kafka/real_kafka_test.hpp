#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <memory>
#include <string>

#include "core/streaming/infrastructure/kafka_topic_admin.hpp"
#include "tests/kafka/copy_service.hpp"
#include "tests/support/real_kafka.hpp"
#include "tests/support/redis_server.hpp"

namespace tests {

/// The Kafka of this test program: version and number of brokers from the environment (TRIBUTARY_KAFKA_VERSION,
/// TRIBUTARY_KAFKA_BROKERS). Started on first call, ended by `end_kafka`.
[[nodiscard]] streaming::testing_support::RealKafka& the_kafka();
void end_kafka();
[[nodiscard]] std::string kafka_version();

/// A topic or two of its own on the real broker, and a Redis that is empty.
class RealKafkaTest : public ::testing::Test {
protected:
    using Settings = std::map<std::string, std::string>;

    static streaming::testing_support::RealKafka& kafka() { return the_kafka(); }
    static const std::string& servers() { return the_kafka().bootstrap_servers(); }
    static std::string new_name() {
        static std::atomic<int> made{0};
        return "case-" + std::to_string(made++);
    }
    static std::string make_topic(int partitions = 8, Settings settings = {}) {
        const std::string name = new_name();
        make_topic(name, partitions, std::move(settings));
        return name;
    }
    static void make_topic(const std::string& name, int partitions, Settings settings = {}) {
        streaming::KafkaTopicAdmin topics({.bootstrap_servers = servers()});
        const streaming::TopicSpec spec[] = {{.name = name, .partitions = partitions, .settings = std::move(settings)}};
        const auto made = topics.ensure(spec, 20s);
        ASSERT_TRUE(made.ok()) << made.error().message;
    }

    /// A service that copies `in` to `out`, one member of the group `<in>-copy`, started.
    std::unique_ptr<streaming::ServiceOrchestrator> start_copier(streaming::ConsumerOptions options = {}) {
        streaming::StreamServiceBuilder builder(
            "copier", {.kafka = {.bootstrap_servers = servers(), .properties = properties_},
                       .redis = streaming::RedisOptions{.url = redis().url(), .command_timeout = 500ms}});
        options.topics = {in_};
        options.group_id = group_;
        builder.add_producer({.linger = linger_});
        copy_items(builder, std::move(options), out_);
        auto service = builder.build();
        const auto started = service->start();
        EXPECT_TRUE(started.ok()) << started.error().message;
        return service;
    }
    streaming::testing_support::RedisServer& redis() {
        if (redis_ == nullptr) {
            redis_ = std::make_unique<streaming::testing_support::RedisServer>();
        }
        return *redis_;
    }

    std::string in_ = make_topic();
    std::string out_ = make_topic();
    std::string group_ = in_ + "-copy";
    Settings properties_{};
    std::chrono::milliseconds linger_ = 5ms; ///< the longer, the more is unfinished at any moment

private:
    std::unique_ptr<streaming::testing_support::RedisServer> redis_{};
};

} // namespace tests
