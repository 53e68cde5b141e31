#include "core/streaming/reliability/offset_tracker.hpp"

#include <algorithm>
#include <bit>

namespace streaming {

namespace {
constexpr std::uint64_t kBitsPerWord = 64;
}

OffsetTracker::OffsetTracker(std::size_t initial_capacity)
    : offsets_(std::bit_ceil(std::max<std::size_t>(initial_capacity, kBitsPerWord))),
      done_(offsets_.size() / kBitsPerWord) {}

std::uint64_t OffsetTracker::push(std::int64_t offset) {
    if (tail_ - head_ == offsets_.size()) {
        grow();
    }
    offsets_[tail_ & (offsets_.size() - 1)] = offset;
    ++unfinished_;
    return tail_++;
}

void OffsetTracker::reach(std::int64_t end) {
    const std::int64_t next = tail_ == 0 ? -1 : offsets_[(tail_ - 1) & (offsets_.size() - 1)] + 1;
    if (end > next) {
        complete(push(end - 1));
    }
}

void OffsetTracker::complete(std::uint64_t sequence) noexcept {
    if (sequence < head_ || sequence >= tail_) {
        return;
    }
    const std::uint64_t mask = offsets_.size() - 1;
    const std::uint64_t place = sequence & mask;
    std::uint64_t& word = done_[place / kBitsPerWord];
    const std::uint64_t bit = std::uint64_t{1} << (place % kBitsPerWord);
    if ((word & bit) != 0) {
        return;
    }
    word |= bit;
    --unfinished_;
    if (sequence == head_) {
        pass_finished();
    }
}

/// Moves the head over everything finished, up to a word at a time, and clears the bits behind it for the next lap.
void OffsetTracker::pass_finished() noexcept {
    const std::uint64_t mask = offsets_.size() - 1;
    for (;;) {
        const std::uint64_t place = head_ & mask;
        const std::uint64_t shift = place % kBitsPerWord;
        std::uint64_t& word = done_[place / kBitsPerWord];
        const auto run = static_cast<std::uint64_t>(std::countr_one(word >> shift));
        const std::uint64_t ones = run == kBitsPerWord ? ~std::uint64_t{0} : (std::uint64_t{1} << run) - 1;
        word &= ~(ones << shift);
        head_ += run;
        if (run == 0 || shift + run < kBitsPerWord) {
            break;
        }
    }
    committable_ = offsets_[(head_ - 1) & mask] + 1;
}

std::int64_t OffsetTracker::oldest_unfinished() const noexcept {
    return head_ == tail_ ? -1 : offsets_[head_ & (offsets_.size() - 1)];
}

void OffsetTracker::grow() {
    std::vector<std::int64_t> offsets(offsets_.size() * 2);
    std::vector<std::uint64_t> done(done_.size() * 2);
    const std::uint64_t old_mask = offsets_.size() - 1;
    const std::uint64_t mask = offsets.size() - 1;
    for (std::uint64_t sequence = head_; sequence != tail_; ++sequence) {
        const std::uint64_t from = sequence & old_mask;
        const std::uint64_t to = sequence & mask;
        offsets[to] = offsets_[from];
        const std::uint64_t is_done = (done_[from / kBitsPerWord] >> (from % kBitsPerWord)) & 1U;
        done[to / kBitsPerWord] |= is_done << (to % kBitsPerWord);
    }
    offsets_ = std::move(offsets);
    done_ = std::move(done);
}

} // namespace streaming
