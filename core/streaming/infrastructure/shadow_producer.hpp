#pragma once

#include <atomic>
#include <cstddef>

#include "core/streaming/infrastructure/message_producer.hpp"
#include "core/streaming/infrastructure/options.hpp"
#include "core/streaming/infrastructure/shadow_log.hpp"

namespace streaming {

/// Produces nothing and opens nothing: what it is given is written to a ShadowLog and reported as acknowledged, on the
/// calling thread and in order, with partition and offset -1. It refuses what a producer would (an invalid topic, a
/// record over `max_message_bytes`, anything while it is not running), so that a service in shadow sees the same
/// outcomes. A record with the headers of a dead letter counts as rejected. Thread-safe.
/// Borrows the log, which must outlive it.
class ShadowProducer final : public MessageProducer {
public:
    ShadowProducer(ShadowLog& log, const ProducerOptions& options)
        : log_(log), max_message_bytes_(options.max_message_bytes) {}

    Status start(std::chrono::milliseconds timeout) override;
    void send_batch(std::span<const OutgoingRecord> records, std::stop_token stop) noexcept override;
    Result<std::string> send(const OutgoingMessage& message, std::chrono::milliseconds timeout) override;
    std::size_t stop(std::chrono::milliseconds timeout) noexcept override;

private:
    [[nodiscard]] std::optional<Error> refusal(const OutgoingRecord& record) const;

    ShadowLog& log_;
    std::size_t max_message_bytes_;
    std::atomic<bool> running_{false};
};

} // namespace streaming
