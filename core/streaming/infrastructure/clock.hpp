#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stop_token>

namespace streaming {

/// Time, and waiting for it. A port; thread-safe.
class Clock {
public:
    using steady_time = std::chrono::steady_clock::time_point;
    using system_time = std::chrono::system_clock::time_point;

    virtual ~Clock() = default;
    [[nodiscard]] virtual steady_time now() const noexcept = 0;        ///< for durations
    [[nodiscard]] virtual system_time system_now() const noexcept = 0; ///< for stamps only

    /// Waits on `changed` (with `lock` held) until notified, `time` is reached or a stop is requested. May return
    /// early: check the condition and the time again.
    virtual void wait_until(std::unique_lock<std::mutex>& lock, std::condition_variable_any& changed, steady_time time,
                            std::stop_token stop) = 0;
};

} // namespace streaming
