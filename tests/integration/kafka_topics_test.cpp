#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "core/streaming/infrastructure/embedded_topic_admin.hpp"
#include "core/streaming/infrastructure/kafka_lag_probe.hpp"
#include "core/streaming/infrastructure/kafka_topic_admin.hpp"
#include "core/streaming/infrastructure/platform.hpp"
#include "tests/support/kafka_fixture.hpp"

namespace streaming {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Optional;

// Numbers of the protocol (https://kafka.apache.org/protocol.html).
constexpr std::int16_t kOffsetFetch = 9;
constexpr int kCoordinatorLoads = 14;
constexpr int kCoordinatorNotAvailable = 15;
constexpr int kNotCoordinator = 16;

class KafkaTopicsTest : public testing_support::KafkaTest {};

TEST_F(KafkaTopicsTest, EmbeddedAdminMakesWhatIsMissingAndLeavesTheRest) {
    EmbeddedBroker own;
    EmbeddedTopicAdmin topics(own);
    EXPECT_EQ(topics.partitions("a", 1s).value(), std::nullopt);
    const std::vector<TopicSpec> specs{{.name = "a", .partitions = 3}, {.name = "b", .partitions = 2}};
    ASSERT_TRUE(topics.ensure(specs, 1s).ok());
    const std::vector<TopicSpec> again{{.name = "a", .partitions = 9}};
    ASSERT_TRUE(topics.ensure(again, 1s).ok());
    EXPECT_THAT(topics.partitions("a", 1s).value(), Optional(3));
    EXPECT_THAT(topics.partitions("b", 1s).value(), Optional(2));
    EXPECT_EQ(own.create_topic("a", 1).error().code, ErrorCode::already_exists);
}

TEST_F(KafkaTopicsTest, KafkaAdminAsksTheBroker) {
    const auto topic = make_topic(5);
    KafkaTopicAdmin topics(kafka());
    const auto partitions = topics.partitions(topic, 10s);
    ASSERT_TRUE(partitions.ok()) << partitions.error().message;
    EXPECT_THAT(partitions.value(), Optional(5));
}

TEST_F(KafkaTopicsTest, KafkaAdminMakesATopicEvenWhereNobodyAnswersCreateTopics) {
    const std::string topic = "made-by-asking";
    KafkaTopicAdmin topics(kafka());
    const std::vector<TopicSpec> specs{{.name = topic, .partitions = 1}};
    const auto status = topics.ensure(specs, 10s);
    ASSERT_TRUE(status.ok()) << status.error().message;
    EXPECT_THAT(topics.partitions(topic, 10s).value(), Optional(EmbeddedBroker::kDefaultPartitions));
}

TEST_F(KafkaTopicsTest, KafkaAdminTellsPartitionsEvenWhereNobodyAnswersDescribeConfigs) {
    const auto topic = make_topic(5);
    KafkaTopicAdmin topics(kafka());
    const auto found = topics.describe(topic, 10s);
    ASSERT_TRUE(found.ok()) << found.error().message;
    ASSERT_TRUE(found.value().has_value());
    EXPECT_EQ(found.value()->partitions, 5);
    EXPECT_THAT(found.value()->settings, IsEmpty());
}

TEST_F(KafkaTopicsTest, KafkaAdminGivesUpInTime) {
    EmbeddedBroker own;
    KafkaTopicAdmin topics(kafka(own));
    own.set_down(true);
    const std::vector<TopicSpec> specs{{.name = "new", .partitions = 1}};
    const auto status = topics.ensure(specs, 100ms);
    ASSERT_FALSE(status.ok());
    EXPECT_TRUE(status.error().retryable);
}

TEST_F(KafkaTopicsTest, LagOfAGroupThatNeverCommittedCountsFromTheBeginning) {
    const auto topic = make_topic(2);
    fill(topic, numbered(4)); // one key: one partition has them all
    KafkaLagProbe probe(kafka());
    const auto lags = probe.lag("nobody", topic, 10s);
    ASSERT_TRUE(lags.ok()) << lags.error().message;
    ASSERT_EQ(lags.value().size(), 2U);
    EXPECT_EQ(lags.value()[0].lag + lags.value()[1].lag, 4);
    EXPECT_EQ(lags.value()[0].committed, -1);
}

TEST_F(KafkaTopicsTest, EndOffsetsAreWhereTheNextRecordGoes) {
    const auto topic = make_topic(1);
    KafkaLagProbe probe(kafka());
    EXPECT_THAT(probe.end_offsets(topic, 10s).value(), ElementsAre(TopicOffset{topic, 0, 0}));
    fill(topic, numbered(4));
    EXPECT_THAT(probe.end_offsets(topic, 10s).value(), ElementsAre(TopicOffset{topic, 0, 4}));
}

TEST_F(KafkaTopicsTest, LagIsAnErrorWhenNobodyAnswers) {
    EmbeddedBroker own;
    const auto options = kafka(own);
    own.set_down(true);
    KafkaLagProbe probe(options);
    const auto lags = probe.lag("g", "t", 100ms);
    ASSERT_FALSE(lags.ok());
    EXPECT_TRUE(lags.error().retryable);
}

TEST_F(KafkaTopicsTest, LagIsAskedAgainWhileTheCoordinatorIsNotReady) {
    EmbeddedBroker own;
    ASSERT_TRUE(own.create_topic("t", 1).ok());
    KafkaLagProbe probe(kafka(own));
    for (const int unready : {kCoordinatorLoads, kCoordinatorNotAvailable, kNotCoordinator}) {
        own.fail_next(kOffsetFetch, {unready, unready, unready, unready, unready});
        const auto lags = probe.lag("g", "t", 30s);
        ASSERT_TRUE(lags.ok()) << unready << ": " << lags.error().message;
        EXPECT_EQ(lags.value().at(0).committed, -1);
    }
}

TEST_F(KafkaTopicsTest, LagIsAnErrorWhenTheCoordinatorIsNeverReady) {
    EmbeddedBroker own;
    ASSERT_TRUE(own.create_topic("t", 1).ok());
    KafkaLagProbe probe(kafka(own));
    ASSERT_TRUE(probe.lag("g", "t", 30s).ok());
    for (int request = 0; request < 100; ++request) {
        own.fail_next(kOffsetFetch, {kNotCoordinator});
    }
    const auto lags = probe.lag("g", "t", 100ms);
    ASSERT_FALSE(lags.ok());
    EXPECT_TRUE(lags.error().retryable);
}

TEST_F(KafkaTopicsTest, LagOfManyGroupsIsAskedByManyThreads) {
    EmbeddedBroker own;
    ASSERT_TRUE(own.create_topic("t", 1).ok());
    KafkaLagProbe probe(kafka(own));
    std::atomic<int> known = 0;
    {
        std::vector<std::jthread> threads;
        for (int thread = 0; thread < 4; ++thread) {
            threads.emplace_back([&probe, &known, thread] {
                for (const char* const group : {"a", "b"}) {
                    known += probe.lag(thread % 2 == 0 ? group : "c", "t", 30s).ok() ? 1 : 0;
                }
            });
        }
    }
    EXPECT_EQ(known, 8);
}

TEST_F(KafkaTopicsTest, LagOfAGroupWithoutANameIsAMistake) {
    const auto topic = make_topic(1);
    const auto lags = KafkaLagProbe(kafka()).lag("", topic, 10s);
    ASSERT_FALSE(lags.ok());
    EXPECT_EQ(lags.error().code, ErrorCode::invalid_argument);
}

TEST_F(KafkaTopicsTest, EmbeddedPlatformSharesOneBrokerAndFindsItsTopics) {
    const KafkaOptions anything{.bootstrap_servers = "elsewhere:9092"};
    const std::vector<TopicSpec> specs{{.name = "shared", .partitions = 6}};
    ASSERT_TRUE(embedded_platform().topics(anything)->ensure(specs, 1s).ok());
    const auto found = real_platform().topics({.bootstrap_servers = "embedded"})->partitions("shared", 1s);
    EXPECT_THAT(found.value(), Optional(6));
    const auto producer = embedded_platform().producer(anything, {});
    ASSERT_TRUE(producer->start(10s).ok());
    EXPECT_TRUE(producer->send({.topic = "shared", .payload = "p"}, 10s).ok());
}

} // namespace
} // namespace streaming
