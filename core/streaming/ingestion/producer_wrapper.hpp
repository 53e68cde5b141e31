#pragma once

#include <spdlog/fwd.h>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "core/streaming/infrastructure/clock.hpp"
#include "core/streaming/infrastructure/message_producer.hpp"
#include "core/streaming/ingestion/ingestion_record.hpp"
#include "core/streaming/ingestion/ingestion_settings.hpp"
#include "core/streaming/ingestion/producer_account.hpp"
#include "core/streaming/ingestion/sending_batch.hpp"

namespace streaming {

/// What became of one record of `send_with_retry`.
struct RecordResult {
    std::string id{};
    bool success = false; ///< acknowledged in its topic
    std::optional<Error> error{};
    std::int32_t partition = -1; ///< of its topic, or of the dead-letter topic
    std::int64_t offset = -1;
    bool dead_lettered = false;
};

struct SendReport {
    bool success = false;                ///< of all records
    std::size_t retry_count = 0;         ///< how often records were sent again, at most max_retries
    std::vector<RecordResult> results{}; ///< one for each record, in their order
};

/// Sends records of sources until each is settled: acknowledged, dead-lettered or given up. The rules:
/// - A failure that may pass (`Error::retryable`) is retried after base^(n-1) s: 1 s, 2 s, 4 s; after `max_retries` the
///   record goes to the dead-letter topic `{topic}.{source}.dlq`.
/// - A failure that will not (too large, not authorized, an invalid or malformed record) goes there at once, and so
///   does a record its source rejected. What is too large for the dead-letter topic too leaves its payload out.
/// - No broker (`timed_out` or `interrupted`, and nothing at all was acknowledged since the attempt began): the
///   dead-letter topic is at that broker, so the pipeline's records wait and are sent again, every 30 s at most, as
///   long as it takes. An outage ends in nothing but delay. A caller of `send_with_retry` waits, so there its retries
///   are counted all the same.
/// - A record that timed out and may have been stored (`unknown_outcome`) is not sent again but given up and counted as
///   `uncertain`: its source repeats it under the same id if it was not seen to arrive, and whoever deduplicates by id
///   drops the twin. Dead letters would need a person to tell them apart, after every outage. It is rare: the
///   idempotent producer repeats safely by itself within `delivery_timeout`, 24 h for a service with sources.
/// - A record whose client ended (`interrupted`: a broker that was killed may have lost what it acknowledged) is sent
///   again under its id like any failure that may pass.
/// - A dead letter that cannot be stored is retried by the same rules, then given up. Without dead letters what would
///   have gone there is given up, or discarded when it can never be sent.
/// Order: records of one key that do not fail keep it. A record that is sent again follows those of its key that were
/// sent meanwhile; records that failed together go again together, in their order.
///
/// An exception, for want of memory, loses nothing: the records that it concerns are given up, their sources send them
/// again. `send` and `serve` pass it on and may be called again.
///
/// `send_with_retry`, `configure`, `health_check`, `get_metrics` and `in_flight` are thread-safe; the rest is for one
/// thread, the drain. Borrows what its dependencies refer to. Owns the records until the producer reported them, and
/// receives its reports: destroy it only after the producer was stopped.
class ProducerWrapper final : private DeliverySink {
public:
    /// Batches that may be unsettled at a time.
    static constexpr std::size_t kBatchesInFlight = 16;

    struct Dependencies {
        MessageProducer& producer;
        Clock& clock;
        spdlog::logger& log;
        /// The drain should call `serve`. Called by the producer's delivery thread, and by the drain when the producer
        /// refuses records at once: short, and throws nothing.
        std::function<void()> on_progress{};
    };
    /// `service` is for the headers of dead letters.
    ProducerWrapper(Dependencies dependencies, const SendingOptions& options, std::string service, bool dead_letters);
    ~ProducerWrapper() override;
    ProducerWrapper(const ProducerWrapper&) = delete;
    ProducerWrapper& operator=(const ProducerWrapper&) = delete;

    /// Sends all records to `topic` and blocks until each is settled. A stop ends it: what is not known by then is
    /// given up. The source gives the name of the dead-letter topic.
    SendReport send_with_retry(std::vector<IngestionRecord> records, const std::string& source_type,
                               const std::string& source_id, const std::string& topic, std::stop_token stop = {});

