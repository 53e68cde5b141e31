#include "core/streaming/testing/activity.hpp"

namespace streaming::fakes {

std::uint64_t Activity::count() const {
    const std::lock_guard lock(count_mutex_);
    return count_;
}

void Activity::bump() noexcept {
    const std::lock_guard lock(count_mutex_);
    ++count_;
    changed_.notify_all();
}

bool Activity::wait_past(std::uint64_t seen, real_time guard) {
    std::unique_lock lock(count_mutex_);
    return changed_.wait_until(lock, guard, [&] { return count_ != seen; });
}

} // namespace streaming::fakes
