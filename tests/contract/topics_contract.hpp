#pragma once

#include <string>
#include <vector>

#include "tests/contract/broker_contract.hpp"

namespace streaming::contract {

/// TopicAdmin and LagProbe.
class TopicsContract : public BrokerContract {
protected:
    void SetUp() override {
        BrokerContract::SetUp();
        topics_ = platform_->topics(kafka_);
        probe_ = platform_->lag(kafka_);
    }
    std::optional<std::int32_t> partitions_of(const std::string& topic) {
        const auto partitions = topics_->partitions(topic, 10s);
        EXPECT_TRUE(partitions.ok()) << partitions.error().message;
        return partitions.ok() ? partitions.value() : std::nullopt;
    }

    std::unique_ptr<TopicAdmin> topics_{};
    std::unique_ptr<LagProbe> probe_{};
};

TEST_P(TopicsContract, EnsureMakesWhatIsMissingAndLeavesTheRest) {
    const std::string first = new_name();
    const std::string second = new_name();
    const TopicSpec specs[] = {{.name = first, .partitions = 3}, {.name = second, .partitions = 1}};
    ASSERT_TRUE(topics_->ensure(specs, 30s).ok());
    const TopicSpec again[] = {{.name = first, .partitions = 9}, {.name = new_name(), .partitions = 1}};
    ASSERT_TRUE(topics_->ensure(again, 30s).ok());
    EXPECT_EQ(partitions_of(first), 3);
    EXPECT_EQ(partitions_of(second), 1);
    EXPECT_EQ(partitions_of(again[1].name), 1);
    EXPECT_TRUE(topics_->ensure({}, 10s).ok());
}

TEST_P(TopicsContract, EnsureTakesSettings) {
    const TopicSpec compacted[] = {{.name = new_name(), .settings = {{"cleanup.policy", "compact"}}}};
    EXPECT_TRUE(topics_->ensure(compacted, 30s).ok());
    EXPECT_EQ(partitions_of(compacted[0].name), 1);
}

TEST_P(TopicsContract, EnsureTakesTheBrokersNumberOfPartitions) {
    const TopicSpec spec{.name = new_name(), .partitions = -1};
    ASSERT_TRUE(topics_->ensure({&spec, 1}, 30s).ok());
    EXPECT_GE(partitions_of(spec.name).value_or(0), 1);
}

TEST_P(TopicsContract, DescribeTellsWhatATopicIsLike) {
    const TopicSpec made{
        .name = new_name(), .partitions = 3, .settings = {{"cleanup.policy", "compact"}, {"retention.ms", "86400000"}}};
    ASSERT_TRUE(topics_->ensure({&made, 1}, 30s).ok());
    const auto found = topics_->describe(made.name, 10s);
    ASSERT_TRUE(found.ok()) << found.error().message;
    ASSERT_TRUE(found.value().has_value());
    EXPECT_EQ(found.value()->name, made.name);
    EXPECT_EQ(found.value()->partitions, 3);
    if (GetParam().tells_settings) {
        EXPECT_EQ(found.value()->replication, 1);
        EXPECT_THAT(found.value()->settings, ::testing::IsSupersetOf(made.settings));
    } else {
        EXPECT_EQ(found.value()->replication, -1);
        EXPECT_THAT(found.value()->settings, ::testing::IsEmpty());
    }
}

TEST_P(TopicsContract, DescribeTellsTheBrokersDefaultsToo) {
    if (!GetParam().tells_settings) {
        GTEST_SKIP() << "tells no settings";
    }
    const auto found = topics_->describe(topic_, 10s);
    ASSERT_TRUE(found.ok()) << found.error().message;
    ASSERT_TRUE(found.value().has_value());
    EXPECT_THAT(found.value()->settings,
                ::testing::IsSupersetOf({std::pair<const std::string, std::string>("cleanup.policy", "delete"),
                                         std::pair<const std::string, std::string>("retention.ms", "604800000")}));
}

TEST_P(TopicsContract, EnsureRefusesWhatCannotBe) {
    for (const TopicSpec& wrong : {TopicSpec{.name = new_name(), .partitions = 0}, TopicSpec{.name = "no spaces"},
                                   TopicSpec{.name = ""}, TopicSpec{.name = std::string(250, 'x')}}) {
        const Status made = topics_->ensure({&wrong, 1}, 10s);
        ASSERT_FALSE(made.ok()) << wrong.name;
        EXPECT_EQ(made.error().code, ErrorCode::invalid_argument) << wrong.name << ": " << made.error().message;
        EXPECT_FALSE(made.error().retryable);
    }
}

TEST_P(TopicsContract, AGroupThatNeverCommittedLagsFromTheStart) {
    send_numbers(4);
    const auto lag = probe_->lag(new_name(), topic_, 10s);
    ASSERT_TRUE(lag.ok()) << lag.error().message;
    EXPECT_THAT(lag.value(), ::testing::ElementsAre(
                                 PartitionLag{.topic = topic_, .partition = 0, .committed = -1, .high = 4, .lag = 4}));
}

/// The first question to a new broker: its coordinators of groups are not ready.
TEST_P(TopicsContract, LagIsKnownOfGroupsThatNobodyUsedBefore) {
    for (int group = 0; group < 5; ++group) {
        const auto lag = probe_->lag(new_name(), topic_, 30s);
        ASSERT_TRUE(lag.ok()) << lag.error().message;
        EXPECT_THAT(lag.value(), ::testing::ElementsAre(PartitionLag{
                                     .topic = topic_, .partition = 0, .committed = -1, .high = 0, .lag = 0}));
    }
}

TEST_P(TopicsContract, LagAndEndHaveEveryPartition) {
    topic_ = new_topic(3);
    send_numbers(2);
    const auto lag = probe_->lag(new_name(), topic_, 10s);
    ASSERT_TRUE(lag.ok()) << lag.error().message;
    const auto ends = probe_->end_offsets(topic_, 10s);
    ASSERT_TRUE(ends.ok()) << ends.error().message;
    ASSERT_EQ(lag.value().size(), 3U);
    ASSERT_EQ(ends.value().size(), 3U);
    std::int64_t sum = 0;
    for (std::size_t i = 0; i < 3; ++i) {
        EXPECT_EQ(lag.value()[i].partition, static_cast<std::int32_t>(i));
        EXPECT_EQ(ends.value()[i].partition, static_cast<std::int32_t>(i));
        EXPECT_EQ(lag.value()[i].high, ends.value()[i].offset);
        sum += lag.value()[i].lag;
    }
    EXPECT_EQ(sum, 2);
}

TEST_P(TopicsContract, EndOffsetsAreWhereTheNextRecordGoes) {
    EXPECT_THAT(probe_->end_offsets(topic_, 10s).value(), ::testing::ElementsAre(TopicOffset{topic_, 0, 0}));
    send_numbers(4);
    EXPECT_THAT(probe_->end_offsets(topic_, 10s).value(), ::testing::ElementsAre(TopicOffset{topic_, 0, 4}));
}

/// For brokers that do not make a topic because somebody asks about it.
class MissingTopicContract : public TopicsContract {};

TEST_P(MissingTopicContract, IsNotThere) {
    const std::string missing = new_name();
    EXPECT_EQ(partitions_of(missing), std::nullopt);
    const auto described = topics_->describe(missing, 10s);
    ASSERT_TRUE(described.ok()) << described.error().message;
    EXPECT_FALSE(described.value().has_value());
    EXPECT_EQ(partitions_of(missing), std::nullopt) << "asking made it";
    const auto lag = probe_->lag("group", missing, 10s);
    ASSERT_FALSE(lag.ok());
    EXPECT_EQ(lag.error().code, ErrorCode::not_found);
    EXPECT_TRUE(lag.error().retryable);
    const auto ends = probe_->end_offsets(missing, 10s);
    ASSERT_FALSE(ends.ok());
    EXPECT_EQ(ends.error().code, ErrorCode::not_found);
}

} // namespace streaming::contract