    /// Hands records over, to the topic of each; does not wait for acknowledgements. Waits while the producer's queue
    /// is full; after a stop what did not get in is given up.
    void send(std::vector<IngestionRecord> batch, std::stop_token stop);
    /// Settles what was reported, sends again what is due, and dead letters.
    void serve(std::stop_token stop);
    /// When `serve` has something to send again; nullopt = when reports come.
    [[nodiscard]] std::optional<Clock::steady_time> next_due() const { return next_due_; }
    /// Whether a batch of these should go now: it is full or old, or nothing is on its way; false while more than
    /// kBatchesInFlight batches are unsettled.
    [[nodiscard]] bool wants(std::size_t waiting, std::chrono::nanoseconds oldest_wait) const;
    [[nodiscard]] std::size_t in_flight() const noexcept { return in_flight_.load(); } ///< sent and not settled
    /// The deadline has come: settles the rest as given up and returns how many they are. What is sent later is given
    /// up at once, reports that still come change nothing.
    std::size_t give_up() noexcept;

    void configure(const SendingOptions& options); ///< from the next batch and failure on
    [[nodiscard]] ProducerHealth health_check() const { return account_.health(); }
    [[nodiscard]] ProducerMetrics get_metrics() const;

private:
    using Batch = detail::SendingBatch;
    using Pending = std::vector<detail::PendingRecord>;
    enum class Caller { waits, goes_on };
    /// The records of one batch are looked at together: what becomes of them, and where those go that are not settled.
    struct Review {
        Pending& again;
        detail::SendPolicy policy{};
        Clock::steady_time now{};
        std::vector<RecordResult>* results = nullptr; ///< of a caller who waits
        bool closing = false;                         ///< nothing is sent again
        std::exception_ptr threw{};                   ///< what kept it from the end: the rest was given up
        detail::ProducerAccount::Tally tally{};
    };

    void on_delivery(DeliveryTicket& ticket, const Delivery& delivery) noexcept override;
    void on_delivery_batch_end() noexcept override;

    [[nodiscard]] std::unique_ptr<Batch> first_batch(std::vector<IngestionRecord>& records, Review& review);
    void prepare(Batch& batch);
    void dispatch(std::unique_ptr<Batch> batch, std::size_t records_again, const std::stop_token& stop);
    [[nodiscard]] std::exception_ptr take_finished() noexcept;
    void settle_reported(Batch& batch, Review& review) noexcept;
    void note_unsent(std::size_t records) noexcept;
    void note_waits();

    void send_and_wait(std::vector<IngestionRecord> records, SendReport& report, const std::stop_token& stop);
    [[nodiscard]] bool await_reports(std::unique_ptr<Batch>& batch, Review& review, const std::stop_token& stop);
    [[nodiscard]] bool await(Clock::steady_time due, const std::stop_token& stop);

    void review(Batch& batch, Review& review) noexcept;
    void review_each(Batch& batch, Review& review);
    void review_failure(Batch& batch, std::size_t index, const Error& error, bool broker_away, Review& review);
    void delivered(Batch& batch, std::size_t index, Review& review);
    void give_up(const IngestionRecord& record, std::size_t index, const Error& error, Review& review);
    void give_up(Pending& pending, Review& review);
    void give_up_unreported(Batch& batch, Review& review);

    [[nodiscard]] detail::DeadLetterCopy dead_letter(const IngestionRecord& record,
                                                     const detail::SendHistory& history) const;
    [[nodiscard]] SendingOptions options() const;
    [[nodiscard]] detail::SendPolicy policy(Caller caller) const;

    Dependencies dependencies_;
    const std::string service_;
    const bool dead_letters_;
    detail::ProducerAccount account_;

    mutable std::mutex options_mutex_{};
    SendingOptions options_;

    // Between the producer's threads and the drain.
    std::atomic<Batch*> finished_{nullptr}; ///< newest first
    std::atomic<bool> unannounced_{false};

    // The drain's, but for in_flight_ and waiting_count_, which others read.
    std::vector<std::unique_ptr<Batch>> open_{}; ///< oldest first
    Pending waiting_{};
    std::optional<Clock::steady_time> next_due_{};
    std::size_t on_the_wire_ = 0;
    std::atomic<std::size_t> in_flight_{0};
    std::atomic<std::size_t> waiting_count_{0};
    bool closed_ = false;

    // Of callers that wait.
    std::mutex callers_mutex_{};
    std::condition_variable_any callers_changed_{};
    std::vector<std::unique_ptr<Batch>> abandoned_{}; ///< their caller went, their reports have not come
};

} // namespace streaming
