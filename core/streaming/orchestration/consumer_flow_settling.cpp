#include <spdlog/logger.h>
#include <algorithm>
#include <utility>

#include "core/streaming/orchestration/consumer_flow.hpp"
#include "core/streaming/orchestration/flow_lag.hpp"

// What a flow does with records that are done: settled, committed, and given up with their partition or at the end.
namespace streaming {

using detail::InboxNode;
using detail::LaneWork;
using detail::RecordTask;
using Which = detail::PartitionTable::Which;

namespace {

/// How long a wait for handlers sleeps at most.
constexpr std::chrono::milliseconds kIdleWait{250};
/// How long a rebalance waits for handlers of the partitions that go.
constexpr std::chrono::milliseconds kRevokeWait{10'000};
/// Of the time to stop, what is kept for the last commit and for leaving the group.
constexpr std::chrono::seconds kLeaveReserve{8};

} // namespace

/// Takes back everything that lanes and the delivery thread are done with.
void ConsumerFlow::settle() {
    InboxNode* node = inbox_.take_all();
    while (node != nullptr) {
        InboxNode* next = node->next;
        __builtin_prefetch(next);
        if (node->kind == InboxNode::Kind::work) {
            ledger_.work_returned(*static_cast<LaneWork*>(node)->batch);
        } else {
            settle_task(*static_cast<RecordTask*>(node));
        }
        node = next;
    }
    close_books();
    if (plan_.options.catch_up_first && dependencies_.state != nullptr) {
        // A broadcast flow commits to nobody but those of this service that wait for it.
        if (const auto handled = partitions_.committable(); !handled.empty()) {
            dependencies_.state->handled(handled);
            partitions_.commit_sent(handled);
        }
    }
}

void ConsumerFlow::settle_task(RecordTask& task) {
    if (task.abandoned) {
        if (task.partition->revoked.load(std::memory_order_relaxed)) {
            finish(task, Outcome::ignored);
        } else {
            ledger_.give_up(task);
        }
    } else if (task.delivery_failed.load(std::memory_order_acquire)) {
        if (!task.state.dead_lettering) {
            dependencies_.log.warn("{}:{}:{}: what it sent was not delivered: {}", task.state.record->topic,
                                   task.state.record->partition, task.state.record->offset,
                                   task.delivery_error->message);
        }
        lanes_.redo(task);
    } else {
        finish(task, task.state.outcome);
    }
}

void ConsumerFlow::finish(RecordTask& task, Outcome outcome) {
    lanes_.left(task);
    if (RecordTask* twin = ledger_.finish(task, outcome)) {
        lanes_.add(*twin);
        lanes_.hand_over(*twin->batch);
    }
}

/// After records were finished: remembers the handled ones, then lets go of their bytes.
void ConsumerFlow::close_books() {
    if (filter_ != nullptr && !ledger_.handled_ids().empty()) {
        filter_->mark(ledger_.handled_ids());
    }
    if (ledger_.release_batches() && full_) {
        full_since_ = dependencies_.clock.now();
    }
    in_flight_.store(ledger_.in_flight() - ledger_.given_up(), std::memory_order_release);
}

/// Marks first, then offsets: a record may be repeated, never forgotten.
void ConsumerFlow::commit(CommitMode mode, Which which) {
    if (plan_.options.broadcast || (mode == CommitMode::background && partitions_.committable(which).empty())) {
        return;
    }
    answer_all();
    if (filter_ != nullptr && filter_->idle()) {
        filter_->flush();
    }
    const auto offsets = partitions_.committable(which);
    if (offsets.empty()) {
        return;
    }
    if (Status status = consumer_->commit(offsets, mode); !status.ok()) {
        dependencies_.log.info("commit: {}; the next one repeats it", status.error().message);
        commit_failed_ = true;
        return;
    }
    commit_failed_ = false;
    partitions_.commit_sent(offsets);
}

/// The end: nothing more is taken, what is in flight is finished until the deadline.
std::size_t ConsumerFlow::drain(const std::stop_token& stop) noexcept {
    draining_ = true;
    polled_.clear();
    try {
        finish_what_is_in_flight(stop);
    } catch (...) {
        threw("the poll thread");
    }
    const std::size_t unfinished = ledger_.in_flight();
    if (unfinished > 0) {
        dependencies_.log.warn("stopped with {} records unfinished; they were not committed and come again",
                               unfinished);
        lanes_.request_stop();
    }
    consumer_->stop();
    try {
        detail::measure_lag(partitions_, *consumer_, intake_.last_timestamp(), dependencies_.clock, ledger_.counts());
        publish();
    } catch (...) {
        threw("the poll thread");
    }
    return unfinished;
}

void ConsumerFlow::finish_what_is_in_flight(const std::stop_token& stop) {
    lanes_.begin_stop();
    const auto begin = dependencies_.clock.now();
    Clock::steady_time deadline = begin + kRevokeWait;
    if (stop.stop_requested()) {
        const std::scoped_lock lock(stop_mutex_);
        deadline = stop_deadline_;
    }
    deadline -= std::min<Clock::steady_time::duration>(kLeaveReserve, (deadline - begin) / 3);
    for (;;) {
        settle();
        answer_all();
        if (filter_ != nullptr && filter_->holding_back()) {
            answer_oldest();
        }
        const std::size_t held_back = filter_ != nullptr && filter_->holding_back() ? filter_->waiting() : 0;
        const auto now = dependencies_.clock.now();
        if (in_flight_.load() <= held_back || now >= deadline) {
            break;
        }
        inbox_.sleep_here(std::min(deadline, now + kIdleWait), {});
    }
    commit(CommitMode::wait, Which::all);
}

// ------------------------------------------------------------------ partitions that come and go

void ConsumerFlow::on_assigned(std::span<const TopicPartition> partitions) noexcept {
    partitions_.assign(partitions);
    state_wait_.begin();
    dependencies_.log.info("{} partitions assigned", partitions.size());
    status_.assigned();
}

void ConsumerFlow::on_revoked(std::span<const TopicPartition> partitions) noexcept { give_back(partitions, true); }

void ConsumerFlow::on_lost(std::span<const TopicPartition> partitions) noexcept { give_back(partitions, false); }

void ConsumerFlow::give_back(std::span<const TopicPartition> partitions, bool still_owner) noexcept {
    if (partitions.empty()) {
        return;
    }
    dependencies_.log.info("{} partitions {}", partitions.size(), still_owner ? "revoked" : "lost");
    partitions_.begin_revoke(partitions);
    for (const auto& partition : partitions) {
        polled_.drop(partition.topic, partition.partition); // polled just before: the next owner reads them
    }
    lanes_.sweep();
    const auto deadline = dependencies_.clock.now() + (still_owner && !draining_
                                                           ? std::min(kRevokeWait, plan_.options.max_poll_interval / 5)
                                                           : std::chrono::milliseconds(0));
    for (;;) {
        answer_all();
        settle();
        if (partitions_.revoked_outstanding() == 0 || dependencies_.clock.now() >= deadline) {
            break;
        }
        inbox_.sleep_here(std::min(deadline, dependencies_.clock.now() + kIdleWait), {});
    }
    if (still_owner && !(draining_ && commit_failed_)) {
        commit(CommitMode::wait, draining_ ? Which::unsent : Which::all);
    } else if (filter_ != nullptr && filter_->idle()) {
        filter_->flush();
    }
    partitions_.end_revoke();
    consumer_->wake(); // whoever pushed meanwhile found the poll thread awake
}

} // namespace streaming
