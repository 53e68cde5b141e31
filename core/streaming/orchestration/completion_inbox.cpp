#include "core/streaming/orchestration/completion_inbox.hpp"

namespace streaming::detail {

void CompletionInbox::wake_sleeper() noexcept {
    // One waker is enough: who takes the place away wakes.
    if (place_.load(std::memory_order_seq_cst) == Place::awake) {
        return;
    }
    const Place place = place_.exchange(Place::awake, std::memory_order_seq_cst);
    if (place == Place::consumer) {
        consumer_.wake();
    } else if (place == Place::here) {
        nudge();
    }
}

void CompletionInbox::sleep_here(Clock::steady_time time, const std::stop_token& stop) {
    std::unique_lock lock(sleep_mutex_);
    place_.store(Place::here, std::memory_order_seq_cst);
    if (head_.load(std::memory_order_seq_cst) == nullptr && !nudged_ && !stop.stop_requested()) {
        clock_.wait_until(lock, sleep_changed_, time, stop);
    }
    nudged_ = false;
    place_.store(Place::awake, std::memory_order_relaxed);
}

void CompletionInbox::nudge() noexcept {
    {
        const std::scoped_lock lock(sleep_mutex_);
        nudged_ = true;
    }
    sleep_changed_.notify_one();
    consumer_.wake();
}

} // namespace streaming::detail
