#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/streaming/infrastructure/record.hpp"
#include "core/streaming/reliability/offset_tracker.hpp"

namespace streaming::detail {

/// One partition for as long as it is ours. A partition that comes back later is another PartitionState: completions of
/// the lost one no longer count.
struct PartitionState {
    explicit PartitionState(TopicPartition which) : id(std::move(which)) {}
    TopicPartition id;
    OffsetTracker tracker{};
    std::int64_t committed = -1;   ///< last offset asked to be committed
    std::int64_t oldest_seen = -1; ///< oldest unfinished offset at the last look, and since when
    std::chrono::steady_clock::time_point oldest_since{};
    std::size_t outstanding = 0;      ///< tasks not yet back at the poll thread
    std::atomic<bool> revoked{false}; ///< lanes start no more of its records
};

/// The partitions a flow owns. Used by the poll thread; lanes read `revoked` only.
class PartitionTable {
public:
    void assign(std::span<const TopicPartition> partitions);
    /// The state of an owned partition; makes it for a record of a partition nobody announced. `topic` is compared by
    /// address first.
    [[nodiscard]] PartitionState& find(std::string_view topic, std::int32_t partition);

    /// Marks as revoked, so that lanes pass over their records.
    void begin_revoke(std::span<const TopicPartition> partitions);
    /// Tasks of revoked partitions that are still out.
    [[nodiscard]] std::size_t revoked_outstanding() const noexcept;
    /// Forgets revoked partitions; those with tasks still out are kept aside until they are back.
    void end_revoke();

    enum class Which {
        unsent, ///< what nobody asked to be committed yet
        all     ///< again what was asked for: a commit in the background may have failed unseen
    };
    /// What may be committed. `commit_sent` remembers that it was asked for.
    [[nodiscard]] std::vector<TopicOffset> committable(Which which = Which::unsent) const;
    void commit_sent(std::span<const TopicOffset> offsets);

    [[nodiscard]] bool ever_assigned() const noexcept { return ever_assigned_; }
    [[nodiscard]] std::span<const std::unique_ptr<PartitionState>> owned() const noexcept { return owned_; }

private:
    [[nodiscard]] PartitionState* lookup(std::string_view topic, std::int32_t partition) const noexcept;

    std::vector<std::unique_ptr<PartitionState>> owned_{};
    std::vector<std::unique_ptr<PartitionState>> lost_{};
    PartitionState* last_ = nullptr;
    const char* last_topic_ = nullptr;
    bool ever_assigned_ = false;
};

} // namespace streaming::detail
