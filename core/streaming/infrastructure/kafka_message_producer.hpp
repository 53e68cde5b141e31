#pragma once

#include <memory>
#include <mutex>
#include <thread>

#include "core/streaming/infrastructure/admission_gate.hpp"
#include "core/streaming/infrastructure/kafka_producer_connection.hpp"
#include "core/streaming/infrastructure/message_producer.hpp"
#include "core/streaming/infrastructure/options.hpp"

namespace streaming {

/// MessageProducer on librdkafka: idempotent, acks=all. After a fatal error of librdkafka it goes on with a new client;
/// what was under way is then reported as `unknown_outcome` (may have been written) or `unavailable` (was not).
class KafkaMessageProducer final : public MessageProducer {
public:
    KafkaMessageProducer(KafkaOptions kafka, const ProducerOptions& options);
    ~KafkaMessageProducer() override;
    KafkaMessageProducer(const KafkaMessageProducer&) = delete;
    KafkaMessageProducer& operator=(const KafkaMessageProducer&) = delete;

    Status start(std::chrono::milliseconds timeout) override; ///< may be called again when it failed
    void send_batch(std::span<const OutgoingRecord> records, std::stop_token stop) noexcept override;
    Result<std::string> send(const OutgoingMessage& message, std::chrono::milliseconds timeout) override;
    std::size_t stop(std::chrono::milliseconds timeout) noexcept override;

private:
    using Connection = detail::KafkaProducerConnection;

    [[nodiscard]] std::shared_ptr<Connection> connection() const;
    void produce(std::span<const OutgoingRecord> records);
    void deliver(const std::stop_token& stop); ///< the delivery thread
    void rebuild(Connection& broken);

    KafkaOptions kafka_;
    ProducerOptions options_;
    detail::AdmissionGate gate_;
    std::mutex lifecycle_mutex_{}; ///< start and stop, one at a time

    mutable std::mutex connection_mutex_{};
    std::shared_ptr<Connection> connection_{};

    std::jthread delivery_thread_{};
};

} // namespace streaming
