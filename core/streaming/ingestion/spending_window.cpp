#include "core/streaming/ingestion/spending_window.hpp"

#include <algorithm>

namespace streaming {

using std::chrono::nanoseconds;

SpendingWindow::SpendingWindow(nanoseconds window) : window_(window), width_((window.count() + 99) / 100) {
    width_ = std::max(width_, nanoseconds(1));
}

Clock::steady_time SpendingWindow::end_of(const Part& part) const {
    return Clock::steady_time(width_ * (part.index + 1)) + window_;
}

std::uint64_t SpendingWindow::used(Clock::steady_time now) {
    while (!parts_.empty() && end_of(parts_.front()) <= now) {
        used_ -= parts_.front().spent;
        parts_.pop_front();
    }
    return used_;
}

void SpendingWindow::spend(std::uint64_t cost, Clock::steady_time now) {
    const std::int64_t index = now.time_since_epoch() / width_;
    if (parts_.empty() || parts_.back().index < index) {
        parts_.push_back({.index = index});
    }
    parts_.back().spent += cost;
    used_ += cost;
}

void SpendingWindow::take_back(std::uint64_t cost) {
    while (cost > 0 && !parts_.empty()) {
        const std::uint64_t some = std::min(cost, parts_.back().spent);
        parts_.back().spent -= some;
        used_ -= some;
        cost -= some;
        if (parts_.back().spent == 0) {
            parts_.pop_back();
        }
    }
}

Clock::steady_time SpendingWindow::next_end() const {
    return parts_.empty() ? Clock::steady_time::max() : end_of(parts_.front());
}

} // namespace streaming
