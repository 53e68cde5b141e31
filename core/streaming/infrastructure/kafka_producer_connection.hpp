#pragma once

#include <librdkafka/rdkafka.h>

#include <atomic>
#include <map>
#include <mutex>
#include <span>
#include <string>
#include <string_view>

#include "core/streaming/infrastructure/admission_gate.hpp"
#include "core/streaming/infrastructure/kafka_handles.hpp"
#include "core/streaming/infrastructure/message_producer.hpp"
#include "core/streaming/infrastructure/options.hpp"

namespace streaming::detail {

/// Hands delivery reports to the sinks and tells each sink once when no more follow. Used by one thread.
class DeliveryReports {
public:
    DeliveryReports() = default;
    ~DeliveryReports() { finish(); }
    DeliveryReports(const DeliveryReports&) = delete;
    DeliveryReports& operator=(const DeliveryReports&) = delete;

    void report(DeliveryTicket* ticket, const Delivery& delivery); ///< a null ticket wants none
    void finish();

private:
    std::vector<DeliverySink*> sinks_{}; ///< few
};

/// One client of librdkafka that produces. A producer replaces it after a fatal error, which is why it is a thing of
/// its own. `produce` is thread-safe; `serve` is for the delivery thread.
class KafkaProducerConnection {
public:
    [[nodiscard]] static Result<std::shared_ptr<KafkaProducerConnection>> open(const KafkaOptions& kafka,
                                                                               const ProducerOptions& options);
    explicit KafkaProducerConnection(KafkaHandle client);
    ~KafkaProducerConnection();
    KafkaProducerConnection(const KafkaProducerConnection&) = delete;
    KafkaProducerConnection& operator=(const KafkaProducerConnection&) = delete;

    [[nodiscard]] Status wait_for_broker(std::chrono::milliseconds timeout) const;

    /// Queues records in order. Those refused at once are reported to `refused`; returns how many they are.
    std::size_t produce(std::span<const OutgoingRecord> records, DeliveryReports& refused);

    /// Waits for delivery reports, lets their records out of the gate and hands the reports on.
    void serve(std::chrono::milliseconds wait, AdmissionGate& gate);
    void wake() noexcept { rd_kafka_queue_yield(queue_.get()); }

    void flush(std::chrono::milliseconds timeout) noexcept;
    /// Gives up everything queued and in flight; the reports come through `serve`.
    void purge() noexcept;
    [[nodiscard]] bool drained() const noexcept { return queued_.load() == 0; }
    [[nodiscard]] bool broken() const noexcept; ///< a fatal error happened
    [[nodiscard]] std::string last_problem() const;

private:
    [[nodiscard]] rd_kafka_topic_t* topic(std::string_view name);
    std::size_t produce_run(std::span<const OutgoingRecord> records, DeliveryReports& refused);
    std::size_t produce_with_headers(const OutgoingRecord& record, DeliveryReports& refused);
    void hand_on(rd_kafka_event_t& reports, AdmissionGate& gate);
    void refuse(const OutgoingRecord& record, rd_kafka_resp_err_t why, DeliveryReports& refused) const;

    KafkaHandle client_;
    KafkaQueue queue_;
    std::atomic<std::size_t> queued_{0};

    std::mutex topics_mutex_{};
    std::map<std::string, KafkaTopic, std::less<>> topics_{};

    mutable std::mutex problem_mutex_{};
    std::string problem_{}; ///< what librdkafka complained about last
};

} // namespace streaming::detail
