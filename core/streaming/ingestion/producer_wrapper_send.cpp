// The two ways through a ProducerWrapper: the pipeline, and callers that wait.

#include <spdlog/logger.h>
#include <algorithm>
#include <iterator>
#include <utility>

#include "core/streaming/ingestion/producer_wrapper.hpp"

namespace streaming {

using detail::PendingRecord;
using detail::SendHistory;
using detail::SendTarget;

namespace {

const Error given_up_error{ErrorCode::stopped, "producer: was stopped before the record could be sent", true};
constexpr const char* kNoMemory = "out of memory"; // short: it needs none
const Error not_reported_error{ErrorCode::unknown_outcome, "producer: stopped before the acknowledgement came", true};

std::optional<Clock::steady_time> soonest(const std::vector<PendingRecord>& pending) {
    const auto first = std::ranges::min_element(pending, {}, [](const PendingRecord& one) { return one.history.due; });
    return first == pending.end() ? std::nullopt : std::optional(first->history.due);
}

/// Takes out what is due, in its order, `most` at most.
std::vector<PendingRecord> take_due(std::vector<PendingRecord>& pending, Clock::steady_time now, std::size_t most) {
    std::size_t taken = 0;
    const auto later = std::stable_partition(pending.begin(), pending.end(), [&](const PendingRecord& one) {
        return one.history.due <= now && taken++ < most;
    });
    std::vector<PendingRecord> due(std::make_move_iterator(pending.begin()), std::make_move_iterator(later));
    pending.erase(pending.begin(), later);
    return due;
}

/// Nothing of it can be sent.
void settle_all(const std::vector<PendingRecord>& pending) noexcept {
    std::ranges::for_each(pending, [](const auto& one) { one.record.settle(Settlement::given_up); });
}

/// Those that go to their topic another time.
std::size_t repeated(const std::vector<PendingRecord>& pending) {
    return static_cast<std::size_t>(std::ranges::count_if(
        pending, [](const PendingRecord& one) { return one.history.target == SendTarget::topic; }));
}

} // namespace

/// Rejected records go to their dead-letter topic, where there is one. Null when nothing is left to send.
std::unique_ptr<detail::SendingBatch> ProducerWrapper::first_batch(std::vector<IngestionRecord>& records,
                                                                   Review& review) {
    if (std::ranges::none_of(records, [](const IngestionRecord& record) { return record.rejected.has_value(); })) {
        return std::make_unique<Batch>(std::move(records));
    }
    Pending pending;
    for (std::size_t i = 0; i < records.size() && !dead_letters_; ++i) {
        if (records[i].rejected) {
            give_up(records[i], i, {ErrorCode::malformed, *records[i].rejected}, review);
        }
    }
    pending.reserve(records.size());
    for (std::size_t i = 0; i < records.size(); ++i) {
        if (records[i].rejected && !dead_letters_) {
            continue;
        }
        const auto target = records[i].rejected ? SendTarget::dead_letter : SendTarget::topic;
        pending.push_back({.record = std::move(records[i]), .history = {.index = i, .target = target}});
    }
    try {
        return pending.empty() ? nullptr : std::make_unique<Batch>(std::move(pending));
    } catch (...) {
        settle_all(pending);
        throw;
    }
}

void ProducerWrapper::prepare(Batch& batch) {
    batch.prepare(*this, dependencies_.clock.now(), [this](const IngestionRecord& record, const SendHistory& history) {
        return dead_letter(record, history);
    });
}

// --- the pipeline

void ProducerWrapper::send(std::vector<IngestionRecord> batch, std::stop_token stop) {
    if (batch.empty()) {
        return;
    }
    const std::size_t size = batch.size();
    account_.accept(size);
    Review refused{.again = waiting_};
    std::unique_ptr<Batch> sending;
    try {
        if (closed_) {
            for (const IngestionRecord& record : batch) {
                give_up(record, 0, given_up_error, refused);
            }
        } else {
            sending = first_batch(batch, refused);
        }
    } catch (...) {
        std::ranges::for_each(batch, [](const auto& record) { record.settle(Settlement::given_up); });
        note_unsent(size);
        throw;
    }
    if (sending != nullptr) {
        in_flight_ += sending->size();
        dispatch(std::move(sending), 0, stop);
    }
    if (refused.tally.given_up > 0) {
        account_.settle(refused.tally);
    }
}

void ProducerWrapper::dispatch(std::unique_ptr<Batch> batch, std::size_t records_again, const std::stop_token& stop) {
    try {
        open_.reserve(open_.size() + 1);
        prepare(*batch);
    } catch (...) {
        batch->settle_all(Settlement::given_up);
        in_flight_ -= batch->size();
        note_unsent(batch->size());
        throw;
    }
    on_the_wire_ += batch->size();
    open_.push_back(std::move(batch));
    note_waits();
    account_.hand_over(records_again);
    open_.back()->hand_over(dependencies_.producer, stop);
}

void ProducerWrapper::note_unsent(std::size_t records) noexcept {
    detail::ProducerAccount::Tally tally{.failed = records, .given_up = records};
    tally.failure = Error{.code = ErrorCode::unavailable, .message = kNoMemory, .retryable = true};
    try {
        account_.settle(tally);
    } catch (...) { // NOLINT(bugprone-empty-catch): it is about the log; what was given up is told to its source
    }
}

void ProducerWrapper::serve(std::stop_token stop) {
    if (const std::exception_ptr threw = take_finished()) {
        std::rethrow_exception(threw);
    }
    const auto now = dependencies_.clock.now();
    while (next_due_ && *next_due_ <= now) {
        Pending due = take_due(waiting_, now, options().batch_size);
        next_due_ = soonest(waiting_);
        const std::size_t again = repeated(due);
        std::unique_ptr<Batch> batch;
        try {
            batch = std::make_unique<Batch>(std::move(due));
        } catch (...) {
            settle_all(due);
            in_flight_ -= due.size();
            note_unsent(due.size());
            throw;
        }
        dispatch(std::move(batch), again, stop);
    }
}

/// Returns what kept it from looking at all that was reported to the end.
std::exception_ptr ProducerWrapper::take_finished() noexcept {
    Batch* finished = finished_.exchange(nullptr, std::memory_order_acquire);
    if (finished == nullptr) {
        return nullptr;
    }
    std::exception_ptr threw;
    Batch* oldest = nullptr;
    while (finished != nullptr) {
        oldest = std::exchange(finished, std::exchange(finished->next, oldest));
    }
    while (oldest != nullptr) {
        Batch& batch = *std::exchange(oldest, oldest->next);
        on_the_wire_ -= batch.size();
        if (!batch.settled) {
            Review review{.again = waiting_, .now = dependencies_.clock.now(), .closing = closed_};
            settle_reported(batch, review);
            threw = review.threw ? review.threw : threw;
        }
        std::erase_if(open_, [&batch](const auto& open) { return open.get() == &batch; });
    }
    next_due_ = soonest(waiting_);
    note_waits();
    return threw;
}

void ProducerWrapper::settle_reported(Batch& batch, Review& review) noexcept {
    const std::size_t waiting_before = waiting_.size();
    review.policy = policy(Caller::goes_on);
    this->review(batch, review);
    const std::size_t gone = batch.size() - (waiting_.size() - waiting_before);
    in_flight_ -= gone;
    if (review.threw) {
        const auto& tally = review.tally;
        note_unsent(gone - std::min(gone, tally.acknowledged + tally.dead_lettered + tally.given_up));
    }
    try {
        account_.settle(review.tally);
    } catch (...) {
        review.threw = std::current_exception();
    }
}

void ProducerWrapper::note_waits() {
    waiting_count_.store(waiting_.size());
    account_.wait_since(open_.empty() ? std::nullopt : std::optional(open_.front()->sent()));
}

std::size_t ProducerWrapper::give_up() noexcept {
    closed_ = true;
    (void)take_finished();
    const std::size_t rest = in_flight_.load();
    Review review{.again = waiting_};
    try {
        give_up(waiting_, review);
        for (const auto& batch : open_) {
            if (!std::exchange(batch->settled, true)) {
                give_up_unreported(*batch, review);
            }
        }
        account_.settle(review.tally);
    } catch (...) {
        settle_all(waiting_);
        for (const auto& batch : open_) {
            batch->settled = true;
            batch->settle_all(Settlement::given_up);
        }
        note_unsent(rest);
    }
    next_due_.reset();
    in_flight_.store(0);
    note_waits();
    return rest;
}

void ProducerWrapper::give_up_unreported(Batch& batch, Review& review) {
    for (std::size_t i = 0; i < batch.size(); ++i) {
        give_up(batch.record(i), batch.history(i).index, not_reported_error, review);
    }
}

// --- callers that wait

SendReport ProducerWrapper::send_with_retry(std::vector<IngestionRecord> records, const std::string& source_type,
                                            const std::string& source_id, const std::string& topic,
                                            std::stop_token stop) {
    SendReport report;
    for (IngestionRecord& record : records) {
        record.source = source_id;
        record.topic = topic;
        report.results.push_back({.id = record.id});
    }
    if (records.empty()) {
        report.success = true;
        return report;
    }
    account_.accept(records.size());
    send_and_wait(std::move(records), report, stop);
    report.success = std::ranges::all_of(report.results, &RecordResult::success);
    if (const auto failed = std::ranges::find(report.results, false, &RecordResult::success);
        failed != report.results.end()) {
        dependencies_.log.warn("source {} ({}): not all records were sent to {}: {}", source_id, source_type, topic,
                               failed->error ? failed->error->message : "");
    }
    return report;
}

void ProducerWrapper::send_and_wait(std::vector<IngestionRecord> records, SendReport& report,
                                    const std::stop_token& stop) {
    Pending pending;
    Review review{.again = pending, .policy = policy(Caller::waits), .results = &report.results};
    auto batch = first_batch(records, review);
    std::size_t again = 0;
    while (batch != nullptr) {
        prepare(*batch);
        batch->awaited = true;
        account_.hand_over(again);
        batch->hand_over(dependencies_.producer, stop);
        if (!await_reports(batch, review, stop)) {
            break;
        }
        review.now = dependencies_.clock.now();
        this->review(*batch, review);
        if (review.threw) {
            std::rethrow_exception(review.threw);
        }
        account_.settle(std::exchange(review.tally, {}));
        batch.reset();
        if (const auto due = soonest(pending); due && await(*due, stop)) {
            Pending now = take_due(pending, *due, pending.size());
            again = repeated(now);
            report.retry_count += again > 0 ? 1 : 0;
            batch = std::make_unique<Batch>(std::move(now));
        }
    }
    give_up(pending, review);
    account_.settle(review.tally);
}

/// False when a stop came first: its records are given up then, and the batch is kept until its reports came.
bool ProducerWrapper::await_reports(std::unique_ptr<Batch>& batch, Review& review, const std::stop_token& stop) {
    {
        std::unique_lock lock(callers_mutex_);
        if (callers_changed_.wait(lock, stop, [&batch] { return batch->finished; })) {
            return true;
        }
        std::erase_if(abandoned_, [](const auto& one) { return one->finished; });
    }
    give_up_unreported(*batch, review);
    const std::scoped_lock lock(callers_mutex_);
    abandoned_.push_back(std::move(batch));
    return false;
}

bool ProducerWrapper::await(Clock::steady_time due, const std::stop_token& stop) {
    std::unique_lock lock(callers_mutex_);
    while (dependencies_.clock.now() < due) {
        if (stop.stop_requested()) {
            return false;
        }
        dependencies_.clock.wait_until(lock, callers_changed_, due, stop);
    }
    return true;
}

} // namespace streaming
