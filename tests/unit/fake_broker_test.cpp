#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "core/streaming/testing/fake_broker.hpp"
#include "core/streaming/testing/fake_message_consumer.hpp"
#include "core/streaming/testing/fake_message_producer.hpp"
#include "core/streaming/testing/fake_platform.hpp"
#include "core/streaming/testing/mocks.hpp"

namespace streaming::fakes {
namespace {

using namespace std::chrono_literals;
using ::testing::_;
using ::testing::ElementsAre;
using ::testing::NiceMock;

std::vector<TopicPartition> partitions_of(const std::string& topic, std::vector<std::int32_t> numbers) {
    std::vector<TopicPartition> partitions;
    for (const std::int32_t number : numbers) {
        partitions.push_back({topic, number});
    }
    return partitions;
}

TEST(RangeAssignment, GivesContiguousRangesAndTheRestToTheFirst) {
    const int first = 0;
    const int second = 0;
    const int third = 0;
    const std::vector<Subscriber> members{{&first, {"t"}}, {&second, {"t"}}, {&third, {"t"}}};
    const auto eight = [](const std::string&) { return 8; };
    EXPECT_EQ(range_assignment(members, &first, eight), partitions_of("t", {0, 1, 2}));
    EXPECT_EQ(range_assignment(members, &second, eight), partitions_of("t", {3, 4, 5}));
    EXPECT_EQ(range_assignment(members, &third, eight), partitions_of("t", {6, 7}));
}

TEST(RangeAssignment, SharesEachTopicAmongThoseThatWantIt) {
    const int both = 0;
    const int one = 0;
    const std::vector<Subscriber> members{{&both, {"a", "b"}}, {&one, {"b"}}};
    const auto two = [](const std::string&) { return 2; };
    EXPECT_THAT(range_assignment(members, &both, two),
                ElementsAre(TopicPartition{"a", 0}, TopicPartition{"a", 1}, TopicPartition{"b", 0}));
    EXPECT_THAT(range_assignment(members, &one, two), ElementsAre(TopicPartition{"b", 1}));
}

/// What one member of a group was told and read.
class Member : public AssignmentListener {
public:
    Member(FakeBroker& broker, const std::string& group) : consumer(broker, {.topics = {"t"}, .group_id = group}) {
        EXPECT_TRUE(consumer.start(*this).ok());
    }
    void on_assigned(std::span<const TopicPartition> partitions) noexcept override {
        held.assign(partitions.begin(), partitions.end());
        events.push_back("assigned");
    }
    void on_revoked(std::span<const TopicPartition>) noexcept override {
        if (!commit_on_revoke.empty()) {
            EXPECT_TRUE(consumer.commit(commit_on_revoke, CommitMode::wait).ok());
        }
        held.clear();
        events.push_back("revoked");
    }
    void on_end_reached(const TopicOffset&) noexcept override {}
    void on_lost(std::span<const TopicPartition>) noexcept override {
        held.clear();
        events.push_back("lost");
    }
    /// With a wait the fake blocks for as long as it takes.
    std::vector<std::string> poll(std::chrono::milliseconds wait = 0ms) {
        RecordBatch batch;
        EXPECT_TRUE(consumer.consume(wait, 100, batch).ok());
        std::vector<std::string> payloads;
        for (const ConsumedRecord& record : batch.records()) {
            payloads.emplace_back(record.payload.value_or("(null)"));
        }
        return payloads;
    }

