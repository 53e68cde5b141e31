#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/streaming/ingestion/ingestion_record.hpp"
#include "core/streaming/reliability/flow_metrics.hpp"

namespace streaming {

/// Which overflow strategy dropped a record.
enum class DropReason : std::uint8_t { overflow_oldest, overflow_newest };
inline constexpr std::size_t kDropReasons = 2;

[[nodiscard]] std::string_view to_string(DropReason reason) noexcept;

/// Dropped records that have all of this in common.
struct QueueDrops {
    std::string source{};
    Priority priority = Priority::normal;
    DropReason reason = DropReason::overflow_oldest;
    std::uint64_t count = 0;
    friend bool operator==(const QueueDrops&, const QueueDrops&) = default;
};

/// Everything counted about a queue at one moment; at every moment
///     enqueued = dequeued + displaced + size    and    offered = enqueued + refused + stopped.
/// Sources are labels: at most kMaxLabelValues of them stay apart, further ones count as kOtherLabel.
struct QueueCounts {
    std::uint64_t enqueued = 0;  ///< taken in
    std::uint64_t dequeued = 0;  ///< handed out, and not put back
    std::uint64_t displaced = 0; ///< dropped after they had been taken in, for a newcomer
    std::uint64_t refused = 0;   ///< dropped at the door
    std::uint64_t stopped = 0;   ///< left with their producer: the queue was closed or the wait for room was ended
    std::size_t size = 0;
    std::size_t bytes = 0; ///< as IngestionRecord::bytes counts
    std::size_t max_size = 0;
    std::size_t max_bytes = 0;
    std::size_t waiting_producers = 0; ///< for room
    std::array<std::size_t, kPriorities> size_by_priority{};
    LabelCounts enqueued_by_source{};
    std::vector<QueueDrops> drops{}; ///< by source, priority and reason; none of them zero

    [[nodiscard]] std::uint64_t dropped() const noexcept { return displaced + refused; }
    [[nodiscard]] std::uint64_t offered() const noexcept { return enqueued + refused + stopped; }
    /// Of records or of bytes, whichever is nearer to its bound. Above 100 after a bound was made smaller.
    [[nodiscard]] double utilization_percent() const noexcept {
        const auto percent = [](std::size_t used, std::size_t bound) {
            return bound == 0 ? 0.0 : 100.0 * static_cast<double>(used) / static_cast<double>(bound);
        };
        return std::max(percent(size, max_size), percent(bytes, max_bytes));
    }
};

} // namespace streaming
