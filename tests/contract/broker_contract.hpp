#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <ostream>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "core/streaming/infrastructure/platform.hpp"

// What a flow relies on, for the pair of producer and consumer, topics and lag. The cases are in producer_contract.hpp,
// consumer_contract.hpp and topics_contract.hpp: a test program includes them in one source and instantiates them for
// its brokers.
namespace streaming::contract {

using namespace std::chrono_literals;

/// One broker, fake or real, as the suites see it.
struct BrokerUnderTest {
    std::string name{};
    std::function<std::string()> bootstrap_servers{}; ///< asked when a case runs
    std::function<std::shared_ptr<Platform>()> platform{};
    /// Makes a topic and waits until it can be used; by default the platform's TopicAdmin does.
    std::function<Status(Platform&, const KafkaOptions&, const TopicSpec&)> make_topic =
        [](Platform& on, const KafkaOptions& kafka, const TopicSpec& topic) {
            return on.topics(kafka)->ensure({&topic, 1}, 30s);
        };
    bool tells_settings = true;     ///< replication and settings of topics
    std::string prefix{"contract"}; ///< of topics and groups: other than in earlier runs when the broker keeps them
    friend std::ostream& operator<<(std::ostream& out, const BrokerUnderTest& broker) { return out << broker.name; }
};

/// A record with its bytes, after the batch that lent them is gone.
struct Copy {
    std::int64_t offset = 0;
    std::optional<std::string> key{};
    std::optional<std::string> payload{};
    Headers headers{};
};

/// A started consumer and what its listener heard.
class Reader final : public AssignmentListener {
public:
    explicit Reader(std::unique_ptr<MessageConsumer> consumer) : consumer_(std::move(consumer)) {
        EXPECT_TRUE(consumer_->start(*this).ok());
    }
    ~Reader() override { consumer_->stop(); }
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;

    void on_assigned(std::span<const TopicPartition> partitions) noexcept override {
        ++assignments;
        assigned.insert(assigned.end(), partitions.begin(), partitions.end());
        heard_elsewhere = heard_elsewhere || std::this_thread::get_id() != home_;
    }
    void on_revoked(std::span<const TopicPartition> partitions) noexcept override {
        ++revocations;
        heard_elsewhere = heard_elsewhere || std::this_thread::get_id() != home_;
        if (while_revoked) {
            while_revoked(partitions);
        }
    }
    void on_end_reached(const TopicOffset& end) noexcept override { ends.push_back(end); }
    void on_lost(std::span<const TopicPartition>) noexcept override { ++losses; }

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
    /// Polls, taking nothing, until `condition` holds.
    void poll_until(const std::function<bool()>& condition) {
        while (!condition()) {
            RecordBatch batch;
            const Status status = consumer_->consume(10ms, 1, batch);
            EXPECT_TRUE(status.ok() || status.error().retryable) << status.error().message;
            ASSERT_TRUE(batch.empty());
        }
    }
    MessageConsumer& consumer() { return *consumer_; }

    int assignments = 0;
    int revocations = 0;
    int losses = 0;
    bool heard_elsewhere = false; ///< on another thread than the one that uses the consumer
    std::vector<TopicPartition> assigned{};
    std::vector<TopicOffset> ends{};
    std::function<void(std::span<const TopicPartition>)> while_revoked{};

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
    std::thread::id home_ = std::this_thread::get_id();
};

/// Collects delivery reports and waits until all are there.
class Reports final : public DeliverySink {
public:
    struct Report {
        std::optional<ErrorCode> error{};
        std::int32_t partition = -1;
        std::int64_t offset = -1;
    };
    void on_delivery(DeliveryTicket&, const Delivery& delivery) noexcept override {
        const std::lock_guard lock(reports_mutex_);
        reports_.push_back({.error = delivery.error == nullptr ? std::nullopt : std::optional(delivery.error->code),
                            .partition = delivery.partition,
                            .offset = delivery.offset});
    }
    void on_delivery_batch_end() noexcept override {
        const std::lock_guard lock(reports_mutex_); // who waits may destroy it at once
        ended_ = reports_.size();
        changed_.notify_all();
    }

    std::vector<Report> wait_for(std::size_t count) {
        std::unique_lock lock(reports_mutex_);
        changed_.wait(lock, [&] { return ended_ >= count; });
        return reports_;
    }
    std::vector<Report> so_far() {
        const std::lock_guard lock(reports_mutex_);
        return reports_;
    }

private:
    std::mutex reports_mutex_{};
    std::condition_variable changed_{};
    std::vector<Report> reports_{};
    std::size_t ended_ = 0; ///< of them, when a batch ended
};

/// A topic of its own for each test, named like the group that reads it, and a started producer.
class BrokerContract : public ::testing::TestWithParam<BrokerUnderTest> {
protected:
    void SetUp() override {
        platform_ = GetParam().platform();
        kafka_.bootstrap_servers = GetParam().bootstrap_servers();
        topic_ = new_topic(1);
        producer_ = platform_->producer(kafka_, {.max_message_bytes = 100'000});
        ASSERT_TRUE(producer_->start(10s).ok());
    }
    void TearDown() override { (void)producer_->stop(10s); }

    [[nodiscard]] static std::string new_name() {
        static std::atomic<int> names{0};
        return GetParam().prefix + "-" + std::to_string(names++);
    }
    [[nodiscard]] std::string new_topic(std::int32_t partitions) {
        const TopicSpec spec{.name = new_name(), .partitions = partitions};
        const Status made = GetParam().make_topic(*platform_, kafka_, spec);
        EXPECT_TRUE(made.ok()) << made.error().message;
        return spec.name;
    }
    void send(OutgoingMessage message) {
        message.topic = topic_;
        const auto sent = producer_->send(message, 10s);
        ASSERT_TRUE(sent.ok()) << sent.error().message;
    }
    void send_numbers(int count) {
        for (int i = 0; i < count; ++i) {
            send({.key = "k", .payload = std::to_string(i)});
        }
    }
    std::unique_ptr<MessageConsumer> broadcast_consumer() {
        return platform_->consumer(kafka_, {.topics = {topic_}, .group_id = topic_, .broadcast = true});
    }
    std::unique_ptr<Reader> broadcast_reader() { return std::make_unique<Reader>(broadcast_consumer()); }
    std::unique_ptr<Reader> group_reader() {
        return std::make_unique<Reader>(platform_->consumer(kafka_, {.topics = {topic_}, .group_id = topic_}));
    }

    std::shared_ptr<Platform> platform_{};
    KafkaOptions kafka_{};
    std::string topic_{};
    std::unique_ptr<MessageProducer> producer_{};
};

} // namespace streaming::contract
