#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <ostream>
#include <string>
#include <thread>
#include <vector>

#include "core/streaming/infrastructure/event_envelope.hpp"
#include "core/streaming/infrastructure/platform.hpp"
#include "core/streaming/testing/fake_platform.hpp"

// What a flow relies on, for the pair of producer and consumer. Joining a group takes three seconds on the in-process
// cluster: whatever needs no group reads as broadcast.
namespace streaming::contract {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::Optional;

struct PlatformFactory {
    std::string name{};
    std::string bootstrap_servers{};
    std::function<std::shared_ptr<Platform>()> make{};
    friend std::ostream& operator<<(std::ostream& out, const PlatformFactory& factory) { return out << factory.name; }
};

/// A record with its bytes, after the batch that lent them is gone.
struct Copy {
    std::int64_t offset = 0;
    std::optional<std::string> key{};
    std::optional<std::string> payload{};
    Headers headers{};
};

class Reader final : public AssignmentListener {
public:
    explicit Reader(std::unique_ptr<MessageConsumer> consumer) : consumer_(std::move(consumer)) {
        EXPECT_TRUE(consumer_->start(*this).ok());
    }
    ~Reader() override { consumer_->stop(); }
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;

    void on_assigned(std::span<const TopicPartition>) noexcept override { ++assignments; }
    void on_revoked(std::span<const TopicPartition>) noexcept override { ++revocations; }
    void on_end_reached(const TopicOffset&) noexcept override {}
    void on_lost(std::span<const TopicPartition>) noexcept override {}

    /// Reads until there are `count` records; the test's timeout bounds it.
    std::vector<Copy> read(std::size_t count) {
        std::vector<Copy> copies;
        while (copies.size() < count) {
            RecordBatch batch;
            const Status status = consumer_->consume(100ms, count - copies.size(), batch);
            EXPECT_TRUE(status.ok() || status.error().retryable) << status.error().message;
            for (const ConsumedRecord& record : batch.records()) {
                copies.push_back(copy(record));
            }
        }
        return copies;
    }
    MessageConsumer& consumer() { return *consumer_; }

    int assignments = 0;
    int revocations = 0;

private:
    static Copy copy(const ConsumedRecord& record) {
        Copy copied{.offset = record.offset};
        if (record.key) {
            copied.key = std::string(*record.key);
        }
        if (record.payload) {
            copied.payload = std::string(*record.payload);
        }
        if (record.has_headers) {
            record.owner->read_headers(record.handle, copied.headers);
        }
        return copied;
    }

    std::unique_ptr<MessageConsumer> consumer_;
};

/// Collects the reports of one batch and waits until all are there.
class Reports final : public DeliverySink {
public:
    void on_delivery(DeliveryTicket&, const Delivery& delivery) noexcept override {
        const std::lock_guard lock(mutex_);
        codes_.push_back(delivery.error == nullptr ? std::nullopt : std::optional(delivery.error->code));
    }
    void on_delivery_batch_end() noexcept override { changed_.notify_all(); }
    std::vector<std::optional<ErrorCode>> wait_for(std::size_t count) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return codes_.size() >= count; });
        return codes_;
    }

private:
    std::mutex mutex_{};
    std::condition_variable changed_{};
    std::vector<std::optional<ErrorCode>> codes_{};
};

