#include "core/streaming/infrastructure/kafka_settings.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "core/streaming/infrastructure/kafka_partitions.hpp"

namespace streaming {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

std::string setting(const Result<detail::KafkaConf>& settings, const std::string& name) {
    std::array<char, 256> value{};
    std::size_t size = value.size();
    EXPECT_TRUE(settings.ok());
    EXPECT_EQ(rd_kafka_conf_get(settings.value().get(), name.c_str(), value.data(), &size), RD_KAFKA_CONF_OK) << name;
    return value.data();
}

/// acks and the like are settings of topics inside librdkafka.
std::string topic_setting(const Result<detail::KafkaConf>& settings, const std::string& name) {
    std::array<char, 256> value{};
    std::size_t size = value.size();
    EXPECT_EQ(rd_kafka_topic_conf_get(rd_kafka_conf_get_default_topic_conf(settings.value().get()), name.c_str(),
                                      value.data(), &size),
              RD_KAFKA_CONF_OK);
    return value.data();
}

const KafkaOptions kKafka{.bootstrap_servers = "broker:9092", .client_id = "wildfire"};

TEST(KafkaSettings, ConsumerCommitsNothingByItself) {
    const auto settings =
        detail::consumer_settings(kKafka, {.topics = {"t"}, .group_id = "g", .group_instance_id = "i"});
    EXPECT_EQ(setting(settings, "enable.auto.commit"), "false");
    EXPECT_EQ(setting(settings, "enable.auto.offset.store"), "false");
    EXPECT_EQ(setting(settings, "partition.assignment.strategy"), "range,roundrobin");
    EXPECT_EQ(setting(settings, "check.crcs"), "true");
    EXPECT_EQ(setting(settings, "client.id"), "wildfire-consumer");
    EXPECT_EQ(setting(settings, "group.id"), "g");
    EXPECT_EQ(setting(settings, "group.instance.id"), "i");
    EXPECT_EQ(setting(settings, "session.timeout.ms"), "30000");
    EXPECT_EQ(setting(settings, "heartbeat.interval.ms"), "10000");
    EXPECT_EQ(topic_setting(settings, "auto.offset.reset"), "smallest");
}

TEST(KafkaSettings, ProducerWaitsForAllReplicasAndRepeatsNothing) {
    const auto settings = detail::producer_settings(kKafka, {.max_message_bytes = 1'000'000, .service = "weather"});
    EXPECT_EQ(setting(settings, "enable.idempotence"), "true");
    EXPECT_EQ(setting(settings, "socket.nagle.disable"), "true");
    EXPECT_EQ(setting(settings, "client.id"), "wildfire-producer-weather");
    EXPECT_EQ(setting(settings, "message.max.bytes"), std::to_string(1'000'000 + detail::kHeaderRoom));
    EXPECT_EQ(topic_setting(settings, "acks"), "-1");
    EXPECT_EQ(topic_setting(settings, "partitioner"), "murmur2_random");
    EXPECT_EQ(setting(settings, "compression.codec"), "lz4");
}

TEST(KafkaSettings, PropertiesReplaceDefaultsButNoPromise) {
    auto kafka = kKafka;
    kafka.properties = {{"fetch.wait.max.ms", "7"}};
    EXPECT_EQ(setting(detail::consumer_settings(kafka, {.group_id = "g"}), "fetch.wait.max.ms"), "7");
    kafka.properties = {{"acks", "0"}};
    const auto refused = detail::producer_settings(kafka, {});
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().code, ErrorCode::invalid_argument);
    EXPECT_THAT(refused.error().message, HasSubstr("acks"));
}

TEST(KafkaSettings, AReaderOfAGroupCommitsNothingAndWaitsForNoTransaction) {
    auto kafka = kKafka;
    kafka.properties = {{"isolation.level", "read_committed"}};
    EXPECT_EQ(setting(detail::group_reader_settings(kafka, "g"), "group.id"), "g");
    EXPECT_EQ(setting(detail::group_reader_settings(kafka, "g"), "enable.auto.commit"), "false");
    EXPECT_EQ(setting(detail::group_reader_settings(kafka, "g"), "isolation.level"), "read_uncommitted");
}

TEST(KafkaSettings, ErrorsNeverHoldSecrets) {
    auto kafka = kKafka;
    kafka.properties = {{"sasl.password.typo", "hunter2"}};
    const auto refused = detail::admin_settings(kafka, "lag");
    ASSERT_FALSE(refused.ok());
    EXPECT_THAT(refused.error().message, AllOf(HasSubstr("sasl.password.typo"), Not(HasSubstr("hunter2"))));
}

TEST(KafkaPartitions, AClientThatIsInNoGroupHandsNothingOverCooperatively) {
    // librdkafka knows no protocol for it then, as for a consumer that is leaving.
    const detail::KafkaHandle client(rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), nullptr, 0));
    ASSERT_NE(client, nullptr);
    ASSERT_EQ(rd_kafka_rebalance_protocol(client.get()), nullptr);
    EXPECT_FALSE(detail::is_cooperative(client.get()));
}

} // namespace
} // namespace streaming
