#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace streaming::fakes {

/// Counts everything that happens in a group of fakes, so that a test can wait until "something changed" instead of
/// sleeping. Thread-safe.
class Activity {
public:
    using real_time = std::chrono::steady_clock::time_point;

    [[nodiscard]] std::uint64_t count() const;
    void bump() noexcept;
    /// Waits until the count is no longer `seen`; false when the real time `guard` came first.
    [[nodiscard]] bool wait_past(std::uint64_t seen, real_time guard);

private:
    mutable std::mutex count_mutex_{};
    std::condition_variable changed_{};
    std::uint64_t count_ = 0;
};

} // namespace streaming::fakes
