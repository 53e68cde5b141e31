#include "core/streaming/infrastructure/shadow_producer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "core/streaming/infrastructure/envelope_reader.hpp"
#include "core/streaming/infrastructure/event_types.hpp"

namespace streaming {
namespace {

/// Every dead letter has it, and nothing else that is sent.
constexpr std::string_view kDeadLetterHeader = "tributary-error-class";

/// Writes the record and returns the id of its event, a view into the payload or into memory of this thread.
std::string_view write(ShadowLog& log, const OutgoingRecord& record) {
    thread_local EnvelopeReader reader;
    thread_local std::string unescaped;
    EnvelopeView envelope;
    if (!record.payload || !reader.read(*record.payload, envelope, unescaped)) {
        envelope = {};
    }
    log.write({.topic = record.topic,
               .key = record.key,
               .id = envelope.id,
               .correlation_id = envelope.correlation_id,
               .rejected = record.headers != nullptr && record.headers->find(kDeadLetterHeader).has_value()});
    return envelope.id;
}

} // namespace

Status ShadowProducer::start(std::chrono::milliseconds /*timeout*/) {
    running_ = true;
    return {};
}

void ShadowProducer::send_batch(std::span<const OutgoingRecord> records, std::stop_token /*stop*/) noexcept {
    std::vector<DeliverySink*> sinks; // few
    // With the report of the last record all that was lent may be gone, the span included.
    const std::size_t count = records.size();
    for (std::size_t i = 0; i < count; ++i) {
        const OutgoingRecord& record = records[i];
        DeliveryTicket* const ticket = record.ticket;
        const std::optional<Error> error = refusal(record);
        if (!error) {
            (void)write(log_, record);
        }
        if (ticket == nullptr) {
            continue;
        }
        DeliverySink& sink = ticket->sink();
        if (std::ranges::find(sinks, &sink) == sinks.end()) {
            sinks.push_back(&sink);
        }
        sink.on_delivery(*ticket, {.error = error ? &*error : nullptr});
    }
    for (DeliverySink* const sink : sinks) {
        sink->on_delivery_batch_end();
    }
}

Result<std::string> ShadowProducer::send(const OutgoingMessage& message, std::chrono::milliseconds /*timeout*/) {
    const OutgoingRecord record{
        .topic = message.topic, .key = message.key, .payload = message.payload, .headers = &message.headers};
    if (auto error = refusal(record)) {
        return *std::move(error);
    }
    return std::string(write(log_, record));
}

std::size_t ShadowProducer::stop(std::chrono::milliseconds /*timeout*/) noexcept {
    if (running_.exchange(false)) {
        log_.flush();
    }
    return 0;
}

std::optional<Error> ShadowProducer::refusal(const OutgoingRecord& record) const {
    if (!running_) {
        return Error{ErrorCode::stopped, "producer: is not running", true};
    }
    if (!is_valid_topic(record.topic)) {
        return Error{ErrorCode::invalid_argument, fmt::format("topic {}: not a valid name", record.topic)};
    }
    const std::size_t bytes = record.key.value_or("").size() + record.payload.value_or("").size();
    if (bytes > max_message_bytes_) {
        return Error{ErrorCode::too_large,
                     fmt::format("topic {}: {} bytes, at most {}", record.topic, bytes, max_message_bytes_)};
    }
    return std::nullopt;
}

} // namespace streaming
