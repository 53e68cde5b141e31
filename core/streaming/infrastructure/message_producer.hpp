#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>

#include "core/streaming/infrastructure/record.hpp"
#include "core/streaming/infrastructure/result.hpp"

namespace streaming {

class DeliveryTicket;

/// Where a record went, or why it did not.
struct Delivery {
    const Error* error = nullptr; ///< null = acknowledged by the broker; valid during the call only
    std::int32_t partition = -1;
    std::int64_t offset = -1;
};

/// Receives delivery reports, on the producer's delivery thread.
class DeliverySink {
public:
    virtual ~DeliverySink() = default;
    virtual void on_delivery(DeliveryTicket& ticket, const Delivery& delivery) noexcept = 0;
    /// After the last report of one batch of reports: the moment to wake somebody once.
    virtual void on_delivery_batch_end() noexcept = 0;
};

/// Identifies the sender of a record in its delivery report. Base of whatever the sender wants to find again.
/// One ticket may stand for several records: it then gets several reports.
class DeliveryTicket {
public:
    explicit DeliveryTicket(DeliverySink& sink) : sink_(&sink) {}
    [[nodiscard]] DeliverySink& sink() const noexcept { return *sink_; }

private:
    DeliverySink* sink_;
};

/// One record to send. Everything is lent: topic, key, payload, headers and ticket stay valid and unchanged until the
/// delivery report of this record.
struct OutgoingRecord {
    std::string_view topic{};
    std::optional<std::string_view> key{};
    std::optional<std::string_view> payload{}; ///< absent = tombstone
    const Headers* headers = nullptr;          ///< null = none
    DeliveryTicket* ticket = nullptr;
};

/// Sends records. A port; thread-safe between `start` and `stop`.
class MessageProducer {
public:
    virtual ~MessageProducer() = default;

    /// Waits until a broker answers, `timeout` at most, so that the first record is not late.
    virtual Status start(std::chrono::milliseconds timeout) = 0;

    /// Hands the records over in order, waiting while the send queue is full until there is room or `stop` is
    /// requested. Each record gets exactly one report through its ticket, also those that were refused at once (too
    /// large, fatal, stopped): their report comes on the calling thread, before this returns.
    virtual void send_batch(std::span<const OutgoingRecord> records, std::stop_token stop) noexcept = 0;

    /// Sends one message and waits for the acknowledgement. Returns the id of the event: of the envelope in the
    /// payload, or empty when the payload is none.
    virtual Result<std::string> send(const OutgoingMessage& message, std::chrono::milliseconds timeout) = 0;

    /// Flushes for `timeout` at most, then gives up what is left: every open ticket is reported. Idempotent.
    /// Returns how many records were given up.
    virtual std::size_t stop(std::chrono::milliseconds timeout) noexcept = 0;
};

} // namespace streaming
