#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "core/streaming/infrastructure/embedded_broker.hpp"
#include "core/streaming/infrastructure/kafka_message_consumer.hpp"
#include "core/streaming/infrastructure/kafka_message_producer.hpp"

namespace streaming::testing_support {

/// One delivery report, after the call that brought it.
struct Report {
    std::size_t index = 0; ///< of the record
    std::optional<ErrorCode> error{};
    bool retryable = false;
    std::int32_t partition = -1;
    std::int64_t offset = -1;
    std::thread::id thread{};
};

/// Gives every record a ticket of its own and collects the reports.
class ReportCollector final : public DeliverySink {
public:
    DeliveryTicket& ticket(std::size_t index) {
        const std::lock_guard lock(mutex_);
        return tickets_.emplace_back(*this, index);
    }
    void on_delivery(DeliveryTicket& ticket, const Delivery& delivery) noexcept override {
        const std::lock_guard lock(mutex_);
        Report report{.index = static_cast<IndexedTicket&>(ticket).index,
                      .partition = delivery.partition,
                      .offset = delivery.offset,
                      .thread = std::this_thread::get_id()};
        if (delivery.error != nullptr) {
            report.error = delivery.error->code;
            report.retryable = delivery.error->retryable;
        }
        reports_.push_back(report);
        batch_open_ = true;
    }
    void on_delivery_batch_end() noexcept override {
        const std::lock_guard lock(mutex_);
        batch_open_ = false;
        changed_.notify_all();
    }
    /// In the order in which they came; only when the batch of the last one was ended.
    std::vector<Report> await(std::size_t count) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return reports_.size() >= count && !batch_open_; });
        return reports_;
    }
    std::vector<Report> so_far() {
        const std::lock_guard lock(mutex_);
        return reports_;
    }

private:
    struct IndexedTicket : DeliveryTicket {
        IndexedTicket(DeliverySink& sink, std::size_t i) : DeliveryTicket(sink), index(i) {}
        std::size_t index;
    };
    std::mutex mutex_{};
    std::condition_variable changed_{};
    std::deque<IndexedTicket> tickets_{};
    std::vector<Report> reports_{};
    bool batch_open_ = false;
};

/// Writes down what happened to the assignment.
class AssignmentLog : public AssignmentListener {
public:
    void on_assigned(std::span<const TopicPartition> partitions) noexcept override { add("assigned", partitions); }
    void on_revoked(std::span<const TopicPartition> partitions) noexcept override { add("revoked", partitions); }
    void on_lost(std::span<const TopicPartition> partitions) noexcept override { add("lost", partitions); }
    void on_end_reached(const TopicOffset& end) noexcept override {
        events.push_back("end " + std::to_string(end.partition) + " at " + std::to_string(end.offset));
    }

    std::vector<std::string> events{};

private:
    void add(const std::string& what, std::span<const TopicPartition> partitions) {
        events.push_back(what + " " + std::to_string(partitions.size()));
    }
};

/// A topic of its own on the in-memory broker of the test program.
class KafkaTest : public ::testing::Test {
protected:
    std::string make_topic(std::int32_t partitions = 1) {
        static std::atomic<int> made{0};
        std::string name = "topic-" + std::to_string(made++);
        EXPECT_TRUE(broker().create_topic(name, partitions).ok());
        return name;
    }
    static EmbeddedBroker& broker() { return EmbeddedBroker::shared(); }
    static KafkaOptions kafka(const EmbeddedBroker& at = broker()) {
        return {.bootstrap_servers = at.bootstrap_servers(), .properties = {{"fetch.wait.max.ms", "5"}}};
    }
    static ConsumerOptions reading(const std::string& topic, const std::string& group = "readers") {
        return {.topics = {topic}, .group_id = group, .session_timeout = 6s, .heartbeat_interval = 300ms};
    }
    static ConsumerOptions reading_all(const std::string& topic) { return {.topics = {topic}, .broadcast = true}; }

    /// Sends payloads in order and waits until they are acknowledged.
    static void fill(const std::string& topic, const std::vector<std::string>& payloads,
                     const EmbeddedBroker& at = broker()) {
        KafkaMessageProducer producer(kafka(at), {.linger = 0ms});
        ASSERT_TRUE(producer.start(10s).ok());
        ReportCollector reports;
        std::vector<OutgoingRecord> records;
        for (const auto& payload : payloads) {
            records.push_back(
                {.topic = topic, .key = "key", .payload = payload, .ticket = &reports.ticket(records.size())});
        }
        producer.send_batch(records, {});
        std::set<std::pair<std::int32_t, std::int64_t>> places;
        std::set<std::size_t> reported;
        for (const auto& report : reports.await(payloads.size())) {
            ASSERT_FALSE(report.error.has_value());
            reported.insert(report.index);
            places.emplace(report.partition, report.offset);
        }
        ASSERT_EQ(reported.size(), payloads.size()) << "a record was reported twice";
        ASSERT_EQ(places.size(), payloads.size()) << "two records have one place";
    }
    /// Consumes until `count` payloads came; the time limit of the test bounds it.
    static std::vector<std::string> read(MessageConsumer& consumer, std::size_t count) {
        std::vector<std::string> payloads;
        while (payloads.size() < count) {
            RecordBatch batch;
            const auto status = consumer.consume(100ms, count - payloads.size(), batch);
            EXPECT_TRUE(status.ok() || status.error().retryable) << status.error().message;
            for (const auto& record : batch.records()) {
                payloads.emplace_back(record.payload.value_or("(null)"));
            }
        }
        return payloads;
    }
    static std::vector<std::string> numbered(std::size_t count, std::size_t from = 0) {
        std::vector<std::string> payloads;
        for (std::size_t i = from; i < from + count; ++i) {
            payloads.push_back("payload-" + std::to_string(i));
        }
        return payloads;
    }
};

} // namespace streaming::testing_support
