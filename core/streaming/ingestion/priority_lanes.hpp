#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/streaming/ingestion/ingestion_record.hpp"
#include "core/streaming/ingestion/queue_counts.hpp"
#include "core/streaming/ingestion/record_fifo.hpp"

namespace streaming::detail {

/// The order of a queue: a lane for each priority, first in, first out in each; without priorities one lane for all.
///
/// The highest lane that has records goes first. A record of a lower one that waited longer than `max_wait` goes before
/// it, the longest waiting first, at most once in eight departures. So a record with p longer-waiting ones in the lanes
/// below critical has left when it waited `max_wait` and 8 * (p + 1) records left after that, however many come.
/// Knows no bounds. Used by one thread at a time.
class PriorityLanes {
public:
    struct Order {
        bool by_priority = true;
        std::chrono::milliseconds max_wait{};
    };
    /// What a newcomer that finds no room needs.
    struct Need {
        Priority priority = Priority::normal; ///< its own
        std::size_t records = 0;
        std::size_t bytes = 0;
    };

    explicit PriorityLanes(Order order) : order_(order) {}
    /// Records that wait are put into the new order.
    void reorder(Order order);

    void push_back(IngestionRecord&& record);
    void push_front(IngestionRecord&& record);
    /// Appends up to `max` records to `out`, in order of leaving.
    void pop(std::size_t max, Clock::steady_time now, std::vector<IngestionRecord>& out);
    /// Makes room for a newcomer: appends to `out`, from the lowest lane upwards, the oldest records that are not above
    /// it (overflow_oldest) or the newest that are below it (overflow_newest). None and false when that is not enough.
    [[nodiscard]] bool displace(const Need& need, DropReason reason, std::vector<IngestionRecord>& out);

    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }
    [[nodiscard]] const std::array<std::size_t, kPriorities>& size_by_priority() const noexcept { return by_priority_; }
    [[nodiscard]] std::optional<Clock::steady_time> oldest() const noexcept; ///< when it was enqueued

private:
    struct Lane {
        RecordFifo records{};
        std::size_t bytes = 0;
    };

    [[nodiscard]] std::size_t lane_of(Priority priority) const noexcept {
        return order_.by_priority ? static_cast<std::size_t>(priority) : 0;
    }
    [[nodiscard]] std::size_t next_lane(Clock::steady_time now);
    [[nodiscard]] std::optional<std::size_t> overdue_lane(std::size_t highest, Clock::steady_time now) const noexcept;
    void count_in(Lane& lane, const IngestionRecord& record) noexcept;
    void move_front(Lane& lane, std::vector<IngestionRecord>& out);
    void move_back(Lane& lane, std::vector<IngestionRecord>& out);
    void count_out(Lane& lane, const IngestionRecord& record) noexcept;

    Order order_;
    std::array<Lane, kPriorities> lanes_{};
    std::size_t size_ = 0;
    std::size_t bytes_ = 0;
    std::array<std::size_t, kPriorities> by_priority_{};
    std::size_t since_overdue_ = 0; ///< departures since one was overdue, as far as they count
};

} // namespace streaming::detail
