#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <mutex>
#include <optional>
#include <span>
#include <stop_token>
#include <vector>

#include "core/streaming/infrastructure/clock.hpp"
#include "core/streaming/ingestion/ingestion_record.hpp"
#include "core/streaming/ingestion/ingestion_settings.hpp"
#include "core/streaming/ingestion/priority_lanes.hpp"
#include "core/streaming/ingestion/queue_counts.hpp"
#include "core/streaming/ingestion/source_tally.hpp"

namespace streaming {

enum class EnqueueOutcome {
    queued,
    dropped, ///< itself, by the overflow strategy: settled and gone
    stopped  ///< closed, or the stop was requested while it waited: the record is still the caller's
};

/// Keeps the records of all sources until they are sent; what matters most leaves first.
/// Thread-safe, for any number of producers and consumers.
/// Borrows the clock, which must outlive it. Whoever is inside must have left before it is destroyed; records that are
/// still in it then are not settled: take_all().
///
/// Order: the highest priority first, records of one priority as they came, so those of one source, key and priority
/// keep their order; `enable_priorities = false`: all as they came. A record of lower priority that waited longer than
/// `max_wait` leaves before higher ones, the longest waiting first, one of eight departures at most: a record that has
/// p longer-waiting ones below critical before it has left after `max_wait` and 8 * (p + 1) further departures.
///
/// Bounds: `max_size` records and `max_bytes`, by IngestionRecord::bytes. A record larger than `max_bytes` enters an
/// empty queue only. When there is no room,
/// - block: producers wait, higher priorities in front, but behind those that waited longer than `max_wait`;
/// - drop_oldest: the oldest of the lowest priority goes, never one of higher priority than the newcomer's: if there
/// are
///   only such, the newcomer goes;
/// - drop_newest: the newcomer goes, unless lower ones wait: then the newest of the lowest priority.
/// A record larger than `max_bytes` displaces nothing: it waits or goes itself. Dropped records are settled as such by
/// the thread that brought the newcomer, and counted.
class QueueManager {
public:
    /// More records than ever wait: `wait` does not look at records then.
    static constexpr std::size_t kNoCount = std::numeric_limits<std::size_t>::max();

    QueueManager(Clock& clock, QueueOptions options);
    QueueManager(const QueueManager&) = delete;
    QueueManager& operator=(const QueueManager&) = delete;

    /// Sets `enqueued` of the record. Waits for room under `block` only.
    [[nodiscard]] EnqueueOutcome enqueue(IngestionRecord&& record, std::stop_token stop = {});
    /// The same for many, several at a time. What was queued or dropped leaves the vector; what the stop kept out
    /// stays. Returns how many left.
    std::size_t enqueue_batch(std::vector<IngestionRecord>& records, std::stop_token stop = {});
    /// The same without waiting: what there is no room for stays, and is not counted.
    std::size_t try_enqueue_batch(std::vector<IngestionRecord>& records);

    /// Up to `max` records in order of leaving. Returns at once when they are there, the queue can take no more or is
    /// closed; else waits for that up to `wait` or until the stop, and gives what there is, possibly nothing.
    [[nodiscard]] std::vector<IngestionRecord> dequeue_batch(std::size_t max, std::chrono::milliseconds wait = {},
                                                             std::stop_token stop = {});
    /// Records that were dequeued last and could not be handled, in their order, go back in front, whatever the bounds.
    void put_back(std::vector<IngestionRecord> records);
    /// All of them, in order of leaving; counted as dequeued.
    [[nodiscard]] std::vector<IngestionRecord> take_all();

    /// For the one thread that drains. Returns when `at_least` records wait, the queue can take no more or is closed
    /// (these not for kNoCount), when `until` has come, at a stop, and when interrupt() or close() was called since the
    /// last wait. May return early.
    void wait(std::size_t at_least, Clock::steady_time until, std::stop_token stop);
    void interrupt() noexcept;

    /// Nobody gets in any more: waiting producers get `stopped`, waiting consumers return. What is inside can be
    /// dequeued. May be called twice.
    void close();
    /// While running. Smaller bounds drop nothing by themselves; it is full until enough has left.
    void configure(QueueOptions options);

    [[nodiscard]] std::size_t size() const;
    [[nodiscard]] std::size_t bytes() const;
    [[nodiscard]] bool is_full() const;
    [[nodiscard]] std::optional<Clock::steady_time> oldest() const; ///< when the longest waiting was enqueued
    [[nodiscard]] QueueCounts counts() const;

private:
    using Lock = std::unique_lock<std::mutex>;
    /// A producer that wants in.
    struct Arrival {
        Priority priority = Priority::normal;
        std::size_t bytes = 0;
        Clock::steady_time since{};
    };
    struct Portion {
        std::size_t taken = 0;   ///< queued or dropped
        std::size_t refused = 0; ///< of these, dropped at the door
    };

    // With the lock held.
    [[nodiscard]] std::optional<Clock::steady_time> await_entry(Lock& lock, const IngestionRecord& record,
                                                                const std::stop_token& stop);
    [[nodiscard]] Arrival arrival_of(const IngestionRecord& record, Clock::steady_time now) const noexcept;
    [[nodiscard]] bool may_enter(const Arrival& arrival, Clock::steady_time now) const noexcept;
    [[nodiscard]] bool goes_before(const Arrival& first, const Arrival& second, Clock::steady_time now) const noexcept;
    [[nodiscard]] Clock::steady_time order_changes_at(Clock::steady_time now) const noexcept;
    [[nodiscard]] bool fits(std::size_t bytes) const noexcept;
    [[nodiscard]] bool full() const noexcept;
    [[nodiscard]] bool enough(std::size_t at_least) const noexcept;
    [[nodiscard]] bool take_in(IngestionRecord& record, std::vector<IngestionRecord>& dropped);
    [[nodiscard]] bool make_room(const IngestionRecord& record, DropReason reason,
                                 std::vector<IngestionRecord>& dropped);
    void count_drop(const IngestionRecord& record, DropReason reason);
    void await_records(Lock& lock, std::size_t at_least, Clock::steady_time until, const std::stop_token& stop);
    [[nodiscard]] bool wakes_consumers() noexcept;

    enum class Wait { for_room, never };
    std::size_t enqueue_all(std::vector<IngestionRecord>& records, Wait wait, const std::stop_token& stop);
    [[nodiscard]] Portion take_portion(std::span<IngestionRecord> records, Wait wait, const std::stop_token& stop);
    [[nodiscard]] std::vector<IngestionRecord> pop(Lock lock, std::size_t max);

    Clock& clock_;
    mutable std::mutex queue_mutex_{};
    std::condition_variable_any room_{};
    std::condition_variable_any records_{};
    QueueOptions options_;
    detail::PriorityLanes lanes_;
    detail::SourceTally tally_{};
    std::vector<const Arrival*> at_the_door_{}; ///< as they came
    std::size_t wake_at_ = kNoCount;            ///< the smallest number of records that some consumer waits for
    bool interrupted_ = false;
    bool closed_ = false;
    std::uint64_t enqueued_ = 0;
    std::uint64_t dequeued_ = 0;
    std::uint64_t displaced_ = 0;
    std::uint64_t refused_ = 0;
    std::uint64_t stopped_ = 0;
};

} // namespace streaming
