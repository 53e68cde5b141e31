#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace streaming {

/// Knows which records of one partition are unfinished, and so how far may be committed (invariant I1). Records are
/// pushed in offset order and completed in any. A ring of offsets and a bitset of what is done; offsets may have gaps.
/// Used by one thread.
class OffsetTracker {
public:
    explicit OffsetTracker(std::size_t initial_capacity = 1024);

    /// Returns the sequence number to complete it with.
    std::uint64_t push(std::int64_t offset);
    void complete(std::uint64_t sequence) noexcept;
    /// Everything before `end` was pushed; offsets without a record (compaction, transaction markers) count as
    /// finished.
    void reach(std::int64_t end);

    /// The offset to commit: one past the last record before the first unfinished one; -1 = nothing finished yet.
    [[nodiscard]] std::int64_t committable() const noexcept { return committable_; }
    [[nodiscard]] std::size_t unfinished() const noexcept { return unfinished_; }
    /// The lowest unfinished offset, or -1.
    [[nodiscard]] std::int64_t oldest_unfinished() const noexcept;

private:
    void pass_finished() noexcept;
    void grow();

    std::vector<std::int64_t> offsets_;
    std::vector<std::uint64_t> done_;
    std::uint64_t head_ = 0; ///< sequence of the oldest record not passed
    std::uint64_t tail_ = 0; ///< sequence of the next push
    std::size_t unfinished_ = 0;
    std::int64_t committable_ = -1;
};

} // namespace streaming
