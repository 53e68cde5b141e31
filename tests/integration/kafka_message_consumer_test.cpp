#include "core/streaming/infrastructure/kafka_message_consumer.hpp"

#include <gmock/gmock.h>

#include <thread>

#include "core/streaming/infrastructure/kafka_lag_probe.hpp"
#include "tests/support/kafka_fixture.hpp"

namespace streaming {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::Optional;
using testing_support::AssignmentLog;
using testing_support::ReportCollector;

class KafkaMessageConsumerTest : public testing_support::KafkaTest {
protected:
    static Status consume_until_failure(MessageConsumer& consumer) {
        for (;;) {
            RecordBatch batch;
            if (auto status = consumer.consume(10ms, 10, batch); !status) {
                return status;
            }
        }
    }
};

/// Commits what it is told to when its partitions go.
class CommitOnRevoke final : public AssignmentLog {
public:
    CommitOnRevoke(MessageConsumer& consumer, TopicOffset offset) : consumer_(consumer), offset_(std::move(offset)) {}
    void on_revoked(std::span<const TopicPartition> partitions) noexcept override {
        AssignmentLog::on_revoked(partitions);
        committed = consumer_.commit({&offset_, 1}, CommitMode::wait);
    }
    std::optional<Status> committed{};

private:
    MessageConsumer& consumer_;
    TopicOffset offset_;
};

TEST_F(KafkaMessageConsumerTest, BroadcastReadsEverythingAndCommitsNothing) {
    const auto topic = make_topic(3);
    fill(topic, numbered(20));
    AssignmentLog log;
    KafkaMessageConsumer consumer(kafka(), reading_all(topic));
    ASSERT_TRUE(consumer.start(log).ok());
    EXPECT_THAT(read(consumer, 20), ElementsAreArray(numbered(20)));
    const TopicOffset offset{topic, 0, 5};
    EXPECT_TRUE(consumer.commit({&offset, 1}, CommitMode::wait).ok());
    consumer.stop();
    consumer.stop();
    EXPECT_THAT(log.events, ElementsAre("assigned 3", "revoked 3"));
}

TEST_F(KafkaMessageConsumerTest, TellsWhereAPartitionEndedAfterItsRecords) {
    const auto topic = make_topic();
    fill(topic, numbered(20));
    AssignmentLog log;
    auto options = reading_all(topic);
    options.catch_up_first = true;
    KafkaMessageConsumer consumer(kafka(), options);
    ASSERT_TRUE(consumer.start(log).ok());
    EXPECT_THAT(read(consumer, 20), ElementsAreArray(numbered(20)));
    while (log.events.size() < 2) {
        RecordBatch batch;
        ASSERT_TRUE(consumer.consume(100ms, 1, batch).ok());
        ASSERT_TRUE(batch.empty());
    }
    EXPECT_THAT(log.events, ElementsAre("assigned 1", "end 0 at 20"));
    consumer.stop();
}

TEST_F(KafkaMessageConsumerTest, RecordsHaveKeyTombstoneTimeAndHeaders) {
    const auto topic = make_topic();
    Headers headers;
    headers.append("h", "v");
    ReportCollector reports;
    const std::vector<OutgoingRecord> records{
        {.topic = topic, .key = "k", .payload = std::nullopt, .headers = &headers, .ticket = &reports.ticket(0)},
        {.topic = topic, .key = std::nullopt, .payload = "", .ticket = &reports.ticket(1)}};
    KafkaMessageProducer producer(kafka(), {.linger = 0ms});
    ASSERT_TRUE(producer.start(10s).ok());
    const auto before = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
    producer.send_batch(records, {});
    reports.await(2);

    AssignmentLog log;
    KafkaMessageConsumer consumer(kafka(), reading_all(topic));
    ASSERT_TRUE(consumer.start(log).ok());
    RecordBatch batch;
    while (batch.size() < 2) {
        (void)consumer.consume(100ms, 2, batch);
    }
    const auto& tombstone = batch.records()[0];
    EXPECT_EQ(tombstone.topic, topic);
    EXPECT_THAT(tombstone.key, Optional(std::string_view("k")));
    EXPECT_EQ(tombstone.payload, std::nullopt);
    EXPECT_GE(tombstone.timestamp, before);
    Headers read_back;
    tombstone.owner->read_headers(tombstone.handle, read_back);
    EXPECT_EQ(read_back, headers);
    const auto& empty = batch.records()[1];
    EXPECT_EQ(empty.key, std::nullopt);
    EXPECT_THAT(empty.payload, Optional(std::string_view()));
    read_back.clear();
    empty.owner->read_headers(empty.handle, read_back);
    EXPECT_TRUE(read_back.empty());
    consumer.stop(); // the batch is still alive: it only has to go before the consumer does
    EXPECT_EQ(batch.records()[0].key, "k");
    batch.clear();
}

TEST_F(KafkaMessageConsumerTest, LatestStartsAtTheEnd) {
    const auto topic = make_topic();
    fill(topic, {"old"});
    AssignmentLog log;
    auto options = reading_all(topic);
    options.start = StartPosition::latest;
    KafkaMessageConsumer consumer(kafka(), options);
    ASSERT_TRUE(consumer.start(log).ok());
    // Known only when the client asked where the end is.
    while (!consumer.lag({topic, 0, 0})) {
        RecordBatch batch;
        (void)consumer.consume(10ms, 1, batch);
        ASSERT_TRUE(batch.empty());
    }
    fill(topic, {"new"});
    EXPECT_THAT(read(consumer, 1), ElementsAre("new"));
}

TEST_F(KafkaMessageConsumerTest, WakeEndsAWaitingConsume) {
    const auto topic = make_topic();
    AssignmentLog log;
    KafkaMessageConsumer consumer(kafka(), reading_all(topic));
    ASSERT_TRUE(consumer.start(log).ok());
    RecordBatch batch;
    while (!consumer.consume(100ms, 1, batch).ok()) { // it knows its partitions only then
    }
    std::jthread waker([&] { consumer.wake(); }); // before or during the wait: both must end it
    EXPECT_TRUE(consumer.consume(1h, 1, batch).ok());
    EXPECT_TRUE(batch.empty());
}

TEST_F(KafkaMessageConsumerTest, CommitsOnRevokeAndTheNextMemberGoesOnFromThere) {
    const auto topic = make_topic();
    fill(topic, numbered(10));
    {
        KafkaMessageConsumer consumer(kafka(), reading(topic, "resume"));
        CommitOnRevoke listener(consumer, {topic, 0, 4});
        ASSERT_TRUE(consumer.start(listener).ok());
        EXPECT_THAT(read(consumer, 10), ElementsAreArray(numbered(10)));
        EXPECT_EQ(consumer.lag({topic, 0, 7}), 3);
        const TopicOffset foreign{topic, 7, 1};
        EXPECT_EQ(consumer.commit({&foreign, 1}, CommitMode::wait).error().code, ErrorCode::assignment_lost);
        consumer.stop();
        EXPECT_THAT(listener.events, ElementsAre("assigned 1", "revoked 1"));
        ASSERT_TRUE(listener.committed.has_value());
        EXPECT_TRUE(listener.committed->ok());
    }
    KafkaLagProbe probe(kafka());
    const auto lags = probe.lag("resume", topic, 10s);
    ASSERT_TRUE(lags.ok()) << lags.error().message;
    EXPECT_THAT(lags.value(),
                ElementsAre(PartitionLag{.topic = topic, .partition = 0, .committed = 4, .high = 10, .lag = 6}));

    AssignmentLog log;
    KafkaMessageConsumer next(kafka(), reading(topic, "resume"));
    ASSERT_TRUE(next.start(log).ok());
    EXPECT_THAT(read(next, 6), ElementsAreArray(numbered(6, 4)));
}

TEST_F(KafkaMessageConsumerTest, KeepingTheMembershipLosesAndRepeatsNothing) {
    const auto topic = make_topic(2);
    fill(topic, numbered(3000));
    AssignmentLog log;
    KafkaMessageConsumer consumer(kafka(), reading_all(topic));
    ASSERT_TRUE(consumer.start(log).ok());
    std::vector<std::string> all;
    while (all.size() < 3000) {
        for (auto& payload : read(consumer, std::min<std::size_t>(500, 3000 - all.size()))) {
            all.push_back(std::move(payload));
        }
        for (int i = 0; i < 3; ++i) {
            ASSERT_TRUE(consumer.keep_membership().ok());
        }
    }
    EXPECT_EQ(all, numbered(3000));
}

TEST_F(KafkaMessageConsumerTest, TellsWhileNoBrokerCanBeReached) {
    EmbeddedBroker own;
    ASSERT_TRUE(own.create_topic("t", 1).ok());
    fill("t", {"before"}, own);
    AssignmentLog log;
    KafkaMessageConsumer consumer(kafka(own), reading_all("t"));
    ASSERT_TRUE(consumer.start(log).ok());
    ASSERT_THAT(read(consumer, 1), ElementsAre("before"));

    own.set_down(true);
    const auto status = consume_until_failure(consumer);
    EXPECT_EQ(status.error().code, ErrorCode::unavailable);
    EXPECT_TRUE(status.error().retryable);
    EXPECT_THAT(status.error().message, HasSubstr(own.bootstrap_servers()));

    own.set_down(false);
    RecordBatch batch;
    while (!consumer.consume(50ms, 1, batch)) {
    }
    fill("t", {"after"}, own);
    EXPECT_THAT(read(consumer, 1), ElementsAre("after"));
}

TEST_F(KafkaMessageConsumerTest, RefusesPropertiesThatCarryAPromise) {
    auto options = kafka();
    options.properties["enable.auto.commit"] = "true";
    AssignmentLog log;
    KafkaMessageConsumer consumer(options, reading("t"));
    const auto status = consumer.start(log);
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.error().code, ErrorCode::invalid_argument);
    EXPECT_THAT(status.error().message, HasSubstr("enable.auto.commit"));
    RecordBatch batch;
    EXPECT_EQ(consumer.consume(0ms, 1, batch).error().code, ErrorCode::stopped);
}

} // namespace
} // namespace streaming
