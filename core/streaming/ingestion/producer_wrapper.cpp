#include "core/streaming/ingestion/producer_wrapper.hpp"

#include <fmt/format.h>
#include <spdlog/logger.h>
#include <algorithm>
#include <utility>

#include "core/streaming/infrastructure/event_envelope.hpp"
#include "core/streaming/infrastructure/event_types.hpp"
#include "core/streaming/ingestion/dead_letter_headers.hpp"

namespace streaming {

using detail::NextStep;
using detail::PendingRecord;
using detail::SendHistory;
using detail::SendTarget;

namespace {

const Error given_up_error{ErrorCode::stopped, "producer: stopped before the record was acknowledged", true};

/// Why a record is a dead letter.
Error why(const IngestionRecord& record, const SendHistory& history) {
    return record.rejected ? Error{ErrorCode::malformed, *record.rejected} : history.error;
}

std::string class_of(const IngestionRecord& record, const SendHistory& history) {
    return record.rejected ? "Rejected" : std::string(detail::error_class_of(history.error));
}

} // namespace

ProducerWrapper::ProducerWrapper(Dependencies dependencies, const SendingOptions& options, std::string service,
                                 bool dead_letters)
    : dependencies_(std::move(dependencies)),
      service_(std::move(service)),
      dead_letters_(dead_letters),
      account_(dependencies_.clock, dependencies_.log),
      options_(options) {}

ProducerWrapper::~ProducerWrapper() = default;

void ProducerWrapper::configure(const SendingOptions& options) {
    const std::scoped_lock lock(options_mutex_);
    options_ = options;
}

SendingOptions ProducerWrapper::options() const {
    const std::scoped_lock lock(options_mutex_);
    return options_;
}

detail::SendPolicy ProducerWrapper::policy(Caller caller) const {
    const SendingOptions now = options();
    return {.max_retries = now.max_retries,
            .retry_backoff_base = now.retry_backoff_base,
            .dead_letters = dead_letters_,
            .caller_waits = caller == Caller::waits};
}

ProducerMetrics ProducerWrapper::get_metrics() const {
    ProducerMetrics metrics = account_.metrics();
    metrics.in_flight = in_flight_.load();
    metrics.waiting = waiting_count_.load();
    return metrics;
}

bool ProducerWrapper::wants(std::size_t waiting, std::chrono::nanoseconds oldest_wait) const {
    const SendingOptions now = options();
    if (waiting == 0 || in_flight_.load() >= kBatchesInFlight * now.batch_size) {
        return false;
    }
    return waiting >= now.batch_size || oldest_wait >= now.batch_interval || on_the_wire_ == 0;
}

// --- reports

void ProducerWrapper::on_delivery(DeliveryTicket& ticket, const Delivery& delivery) noexcept {
    auto& mine = static_cast<Batch::Ticket&>(ticket);
    Batch& batch = *mine.batch;
    const bool awaited = batch.awaited; // the batch may be gone after its last report
    if (!batch.report(mine, delivery)) {
        return;
    }
    if (awaited) {
        const std::scoped_lock lock(callers_mutex_);
        batch.finished = true;
        callers_changed_.notify_all();
        return;
    }
    Batch* head = finished_.load(std::memory_order_relaxed);
    do {
        batch.next = head;
    } while (!finished_.compare_exchange_weak(head, &batch, std::memory_order_release, std::memory_order_relaxed));
    unannounced_.store(true, std::memory_order_release);
}

void ProducerWrapper::on_delivery_batch_end() noexcept {
    if (unannounced_.exchange(false, std::memory_order_acq_rel) && dependencies_.on_progress) {
        dependencies_.on_progress();
    }
}

// --- what becomes of the records of a batch

void ProducerWrapper::review(Batch& batch, Review& review) noexcept {
    try {
        review_each(batch, review);
    } catch (...) {
        review.threw = std::current_exception();
        batch.settle_all(Settlement::given_up);
    }
}

void ProducerWrapper::review_each(Batch& batch, Review& review) {
    if (batch.has_errors()) {
        review.again.reserve(review.again.size() + batch.size()); // from here on a record that moves there gets there
    }
    for (std::size_t i = 0; i < batch.size() && !review.tally.heard; ++i) {
        review.tally.heard = batch.error(i) == nullptr;
    }
    if (!batch.has_errors() && !batch.has_histories() && review.results == nullptr) {
        for (std::size_t i = 0; i < batch.size(); ++i) {
            batch.record(i).settle(Settlement::acknowledged);
        }
        review.tally.acknowledged += batch.size();
        return;
    }
    // A batch that another partition acknowledged in part shows that the broker is there.
    const bool broker_away = !review.tally.heard && !account_.acknowledged_since(batch.sent());
    for (std::size_t i = 0; i < batch.size(); ++i) {
        if (const Error* const error = batch.error(i)) {
            review_failure(batch, i, *error, broker_away, review);
        } else {
            delivered(batch, i, review);
        }
    }
}

void ProducerWrapper::delivered(Batch& batch, std::size_t index, Review& review) {
    const IngestionRecord& record = batch.record(index);
    const SendHistory history = batch.history(index);
    const bool to_topic = history.target == SendTarget::topic;
    record.settle(to_topic ? Settlement::acknowledged : Settlement::dead_lettered);
    if (to_topic) {
        ++review.tally.acknowledged;
    } else {
        ++review.tally.dead_lettered;
        ++review.tally.dead_lettered_by_class[class_of(record, history)];
        if (!record.rejected) {
            ++review.tally.failed;
            review.tally.failure = history.error;
        }
    }
    if (review.results != nullptr) {
        RecordResult& result = (*review.results)[history.index];
        result.success = to_topic;
        result.dead_lettered = !to_topic;
        result.partition = batch.ticket(index).partition;
        result.offset = batch.ticket(index).offset;
        result.error = to_topic ? std::nullopt : std::optional(why(record, history));
    }
}

void ProducerWrapper::review_failure(Batch& batch, std::size_t index, const Error& error, bool broker_away,
                                     Review& review) {
    if (!detail::is_fault_of_record(error)) {
        review.tally.trouble = error;
    }
    IngestionRecord& record = batch.record(index);
    SendHistory history = batch.history(index);
    const bool to_topic = history.target == SendTarget::topic;
    std::size_t& attempts = to_topic ? history.attempts : history.dead_letter_attempts;
    const NextStep step = next_step(
        {.error = error, .target = history.target, .failed = ++attempts, .broker_away = broker_away}, review.policy);
    if (step.what == NextStep::What::give_up || review.closing) {
        give_up(record, history.index, error, review);
        return;
    }
    if (to_topic) {
        history.last_failure = dependencies_.clock.system_now();
        history.first_failure = history.attempts == 1 ? history.last_failure : history.first_failure;
        history.error = error;
    }
    history.due = review.now + step.delay;
    if (step.what != NextStep::What::again) {
        history.target =
            step.what == NextStep::What::dead_letter ? SendTarget::dead_letter : SendTarget::dead_letter_pointer;
    }
    review.again.push_back({.record = std::move(record), .history = std::move(history)});
}

void ProducerWrapper::give_up(const IngestionRecord& record, std::size_t index, const Error& error, Review& review) {
    const bool in_vain = !dead_letters_ && (record.rejected || detail::is_fault_of_record(error));
    record.settle(in_vain ? Settlement::discarded : Settlement::given_up);
    ++review.tally.failed;
    ++review.tally.given_up;
    review.tally.uncertain += detail::kind_of(error) == detail::SendFailureKind::uncertain ? 1 : 0;
    review.tally.failure = error;
    if (review.results != nullptr) {
        (*review.results)[index].error = error;
    }
}

void ProducerWrapper::give_up(Pending& pending, Review& review) {
    for (const PendingRecord& one : pending) {
        give_up(one.record, one.history.index, one.history.attempts > 0 ? one.history.error : given_up_error, review);
    }
    pending.clear();
}

detail::DeadLetterCopy ProducerWrapper::dead_letter(const IngestionRecord& record, const SendHistory& history) const {
    const auto now = dependencies_.clock.system_now();
    const auto envelope = record.rejected ? Error{} : EventEnvelope::parse(record.payload);
    detail::DeadLetterCopy copy{.topic = TopicNames::dead_letters(record.topic, record.source)};
    const std::string error_class = class_of(record, history);
    const Error error = why(record, history);
    detail::SourceFailure failure{.service = service_,
                                  .source = record.source,
                                  .error_class = error_class,
                                  .text = error.message,
                                  .first_failure = now,
                                  .last_failure = now};
    if (!record.rejected) {
        failure.topic = record.topic;
        failure.attempts = history.attempts;
        failure.first_failure = history.first_failure;
        failure.last_failure = history.last_failure;
        failure.correlation_id = envelope ? std::string_view(envelope.value().correlation_id) : "";
    }
    if (history.target == SendTarget::dead_letter_pointer) {
        failure.payload_bytes = record.payload.size();
    }
    set_dead_letter_headers(copy.headers, failure);
    return copy;
}

} // namespace streaming
