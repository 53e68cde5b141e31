#include "core/streaming/reliability/mark_queue.hpp"

#include <algorithm>
#include <numeric>

namespace streaming {

void MarkQueue::add(std::string_view stored_id) {
    lengths_.push_back(static_cast<std::uint8_t>(stored_id.size()));
    bytes_ += stored_id;
}

void MarkQueue::append(MarkQueue& other) {
    lengths_.insert(lengths_.end(), other.lengths_.begin(), other.lengths_.end());
    bytes_ += other.bytes_;
    other.clear();
}

void MarkQueue::drop_oldest(std::size_t count) {
    const auto end = lengths_.begin() + static_cast<std::ptrdiff_t>(std::min(count, lengths_.size()));
    bytes_.erase(0, std::accumulate(lengths_.begin(), end, std::size_t{0}));
    lengths_.erase(lengths_.begin(), end);
}

void MarkQueue::clear() noexcept {
    bytes_.clear();
    lengths_.clear();
}

void MarkQueue::list(std::vector<std::string_view>& into) const {
    into.clear();
    std::size_t at = 0;
    for (const std::uint8_t length : lengths_) {
        into.emplace_back(bytes_.data() + at, length);
        at += length;
    }
}

} // namespace streaming