class BrokerContract : public ::testing::TestWithParam<PlatformFactory> {
protected:
    void SetUp() override {
        static std::atomic<int> topics{0};
        platform_ = GetParam().make();
        kafka_.bootstrap_servers = GetParam().bootstrap_servers;
        topic_ = "contract-" + std::to_string(topics++);
        make_topic(1);
        producer_ = platform_->producer(kafka_, {.max_message_bytes = 100'000});
        ASSERT_TRUE(producer_->start(10s).ok());
    }
    void TearDown() override { (void)producer_->stop(10s); }

    void make_topic(std::int32_t partitions) {
        const TopicSpec spec[] = {{.name = topic_, .partitions = partitions}};
        ASSERT_TRUE(platform_->topics(kafka_)->ensure(spec, 10s).ok());
    }
    void send(OutgoingMessage message) {
        message.topic = topic_;
        const auto sent = producer_->send(message, 10s);
        ASSERT_TRUE(sent.ok()) << sent.error().message;
    }
    std::unique_ptr<Reader> broadcast_reader() {
        return std::make_unique<Reader>(
            platform_->consumer(kafka_, {.topics = {topic_}, .group_id = topic_, .broadcast = true}));
    }
    std::unique_ptr<Reader> group_reader() {
        return std::make_unique<Reader>(platform_->consumer(kafka_, {.topics = {topic_}, .group_id = topic_}));
    }

    std::shared_ptr<Platform> platform_{};
    KafkaOptions kafka_{};
    std::string topic_{};
    std::unique_ptr<MessageProducer> producer_{};
};

TEST_P(BrokerContract, RecordsArriveByteExact) {
    Headers headers;
    headers.append("name", std::string("\0\xff", 2));
    headers.append("name", "again");
    headers.append("none", std::nullopt);
    const std::string key("k\0\xfe", 3);
    const std::string payload("{\"a\":\0}", 7);
    send({.key = key, .payload = payload, .headers = headers});
    send({.key = key});
    const auto records = broadcast_reader()->read(2);
    EXPECT_EQ(records[0].key, key);
    EXPECT_EQ(records[0].payload, payload);
    EXPECT_EQ(records[0].headers, headers);
    EXPECT_EQ(records[1].payload, std::nullopt);
    EXPECT_TRUE(records[1].headers.empty());
}

TEST_P(BrokerContract, ABatchArrivesInOrderAndIsReportedRecordByRecord) {
    Reports reports;
    DeliveryTicket ticket(reports);
    std::vector<std::string> payloads;
    for (int i = 0; i < 100; ++i) {
        payloads.push_back(std::to_string(i));
    }
    std::vector<OutgoingRecord> batch;
    for (const std::string& payload : payloads) {
        batch.push_back({.topic = topic_, .key = "k", .payload = payload, .ticket = &ticket});
    }
    producer_->send_batch(batch, {});
    EXPECT_THAT(reports.wait_for(100), ::testing::Each(std::nullopt));
    std::vector<std::string> read;
    for (const Copy& record : broadcast_reader()->read(100)) {
        read.push_back(record.payload.value_or(""));
    }
    EXPECT_EQ(read, payloads);
}

TEST_P(BrokerContract, ARecordTooLargeIsReportedBeforeSendBatchReturns) {
    Reports reports;
    DeliveryTicket ticket(reports);
    const std::string large(200'000, 'x');
    const OutgoingRecord batch[] = {{.topic = topic_, .payload = large, .ticket = &ticket}};
    producer_->send_batch(batch, {});
    EXPECT_THAT(reports.wait_for(1), ElementsAre(Optional(ErrorCode::too_large)));
}

TEST_P(BrokerContract, SendReturnsTheIdOfTheEvent) {
    const EventEnvelope envelope{.id = "id-1", .type = "test.event"};
    const auto sent = producer_->send({.topic = topic_, .payload = envelope.to_json()}, 10s);
    ASSERT_TRUE(sent.ok());
    EXPECT_EQ(sent.value(), "id-1");
    const auto raw = producer_->send({.topic = topic_, .payload = "no envelope"}, 10s);
    ASSERT_TRUE(raw.ok());
    EXPECT_EQ(raw.value(), "");
}

TEST_P(BrokerContract, BroadcastReadsEveryPartitionFromTheStart) {
    topic_ += "-wide";
    make_topic(3);
    for (int i = 0; i < 20; ++i) {
        send({.key = std::to_string(i), .payload = std::to_string(i)});
    }
    const auto first = broadcast_reader()->read(20);
    const auto second = broadcast_reader()->read(20);
    EXPECT_EQ(first.size(), 20U);
    EXPECT_EQ(second.size(), 20U);
}

TEST_P(BrokerContract, WakeEndsAWaitingConsume) {
    const auto reader = broadcast_reader();
    send({.payload = "one"});
    reader->read(1);
    std::jthread waker([&] { reader->consumer().wake(); });
    RecordBatch batch;
    EXPECT_TRUE(reader->consumer().consume(1h, 10, batch).ok());
    EXPECT_TRUE(batch.empty());
}

TEST_P(BrokerContract, TheNextMemberStartsWhereTheLastOneCommitted) {
    for (const char* payload : {"one", "two", "three"}) {
        send({.payload = payload});
    }
    auto reader = group_reader();
    const auto records = reader->read(3);
    const TopicOffset offset[] = {{topic_, 0, records[1].offset + 1}};
    EXPECT_TRUE(reader->consumer().commit(offset, CommitMode::wait).ok());
    reader->consumer().stop();
    EXPECT_EQ(reader->assignments, 1);
    EXPECT_EQ(reader->revocations, 1);
    reader.reset();

    const auto lag = platform_->lag(kafka_)->lag(topic_, topic_, 10s);
    ASSERT_TRUE(lag.ok()) << lag.error().message;
    EXPECT_THAT(lag.value(),
                ElementsAre(PartitionLag{.topic = topic_, .partition = 0, .committed = 2, .high = 3, .lag = 1}));
    const auto next = group_reader()->read(1);
    EXPECT_THAT(next[0].payload, Optional(std::string("three")));
}

INSTANTIATE_TEST_SUITE_P(
    , BrokerContract,
    ::testing::Values(PlatformFactory{.name = "Fake",
                                      .bootstrap_servers = "fake:9092",
                                      .make = [] { return std::make_shared<fakes::Platform>(); }},
                      PlatformFactory{
                          .name = "InProcessCluster",
                          .bootstrap_servers = "embedded",
                          .make = [] { return std::shared_ptr<Platform>(&real_platform(), [](Platform*) {}); }}),
    [](const auto& instance) { return instance.param.name; });

} // namespace
} // namespace streaming::contract
