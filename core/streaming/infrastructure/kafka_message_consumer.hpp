#pragma once

#include <librdkafka/rdkafka.h>

#include <atomic>
#include <chrono>
#include <deque>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/streaming/infrastructure/kafka_consumer_failures.hpp"
#include "core/streaming/infrastructure/kafka_fetch_waker.hpp"
#include "core/streaming/infrastructure/kafka_handles.hpp"
#include "core/streaming/infrastructure/kafka_record_owner.hpp"
#include "core/streaming/infrastructure/message_consumer.hpp"
#include "core/streaming/infrastructure/options.hpp"

namespace streaming {

/// MessageConsumer on librdkafka. Every record handed out belongs to a partition that is assigned at that moment.
/// While no broker can be reached, a `consume` that brings nothing returns `unavailable`; it goes on by itself.
/// Batches it filled must be cleared before it is destroyed: librdkafka waits for them.
class KafkaMessageConsumer final : public MessageConsumer {
public:
    KafkaMessageConsumer(KafkaOptions kafka, ConsumerOptions options);
    ~KafkaMessageConsumer() override;
    KafkaMessageConsumer(const KafkaMessageConsumer&) = delete;
    KafkaMessageConsumer& operator=(const KafkaMessageConsumer&) = delete;

    Status start(AssignmentListener& listener) override;
    Status consume(std::chrono::milliseconds wait, std::size_t max_records, RecordBatch& into) override;
    Status keep_membership() override;
    Status commit(std::span<const TopicOffset> offsets, CommitMode mode) override;
    [[nodiscard]] std::optional<std::int64_t> lag(const TopicOffset& position) const override;
    void wake() noexcept override;
    void stop() noexcept override;

private:
    using Partitions = std::vector<TopicPartition>;

    // What librdkafka calls from within a poll.
    void on_rebalance(rd_kafka_resp_err_t what, rd_kafka_topic_partition_list_t* list);
    void assign(const rd_kafka_topic_partition_list_t* list, const Partitions& partitions);
    void unassign(const rd_kafka_topic_partition_list_t* list, const Partitions& partitions);
    void let_go(const Partitions& partitions); ///< tells the listener and forgets them

    Status subscribe();
    /// Of a broadcast flow: takes all partitions once its topics exist, and later those that were added.
    Status assign_everything(std::chrono::milliseconds wait);
    [[nodiscard]] Result<Partitions> every_partition(std::chrono::milliseconds wait);
    void hand_out(rd_kafka_message_t* message);
    void take(std::chrono::milliseconds wait, std::size_t max_records);
    void pause(const Partitions& partitions);
    void resume();
    void forget(const Partitions& partitions) noexcept;
    [[nodiscard]] std::string subject() const; ///< how errors begin
    [[nodiscard]] Error not_running() const;

    KafkaOptions kafka_;
    ConsumerOptions options_;
    detail::KafkaRecordOwner records_{};
    detail::KafkaHandle client_{};
    std::atomic<rd_kafka_queue_t*> queue_{nullptr}; ///< for wake; made by start, kept until the destructor
    std::optional<detail::KafkaFetchWaker> fetching_{};
    std::optional<detail::KafkaConsumerFailures> failures_{};
    AssignmentListener* listener_ = nullptr;
    bool stopped_ = false;
    bool closed_ = false; ///< after `stopped_`: on_revoked of the last partitions may still commit

    std::set<TopicPartition> assigned_{};
    std::set<TopicPartition> paused_{};
    std::chrono::steady_clock::time_point next_look_{}; ///< of a broadcast flow for partitions that were added
    bool keeping_ = false;                              ///< between keep_membership and the next consume
    std::deque<rd_kafka_message_t*> held_{};            ///< came while keeping; the next consume hands them out first
    std::vector<rd_kafka_message_t*> taken_{};          ///< during consume only
};

} // namespace streaming