    std::vector<TopicPartition> held{};
    std::vector<std::string> events{};
    std::vector<TopicOffset> commit_on_revoke{};
    FakeMessageConsumer consumer;
};

void append(FakeBroker& broker, std::string payload, std::int32_t partition = 0) {
    broker.append({.topic = "t", .key = "k", .payload = std::move(payload)}, {}, partition);
}

TEST(FakeBroker, ANewMemberGetsPartitionsOnlyWhenTheOldOneGaveThemBack) {
    FakeBroker broker;
    ASSERT_TRUE(broker.create_topic("t", 4).ok());
    Member first(broker, "g");
    first.poll();
    EXPECT_EQ(first.held, partitions_of("t", {0, 1, 2, 3}));

    Member second(broker, "g");
    second.poll();
    EXPECT_TRUE(second.held.empty());
    first.poll();
    second.poll();
    EXPECT_EQ(first.held, partitions_of("t", {0, 1}));
    EXPECT_EQ(second.held, partitions_of("t", {2, 3}));
    EXPECT_THAT(first.events, ElementsAre("assigned", "revoked", "assigned"));
}

TEST(FakeBroker, TheNextOwnerStartsWhereTheLastOneCommittedWhileRevoked) {
    FakeBroker broker;
    append(broker, "one");
    append(broker, "two");
    auto first = std::make_unique<Member>(broker, "g");
    EXPECT_THAT(first->poll(), ElementsAre("one", "two"));
    first->commit_on_revoke = {{"t", 0, 1}};
    first->consumer.stop();

    Member second(broker, "g");
    EXPECT_THAT(second.poll(), ElementsAre("two"));
}

TEST(FakeBroker, AnExpelledMemberHearsLostAndCannotCommit) {
    FakeBroker broker;
    append(broker, "one");
    Member member(broker, "g");
    member.poll();
    broker.expel("g");
    const std::vector<TopicOffset> offset{{"t", 0, 1}};
    EXPECT_EQ(member.consumer.commit(offset, CommitMode::wait).error().code, ErrorCode::assignment_lost);
    EXPECT_THAT(member.poll(), ElementsAre("one"));
    EXPECT_THAT(member.events, ElementsAre("assigned", "lost", "assigned"));
}

TEST(FakeBroker, KnowsWhenAConsumerIsParked) {
    auto activity = std::make_shared<Activity>();
    FakeBroker broker(activity);
    Member member(broker, "g");
    member.poll();
    EXPECT_FALSE(broker.all_parked());
    std::jthread poller([&] { EXPECT_THAT(member.poll(1ms), ElementsAre("one")); });
    for (auto seen = activity->count(); !broker.all_parked(); seen = activity->count()) {
        ASSERT_TRUE(activity->wait_past(seen, std::chrono::steady_clock::now() + 10s));
    }
    append(broker, "one");
    EXPECT_FALSE(broker.all_parked());
}

TEST(FakeBroker, LentRecordsAreCounted) {
    FakeBroker broker;
    append(broker, "one");
    Member member(broker, "g");
    RecordBatch batch;
    ASSERT_TRUE(member.consumer.consume(0ms, 1, batch).ok());
    EXPECT_EQ(broker.lent_records(), 1U);
    batch.clear();
    EXPECT_EQ(broker.lent_records(), 0U);
}

TEST(FakeMessageProducer, HeldAcksAreReportedOnRelease) {
    FakeBroker broker;
    FakeClock clock;
    FakeMessageProducer producer({.broker = broker, .clock = clock});
    ASSERT_TRUE(producer.start(1s).ok());
    NiceMock<mocks::MockDeliverySink> sink;
    DeliveryTicket ticket(sink);
    const OutgoingRecord records[] = {{.topic = "t", .payload = "one", .ticket = &ticket}};
    EXPECT_CALL(sink, on_delivery(_, _)).Times(0);
    broker.hold_acks();
    producer.send_batch(records, {});
    EXPECT_EQ(broker.records("t").size(), 1U);
    ::testing::Mock::VerifyAndClearExpectations(&sink);

    EXPECT_CALL(sink, on_delivery(_, ::testing::Field(&Delivery::error, nullptr))).Times(1);
    EXPECT_CALL(sink, on_delivery_batch_end()).Times(1);
    broker.release_acks();
    EXPECT_EQ(producer.stop(1s), 0U);
}

TEST(FakeMessageProducer, StopReportsWhatWasNeverAcknowledged) {
    FakeBroker broker;
    FakeClock clock;
    FakeMessageProducer producer({.broker = broker, .clock = clock});
    ASSERT_TRUE(producer.start(1s).ok());
    NiceMock<mocks::MockDeliverySink> sink;
    DeliveryTicket ticket(sink);
    const OutgoingRecord records[] = {{.topic = "t", .payload = "one", .ticket = &ticket}};
    broker.hold_acks();
    producer.send_batch(records, {});
    EXPECT_CALL(sink, on_delivery(_, ::testing::Field(&Delivery::error, ::testing::NotNull()))).Times(1);
    EXPECT_EQ(producer.stop(1s), 1U);
}

TEST(FakeMessageProducer, SendThatIsNotAcknowledgedInTimeHasAnUnknownOutcome) {
    Platform platform;
    const auto producer = platform.producer({}, {});
    ASSERT_TRUE(producer->start(std::chrono::seconds(1)).ok());
    platform.broker().hold_acks();
    std::jthread time([&] {
        while (platform.broker().records("orders").empty()) {
            std::this_thread::yield();
        }
        platform.clock().advance(std::chrono::seconds(5));
    });
    const auto sent = producer->send({.topic = "orders", .payload = "p"}, std::chrono::seconds(5));
    ASSERT_FALSE(sent.ok());
    EXPECT_EQ(sent.error().code, ErrorCode::unknown_outcome);
}

TEST(FakeMessageProducer, FailsACountedNumberOfSendsToOneTopic) {
    FakeBroker broker;
    FakeClock clock;
    FakeMessageProducer producer({.broker = broker, .clock = clock});
    ASSERT_TRUE(producer.start(1s).ok());
    broker.fail_next_sends(1, {ErrorCode::timed_out, "injected", true}, "t");
    EXPECT_TRUE(producer.send({.topic = "other", .payload = "x"}, 1s).ok());
    EXPECT_EQ(producer.send({.topic = "t", .payload = "x"}, 1s).error().message, "injected");
    EXPECT_TRUE(producer.send({.topic = "t", .payload = "x"}, 1s).ok());
    EXPECT_EQ(broker.send_faults().fired(), 1U);
    EXPECT_EQ(broker.records("t").size(), 1U);
}

} // namespace
} // namespace streaming::fakes
