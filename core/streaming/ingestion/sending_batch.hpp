#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/streaming/infrastructure/message_producer.hpp"
#include "core/streaming/ingestion/ingestion_record.hpp"
#include "core/streaming/ingestion/send_failure.hpp"

namespace streaming::detail {

/// What happened to a record so far. A record that was never sent has none.
struct SendHistory {
    std::size_t index = 0;                ///< in what a caller of send_with_retry gave
    std::size_t attempts = 0;             ///< failed ones at its topic
    std::size_t dead_letter_attempts = 0; ///< failed ones at its dead-letter topic
    SendTarget target = SendTarget::topic;
    Clock::steady_time due{}; ///< when it is sent again
    Clock::system_time first_failure{};
    Clock::system_time last_failure{};
    Error error{}; ///< the last one at its topic
};

/// A record that has to be sent again, or to the dead-letter topic.
struct PendingRecord {
    IngestionRecord record{};
    SendHistory history{};
};

struct DeadLetterCopy {
    std::string topic{};
    Headers headers{};
};

/// Records on their way: owns the bytes that are lent to the producer until the last report came. The reports come
/// from several threads; everything else is used by the thread that sends, and only while no report is expected.
class SendingBatch {
public:
    struct Ticket final : DeliveryTicket {
        Ticket(DeliverySink& sink, SendingBatch& owner) : DeliveryTicket(sink), batch(&owner) {}
        SendingBatch* batch;
        std::int64_t offset = -1;
        std::int32_t partition = -1;
        std::int32_t error = -1; ///< which of the batch's errors; -1 = delivered
        static constexpr std::int32_t kNoMemory = -2;
    };

    // What throws leaves the records where they were.
    explicit SendingBatch(std::vector<IngestionRecord>&& fresh) noexcept : records_(std::move(fresh)) {}
    explicit SendingBatch(std::vector<PendingRecord>&& pending);
    SendingBatch(const SendingBatch&) = delete;
    SendingBatch& operator=(const SendingBatch&) = delete;

    /// `copy_of(record, history)` gives topic and headers of what goes to a dead-letter topic.
    template <class CopyOf>
    void prepare(DeliverySink& sink, Clock::steady_time now, CopyOf copy_of);
    void hand_over(MessageProducer& producer, std::stop_token stop) noexcept { producer.send_batch(outgoing_, stop); }

    /// Takes a report; true for the last one, after which the batch may be gone.
    bool report(Ticket& ticket, const Delivery& delivery) noexcept;

    [[nodiscard]] std::size_t size() const noexcept { return records_.size(); }
    [[nodiscard]] Clock::steady_time sent() const noexcept { return sent_; }
    /// Of those that are not settled.
    void settle_all(Settlement settlement) const noexcept {
        for (const IngestionRecord& record : records_) {
            record.settle(settlement);
        }
    }
    [[nodiscard]] bool has_histories() const noexcept { return !histories_.empty(); }
    [[nodiscard]] bool has_errors() const noexcept { return !errors_.empty() || lost_errors_; }
    [[nodiscard]] IngestionRecord& record(std::size_t index) noexcept { return records_[index]; }
    [[nodiscard]] const Ticket& ticket(std::size_t index) const noexcept { return tickets_[index]; }
    [[nodiscard]] const Error* error(std::size_t index) const noexcept {
        const std::int32_t which = tickets_[index].error;
        if (which == Ticket::kNoMemory) {
            return &lost_error;
        }
        return which < 0 ? nullptr : &errors_[static_cast<std::size_t>(which)];
    }
    /// Of a record without one: that of a record that is sent for the first time.
    [[nodiscard]] SendHistory history(std::size_t index) const;
    [[nodiscard]] SendTarget target(std::size_t index) const noexcept {
        return histories_.empty() ? SendTarget::topic : histories_[index].target;
    }

    // For whoever keeps batches.
    SendingBatch* next = nullptr; ///< in the list of those that are finished
    bool settled = false;         ///< given up: the reports that still come change nothing
    bool awaited = false;         ///< by a caller of send_with_retry
    bool finished = false;        ///< told to that caller

private:
    static const Error lost_error;
    std::vector<IngestionRecord> records_;
    std::vector<SendHistory> histories_{}; ///< none, or one for each record
    std::vector<Ticket> tickets_{};
    std::vector<OutgoingRecord> outgoing_{};
    std::deque<DeadLetterCopy> copies_{};
    Clock::steady_time sent_{};
    std::atomic<std::size_t> open_{0};
    std::mutex errors_mutex_{};
    std::vector<Error> errors_{}; ///< in the order of the reports
    bool lost_errors_ = false;    ///< there was no memory for them
};

template <class CopyOf>
void SendingBatch::prepare(DeliverySink& sink, Clock::steady_time now, CopyOf copy_of) {
    sent_ = now;
    tickets_.reserve(size()); // they must not move
    outgoing_.reserve(size());
    for (std::size_t i = 0; i < size(); ++i) {
        const IngestionRecord& record = records_[i];
        OutgoingRecord& out = outgoing_.emplace_back();
        out.ticket = &tickets_.emplace_back(sink, *this);
        out.topic = record.topic;
        // An empty key is none: with one, all such records would share a partition.
        const std::string& key = record.key.empty() && record.rejected ? record.id : record.key;
        out.key = key.empty() ? std::nullopt : std::optional<std::string_view>(key);
        out.payload = record.payload;
        if (target(i) != SendTarget::topic) {
            const DeadLetterCopy& copy = copies_.emplace_back(copy_of(record, histories_[i]));
            out.topic = copy.topic;
            out.headers = &copy.headers;
            if (target(i) == SendTarget::dead_letter_pointer) {
                out.payload.reset();
            }
        }
    }
    open_.store(size(), std::memory_order_relaxed);
}

} // namespace streaming::detail
