#pragma once

#include <chrono>

#include "core/streaming/infrastructure/clock.hpp"

namespace streaming {

/// Keeps a caller from waiting for a store that is away with every batch: after a few failures in a row it may be tried
/// only every now and then (0.2 s doubling to 10 s). Used by one thread. Reads the clock only while the store is away.
class OutageBackoff {
public:
    static constexpr int kFailuresToOpen = 3;

    explicit OutageBackoff(Clock& clock) : clock_(clock) {}
    [[nodiscard]] bool may_try() const noexcept { return failures_ < kFailuresToOpen || clock_.now() >= next_try_; }
    /// True for the first failure after a success.
    bool failed() noexcept;
    /// True for the first success after a failure.
    bool worked() noexcept;

private:
    Clock& clock_;
    int failures_ = 0;
    std::chrono::milliseconds delay_{0};
    Clock::steady_time next_try_{};
};

} // namespace streaming
