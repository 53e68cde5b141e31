#include "core/streaming/infrastructure/system_clock.hpp"

#include <utility>

namespace streaming {

Clock::steady_time SystemClock::now() const noexcept { return std::chrono::steady_clock::now(); }

Clock::system_time SystemClock::system_now() const noexcept { return std::chrono::system_clock::now(); }

void SystemClock::wait_until(std::unique_lock<std::mutex>& lock, std::condition_variable_any& changed, steady_time time,
                             std::stop_token stop) {
    // Asked once before the wait and again after every notification, so that the first one ends it.
    bool waited = false;
    changed.wait_until(lock, std::move(stop), time, [&waited] { return std::exchange(waited, true); });
}

Clock& system_clock() {
    static SystemClock clock;
    return clock;
}

} // namespace streaming
