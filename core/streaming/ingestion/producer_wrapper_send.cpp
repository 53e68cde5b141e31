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

const Error kGivenUp{ErrorCode::stopped, "producer: was stopped before the record could be sent", true};
const Error kNotReported{ErrorCode::unknown_outcome, "producer: stopped before the acknowledgement came", true};

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

/// Those that go to their topic another time.
std::size_t repeated(const std::vector<PendingRecord>& pending) {
    return static_cast<std::size_t>(std::ranges::count_if(
        pending, [](const PendingRecord& one) { return one.history.target == SendTarget::topic; }));
}

} // namespace

/// Rejected records go to their dead-letter topic, where there is one. Null when nothing is left to send.
std::unique_ptr<detail::SendingBatch> ProducerWrapper::first_batch(std::vector<IngestionRecord> records,
                                                                   Review& review) {
    if (std::ranges::none_of(records, [](const IngestionRecord& record) { return record.rejected.has_value(); })) {
        return std::make_unique<Batch>(std::move(records));
    }
    Pending pending;
    for (std::size_t i = 0; i < records.size(); ++i) {
        if (records[i].rejected && !dead_letters_) {
            give_up(records[i], i, {ErrorCode::malformed, *records[i].rejected}, review);
            continue;
        }
        const auto target = records[i].rejected ? SendTarget::dead_letter : SendTarget::topic;
        pending.push_back({.record = std::move(records[i]), .history = {.index = i, .target = target}});
    }
    return pending.empty() ? nullptr : std::make_unique<Batch>(std::move(pending));
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
    account_.accept(batch.size());
    Review refused{.again = waiting_};
    if (closed_) {
        for (const IngestionRecord& record : batch) {
            give_up(record, 0, kGivenUp, refused);
        }
    } else if (auto sending = first_batch(std::move(batch), refused)) {
        in_flight_ += sending->size();
        dispatch(std::move(sending), 0, stop);
    }
    if (refused.tally.given_up > 0) {
        account_.settle(refused.tally);
    }
}

void ProducerWrapper::dispatch(std::unique_ptr<Batch> batch, std::size_t records_again, const std::stop_token& stop) {
    prepare(*batch);
    on_the_wire_ += batch->size();
    open_.push_back(std::move(batch));
    note_waits();
    account_.hand_over(records_again);
    open_.back()->hand_over(dependencies_.producer, stop);
}

void ProducerWrapper::serve(std::stop_token stop) {
    take_finished();
    const auto now = dependencies_.clock.now();
    while (next_due_ && *next_due_ <= now) {
        Pending due = take_due(waiting_, now, options().batch_size);
        next_due_ = soonest(waiting_);
        const std::size_t again = repeated(due);
        dispatch(std::make_unique<Batch>(std::move(due)), again, stop);
    }
}

void ProducerWrapper::take_finished() {
    Batch* finished = finished_.exchange(nullptr, std::memory_order_acquire);
    if (finished == nullptr) {
        return;
    }
    Batch* oldest = nullptr;
    while (finished != nullptr) {
        oldest = std::exchange(finished, std::exchange(finished->next, oldest));
    }
    while (oldest != nullptr) {
        Batch& batch = *std::exchange(oldest, oldest->next);
        on_the_wire_ -= batch.size();
        if (!batch.settled) {
            settle_reported(batch);
        }
        std::erase_if(open_, [&batch](const auto& open) { return open.get() == &batch; });
    }
    next_due_ = soonest(waiting_);
    note_waits();
}

void ProducerWrapper::settle_reported(Batch& batch) {
    const std::size_t waiting_before = waiting_.size();
    Review review{
        .again = waiting_, .policy = policy(Caller::goes_on), .now = dependencies_.clock.now(), .closing = closed_};
    this->review(batch, review);
    account_.settle(review.tally);
    in_flight_ -= batch.size() - (waiting_.size() - waiting_before);
}

void ProducerWrapper::note_waits() {
    waiting_count_.store(waiting_.size());
    account_.wait_since(open_.empty() ? std::nullopt : std::optional(open_.front()->sent()));
}

std::size_t ProducerWrapper::give_up() noexcept {
    closed_ = true;
    take_finished();
    const std::size_t rest = in_flight_.load();
    Review review{.again = waiting_};
    give_up(waiting_, review);
    next_due_.reset();
    for (const auto& batch : open_) {
        if (!std::exchange(batch->settled, true)) {
            give_up_unreported(*batch, review);
        }
    }
    account_.settle(review.tally);
    in_flight_.store(0);
    note_waits();
    return rest;
}

void ProducerWrapper::give_up_unreported(Batch& batch, Review& review) {
    for (std::size_t i = 0; i < batch.size(); ++i) {
        give_up(batch.record(i), batch.history(i).index, kNotReported, review);
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
    auto batch = first_batch(std::move(records), review);
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
