#include "core/streaming/ingestion/queue_manager.hpp"

#include <algorithm>
#include <span>
#include <utility>

namespace streaming {

namespace {

/// Records that one producer brings in under one lock; a few ten microseconds.
constexpr std::size_t kPortion = 512;

detail::PriorityLanes::Order order_of(const QueueOptions& options) {
    return {.by_priority = options.enable_priorities, .max_wait = options.max_wait};
}

} // namespace

QueueManager::QueueManager(Clock& clock, QueueOptions options)
    : clock_(clock), options_(options), lanes_(order_of(options)) {}

EnqueueOutcome QueueManager::enqueue(IngestionRecord&& record, std::stop_token stop) {
    const Portion portion = take_portion({&record, 1}, Wait::for_room, stop);
    if (portion.taken == 0) {
        return EnqueueOutcome::stopped;
    }
    return portion.refused > 0 ? EnqueueOutcome::dropped : EnqueueOutcome::queued;
}

std::size_t QueueManager::enqueue_batch(std::vector<IngestionRecord>& records, std::stop_token stop) {
    return enqueue_all(records, Wait::for_room, stop);
}

std::size_t QueueManager::try_enqueue_batch(std::vector<IngestionRecord>& records) {
    return enqueue_all(records, Wait::never, {});
}

std::size_t QueueManager::enqueue_all(std::vector<IngestionRecord>& records, Wait wait, const std::stop_token& stop) {
    std::size_t taken = 0;
    while (taken < records.size()) {
        const Portion portion = take_portion(std::span(records).subspan(taken), wait, stop);
        if (portion.taken == 0) {
            break;
        }
        taken += portion.taken;
    }
    records.erase(records.begin(), records.begin() + static_cast<std::ptrdiff_t>(taken));
    return taken;
}

QueueManager::Portion QueueManager::take_portion(std::span<IngestionRecord> records, Wait wait,
                                                 const std::stop_token& stop) {
    Portion portion;
    std::vector<IngestionRecord> dropped;
    bool wake_consumers = false;
    {
        Lock lock(queue_mutex_);
        if (const auto now = clock_.now();
            wait == Wait::never && (closed_ || !may_enter(arrival_of(records.front(), now), now))) {
            return {};
        }
        const auto now = await_entry(lock, records.front(), stop);
        if (!now) {
            stopped_ += records.size();
            return {};
        }
        for (IngestionRecord& record : records.first(std::min(records.size(), kPortion))) {
            if (!may_enter(arrival_of(record, *now), *now) && portion.taken > 0) {
                break;
            }
            record.enqueued = *now;
            portion.refused += take_in(record, dropped) ? 0 : 1;
            ++portion.taken;
        }
        wake_consumers = wakes_consumers();
    }
    if (wake_consumers) {
        records_.notify_all();
    }
    for (const IngestionRecord& record : dropped) {
        record.settle(Settlement::dropped);
    }
    return portion;
}

std::optional<Clock::steady_time> QueueManager::await_entry(Lock& lock, const IngestionRecord& record,
                                                            const std::stop_token& stop) {
    auto now = clock_.now();
    const Arrival arrival = arrival_of(record, now);
    if (closed_) {
        return std::nullopt;
    }
    if (may_enter(arrival, now)) {
        return now;
    }
    at_the_door_.push_back(&arrival);
    if (wakes_consumers()) {
        records_.notify_all();
    }
    while (!closed_ && !stop.stop_requested() && !may_enter(arrival, now)) {
        clock_.wait_until(lock, room_, order_changes_at(now), stop);
        now = clock_.now();
    }
    std::erase(at_the_door_, &arrival);
    if (!at_the_door_.empty()) {
        room_.notify_all(); // some may have waited for this one only
    }
    return !closed_ && may_enter(arrival, now) ? std::optional(now) : std::nullopt;
}

QueueManager::Arrival QueueManager::arrival_of(const IngestionRecord& record, Clock::steady_time now) const noexcept {
    return {.priority = options_.enable_priorities ? record.priority : Priority::normal,
            .bytes = record.bytes(),
            .since = now};
}

bool QueueManager::may_enter(const Arrival& arrival, Clock::steady_time now) const noexcept {
    if (options_.overflow_strategy != OverflowStrategy::block) {
        return true;
    }
    return fits(arrival.bytes) && std::ranges::none_of(at_the_door_, [&](const Arrival* other) {
               return other != &arrival && goes_before(*other, arrival, now);
           });
}

bool QueueManager::goes_before(const Arrival& first, const Arrival& second, Clock::steady_time now) const noexcept {
    const bool first_overdue = now - first.since > options_.max_wait;
    const bool second_overdue = now - second.since > options_.max_wait;
    if (first_overdue != second_overdue) {
        return first_overdue;
    }
    return first_overdue ? first.since < second.since : first.priority < second.priority;
}

/// Those at the door look one after the other: when one has waited too long between the looks of two, each has let the
/// other go first, and nothing else would make them look again.
Clock::steady_time QueueManager::order_changes_at(Clock::steady_time now) const noexcept {
    auto next = Clock::steady_time::max();
    for (const Arrival* const arrival : at_the_door_) {
        if (now - arrival->since <= options_.max_wait) {
            next = std::min(next, arrival->since + options_.max_wait + Clock::steady_time::duration(1));
        }
    }
    return next;
}

bool QueueManager::fits(std::size_t bytes) const noexcept {
    return lanes_.size() == 0 || (lanes_.size() < options_.max_size && lanes_.bytes() < options_.max_bytes &&
                                  bytes <= options_.max_bytes - lanes_.bytes());
}

bool QueueManager::full() const noexcept {
    return lanes_.size() >= options_.max_size || lanes_.bytes() >= options_.max_bytes;
}

bool QueueManager::enough(std::size_t at_least) const noexcept {
    // With nothing inside, whoever is at the door is about to enter.
    const bool takes_no_more = lanes_.size() > 0 && (full() || !at_the_door_.empty());
    return at_least != kNoCount && (lanes_.size() >= at_least || closed_ || takes_no_more);
}

bool QueueManager::take_in(IngestionRecord& record, std::vector<IngestionRecord>& dropped) {
    if (!fits(record.bytes())) {
        const auto reason = options_.overflow_strategy == OverflowStrategy::drop_newest ? DropReason::overflow_newest
                                                                                        : DropReason::overflow_oldest;
        if (!make_room(record, reason, dropped)) {
            ++refused_;
            count_drop(record, reason);
            dropped.push_back(std::move(record));
            return false;
        }
    }
    ++tally_.of(record.source).enqueued;
    ++enqueued_;
    lanes_.push_back(std::move(record));
    return true;
}

bool QueueManager::make_room(const IngestionRecord& record, DropReason reason, std::vector<IngestionRecord>& dropped) {
    const std::size_t bytes = record.bytes();
    if (bytes > options_.max_bytes) {
        return false;
    }
    // Where a bound was made smaller, or one record is larger than it, a newcomer takes the place of as much as it is.
    const std::size_t before = dropped.size();
    const std::size_t max_bytes = std::max(options_.max_bytes, lanes_.bytes());
    const std::size_t free_bytes = max_bytes - lanes_.bytes();
    const bool enough = lanes_.displace({.priority = record.priority,
                                         .records = lanes_.size() < options_.max_size ? 0U : 1U,
                                         .bytes = bytes > free_bytes ? bytes - free_bytes : 0},
                                        reason, dropped);
    for (const IngestionRecord& gone : std::span(dropped).subspan(before)) {
        ++displaced_;
        count_drop(gone, reason);
    }
    return enough;
}

void QueueManager::count_drop(const IngestionRecord& record, DropReason reason) {
    auto& counts = tally_.of(record.source).dropped[static_cast<std::size_t>(record.priority)];
    ++counts[static_cast<std::size_t>(reason)];
}

std::vector<IngestionRecord> QueueManager::dequeue_batch(std::size_t max, std::chrono::milliseconds wait,
                                                         std::stop_token stop) {
    Lock lock(queue_mutex_);
    if (wait > std::chrono::milliseconds::zero() && !enough(max)) {
        const auto until = clock_.now() + wait;
        while (!enough(max) && !stop.stop_requested() && clock_.now() < until) {
            await_records(lock, max, until, stop);
        }
    }
    return pop(std::move(lock), max);
}

std::vector<IngestionRecord> QueueManager::take_all() { return pop(Lock(queue_mutex_), kNoCount); }

std::vector<IngestionRecord> QueueManager::pop(Lock lock, std::size_t max) {
    std::vector<IngestionRecord> records;
    lanes_.pop(max, clock_.now(), records);
    dequeued_ += records.size();
    const bool wake_producers = !records.empty() && !at_the_door_.empty();
    lock.unlock();
    if (wake_producers) {
        room_.notify_all();
    }
    return records;
}

void QueueManager::put_back(std::vector<IngestionRecord> records) {
    bool wake_consumers = false;
    {
        const std::lock_guard lock(queue_mutex_);
        dequeued_ -= records.size();
        std::for_each(records.rbegin(), records.rend(),
                      [this](IngestionRecord& record) { lanes_.push_front(std::move(record)); });
        wake_consumers = wakes_consumers();
    }
    if (wake_consumers) {
        records_.notify_all();
    }
}

void QueueManager::wait(std::size_t at_least, Clock::steady_time until, std::stop_token stop) {
    Lock lock(queue_mutex_);
    while (!interrupted_ && !enough(at_least) && !stop.stop_requested() && clock_.now() < until) {
        await_records(lock, at_least, until, stop);
    }
    interrupted_ = false;
}

/// Whoever notifies takes `wake_at_` away, so that producers notify once and not for each record until it runs.
void QueueManager::await_records(Lock& lock, std::size_t at_least, Clock::steady_time until,
                                 const std::stop_token& stop) {
    wake_at_ = std::min(wake_at_, at_least);
    clock_.wait_until(lock, records_, until, stop);
}

bool QueueManager::wakes_consumers() noexcept {
    if (!enough(wake_at_)) {
        return false;
    }
    wake_at_ = kNoCount;
    return true;
}

void QueueManager::interrupt() noexcept {
    {
        const std::lock_guard lock(queue_mutex_);
        interrupted_ = true;
    }
    records_.notify_all();
}

void QueueManager::close() {
    {
        const std::lock_guard lock(queue_mutex_);
        closed_ = true;
        interrupted_ = true;
    }
    room_.notify_all();
    records_.notify_all();
}

void QueueManager::configure(QueueOptions options) {
    {
        const std::lock_guard lock(queue_mutex_);
        options_ = options;
        lanes_.reorder(order_of(options));
    }
    room_.notify_all();
    records_.notify_all();
}

std::size_t QueueManager::size() const {
    const std::lock_guard lock(queue_mutex_);
    return lanes_.size();
}

std::size_t QueueManager::bytes() const {
    const std::lock_guard lock(queue_mutex_);
    return lanes_.bytes();
}

bool QueueManager::is_full() const {
    const std::lock_guard lock(queue_mutex_);
    return full();
}

std::optional<Clock::steady_time> QueueManager::oldest() const {
    const std::lock_guard lock(queue_mutex_);
    return lanes_.oldest();
}

QueueCounts QueueManager::counts() const {
    const std::lock_guard lock(queue_mutex_);
    QueueCounts counts{.enqueued = enqueued_,
                       .dequeued = dequeued_,
                       .displaced = displaced_,
                       .refused = refused_,
                       .stopped = stopped_,
                       .size = lanes_.size(),
                       .bytes = lanes_.bytes(),
                       .max_size = options_.max_size,
                       .max_bytes = options_.max_bytes,
                       .waiting_producers = at_the_door_.size(),
                       .size_by_priority = lanes_.size_by_priority()};
    tally_.copy_to(counts);
    return counts;
}

} // namespace streaming
