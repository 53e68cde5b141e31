#pragma once

#include <string>
#include <thread>
#include <vector>

#include "tests/contract/broker_contract.hpp"

// Joining a group takes three seconds on the in-process cluster: whatever needs no group reads as broadcast.
namespace streaming::contract {

class ConsumerContract : public BrokerContract {};

TEST_P(ConsumerContract, RecordsArriveByteExact) {
    Headers headers;
    headers.append("name", std::string("\0\xff", 2));
    headers.append("name", "again");
    headers.append("none", std::nullopt);
    const std::string key("k\0\xfe", 3);
    const std::string payload("{\"a\":\0}", 7);
    send({.key = key, .payload = payload, .headers = headers});
    send({.key = key});
    send({.payload = ""});
    const auto records = broadcast_reader()->read(3);
    EXPECT_EQ(records[0].key, key);
    EXPECT_EQ(records[0].payload, payload);
    EXPECT_EQ(records[0].headers, headers);
    EXPECT_EQ(records[1].payload, std::nullopt);
    EXPECT_TRUE(records[1].headers.empty());
    EXPECT_EQ(records[2].key, std::nullopt);
    EXPECT_EQ(records[2].payload, "");
}

TEST_P(ConsumerContract, RefusesBeforeTheStartAfterTheStopAndASecondStart) {
    const auto consumer = broadcast_consumer();
    RecordBatch batch;
    EXPECT_EQ(consumer->consume(0ms, 1, batch).error().code, ErrorCode::stopped);
    EXPECT_EQ(consumer->keep_membership().error().code, ErrorCode::stopped);
    consumer->wake();
    const auto reader = broadcast_reader();
    EXPECT_EQ(reader->consumer().start(*reader).error().code, ErrorCode::invalid_argument);
    reader->consumer().stop();
    reader->consumer().stop();
    EXPECT_EQ(reader->consumer().consume(0ms, 1, batch).error().code, ErrorCode::stopped);
    EXPECT_EQ(reader->consumer().keep_membership().error().code, ErrorCode::stopped);
}

TEST_P(ConsumerContract, ConsumeAddsAtMostWhatItIsAskedFor) {
    send_numbers(5);
    const auto reader = broadcast_reader();
    RecordBatch batch;
    while (batch.size() < 4) {
        const std::size_t before = batch.size();
        const Status status = reader->consumer().consume(100ms, 2, batch);
        ASSERT_TRUE(status.ok() || status.error().retryable) << status.error().message;
        EXPECT_LE(batch.size() - before, 2U);
    }
    // What came first is still readable: the bytes live as long as the batch.
    for (std::size_t i = 0; i < batch.size(); ++i) {
        EXPECT_EQ(batch.records()[i].payload, std::to_string(i));
        EXPECT_EQ(batch.records()[i].offset, static_cast<std::int64_t>(i));
        EXPECT_EQ(batch.records()[i].topic, topic_);
    }
}

TEST_P(ConsumerContract, ConsumeOfNothingIsNoError) {
    send_numbers(1);
    const auto reader = broadcast_reader();
    reader->read(1);
    RecordBatch batch;
    EXPECT_TRUE(reader->consumer().consume(0ms, 10, batch).ok());
    EXPECT_TRUE(batch.empty());
}

TEST_P(ConsumerContract, BroadcastReadsEveryPartitionFromTheStart) {
    topic_ = new_topic(3);
    for (int i = 0; i < 20; ++i) {
        send({.key = std::to_string(i), .payload = std::to_string(i)});
    }
    const auto first = broadcast_reader();
    const auto second = broadcast_reader();
    EXPECT_EQ(first->read(20).size(), 20U);
    EXPECT_EQ(second->read(20).size(), 20U);
    EXPECT_EQ(first->assigned.size(), 3U);
    first->consumer().stop();
    EXPECT_EQ(first->revocations, 1);
    EXPECT_FALSE(first->heard_elsewhere);
}

TEST_P(ConsumerContract, BroadcastFromTheEndReadsWhatComesLater) {
    send_numbers(3);
    Reader reader(platform_->consumer(
        kafka_, {.topics = {topic_}, .group_id = topic_, .start = StartPosition::latest, .broadcast = true}));
    // Assigned, and the end is known.
    reader.poll_until([&] { return reader.assignments == 1 && reader.consumer().lag({topic_, 0, 0}).has_value(); });
    send({.payload = "new"});
    EXPECT_EQ(reader.read(1)[0].payload, "new");
}

TEST_P(ConsumerContract, BroadcastCommitsNothing) {
    send_numbers(3);
    const auto reader = broadcast_reader();
    reader->read(3);
    const TopicOffset offset[] = {{topic_, 0, 3}};
    EXPECT_TRUE(reader->consumer().commit(offset, CommitMode::wait).ok());
    const auto lag = platform_->lag(kafka_)->lag(topic_, topic_, 10s);
    ASSERT_TRUE(lag.ok()) << lag.error().message;
    EXPECT_EQ(lag.value().at(0).committed, -1);
}

TEST_P(ConsumerContract, TellsWhereAPartitionEndedAfterItsRecords) {
    send_numbers(5);
    Reader reader(platform_->consumer(
        kafka_, {.topics = {topic_}, .group_id = topic_, .broadcast = true, .catch_up_first = true}));
    EXPECT_EQ(reader.read(5).size(), 5U);
    reader.poll_until([&] { return !reader.ends.empty(); });
    EXPECT_THAT(reader.ends, ::testing::ElementsAre(TopicOffset{topic_, 0, 5}));
}

TEST_P(ConsumerContract, KeepingTheMembershipLosesAndRepeatsNothing) {
    send_numbers(10);
    const auto reader = broadcast_reader();
    auto records = reader->read(4);
    for (int i = 0; i < 5; ++i) {
        EXPECT_TRUE(reader->consumer().keep_membership().ok());
    }
    for (const Copy& record : reader->read(6)) {
        records.push_back(record);
    }
    for (std::size_t i = 0; i < records.size(); ++i) {
        EXPECT_EQ(records[i].payload, std::to_string(i));
    }
}

TEST_P(ConsumerContract, LagCountsFromThePosition) {
    send_numbers(3);
    const auto reader = broadcast_reader();
    reader->read(3);
    EXPECT_THAT(reader->consumer().lag({topic_, 0, 1}), ::testing::Optional(2));
    EXPECT_THAT(reader->consumer().lag({topic_, 0, 3}), ::testing::Optional(0));
    EXPECT_THAT(reader->consumer().lag({topic_, 0, 9}), ::testing::Optional(0)) << "never negative";
    EXPECT_EQ(reader->consumer().lag({topic_, 7, 0}), std::nullopt) << "a partition that is not there";
}

TEST_P(ConsumerContract, WakeEndsAWaitingConsume) {
    const auto reader = broadcast_reader();
    send_numbers(1);
    reader->read(1);
    std::jthread waker([&] { reader->consumer().wake(); });
    RecordBatch batch;
    EXPECT_TRUE(reader->consumer().consume(1h, 10, batch).ok());
    EXPECT_TRUE(batch.empty());
}

TEST_P(ConsumerContract, TheNextMemberStartsWhereTheLastOneCommitted) {
    send_numbers(3);
    auto reader = group_reader();
    reader->while_revoked = [&](std::span<const TopicPartition> partitions) {
        EXPECT_THAT(partitions, ::testing::ElementsAre(TopicPartition{topic_, 0}));
        const TopicOffset offset[] = {{topic_, 0, 2}};
        EXPECT_TRUE(reader->consumer().commit(offset, CommitMode::wait).ok()) << "still the owner";
    };
    reader->read(3);
    EXPECT_TRUE(reader->consumer().commit({}, CommitMode::wait).ok());
    const TopicOffset early[] = {{topic_, 0, 1}};
    EXPECT_TRUE(reader->consumer().commit(early, CommitMode::background).ok());
    reader->consumer().stop();
    EXPECT_EQ(reader->assignments, 1);
    EXPECT_EQ(reader->revocations, 1);
    EXPECT_EQ(reader->losses, 0);
    EXPECT_FALSE(reader->heard_elsewhere);
    reader.reset();

    const auto lag = platform_->lag(kafka_)->lag(topic_, topic_, 10s);
    ASSERT_TRUE(lag.ok()) << lag.error().message;
    EXPECT_THAT(lag.value(), ::testing::ElementsAre(
                                 PartitionLag{.topic = topic_, .partition = 0, .committed = 2, .high = 3, .lag = 1}));
    EXPECT_EQ(group_reader()->read(1)[0].payload, "2");
}

TEST_P(ConsumerContract, WhatIsNotOursIsNotCommittedAndTheRestIs) {
    send_numbers(3);
    const auto reader = group_reader();
    reader->read(3);
    const TopicOffset foreign[] = {{topic_, 7, 1}};
    const Status lost = reader->consumer().commit(foreign, CommitMode::wait);
    ASSERT_FALSE(lost.ok());
    EXPECT_EQ(lost.error().code, ErrorCode::assignment_lost);
    const TopicOffset mixed[] = {{topic_, 7, 1}, {topic_, 0, 2}};
    EXPECT_TRUE(reader->consumer().commit(mixed, CommitMode::wait).ok());
    const auto lag = platform_->lag(kafka_)->lag(topic_, topic_, 10s);
    ASSERT_TRUE(lag.ok()) << lag.error().message;
    EXPECT_EQ(lag.value().at(0).committed, 2);
    reader->consumer().stop();
    EXPECT_EQ(reader->consumer().commit(mixed, CommitMode::wait).error().code, ErrorCode::stopped);
}

} // namespace streaming::contract
