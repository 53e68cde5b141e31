#pragma once

#include <chrono>
#include <cstddef>

#include "core/streaming/infrastructure/clock.hpp"

namespace streaming {

/// Keeps a rate: a token bucket, full at the beginning, so that whoever was quiet waits for nothing. Used by one
/// thread.
class SendPace {
public:
    SendPace(double rate, Clock::steady_time now);

    /// `rate` in records/s, more than 0. Up to what it gives in `burst` (at least one record) may leave at once.
    void set(double rate, std::chrono::duration<double> burst, Clock::steady_time now);
    /// How many of `wanted` may leave now; they are gone then.
    [[nodiscard]] std::size_t take(std::size_t wanted, Clock::steady_time now);
    /// When it pays to ask again after `take` gave nothing: some records at a time, not each by itself.
    [[nodiscard]] Clock::steady_time ready(std::size_t wanted) const;

private:
    void refill(Clock::steady_time now);

    double rate_;
    double capacity_;
    double tokens_;
    Clock::steady_time filled_;
};

} // namespace streaming
