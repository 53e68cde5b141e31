#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "core/streaming/infrastructure/clock.hpp"

namespace streaming {

/// How often something may happen: `per_minute` on average, and `burst` at once after a pause. In no minute does it
/// happen more often than both together. Who comes early gets a ticket and the time when it is due, first come, first
/// served. Not thread-safe; knows no clock.
///
/// Whole nanoseconds and no tokens that are counted: the generic cell rate algorithm in its virtual scheduling form
/// (ITU-T recommendation I.371, annex A), which decides as a token bucket does and does not drift.
class TokenBucket {
public:
    struct Rate {
        std::size_t per_minute = 60; ///< at least 1
        std::size_t burst = 1;       ///< at least 1
        friend bool operator==(const Rate&, const Rate&) = default;
    };
    using Ticket = std::uint64_t;

    explicit TokenBucket(Rate rate);

    /// How long a ticket taken now would have to wait; 0 = it may go at once.
    [[nodiscard]] std::chrono::nanoseconds wait(Clock::steady_time now) const;
    [[nodiscard]] Ticket take(Clock::steady_time now);
    [[nodiscard]] Clock::steady_time due(Ticket ticket) const; ///< may change with `set_rate`
    /// Tickets that wait keep their places and are due by the new rate.
    void set_rate(Rate rate, Clock::steady_time now);

private:
    [[nodiscard]] static std::chrono::nanoseconds interval_of(Rate rate);
    [[nodiscard]] std::chrono::nanoseconds credit() const { return interval_ * static_cast<std::int64_t>(burst_); }

    std::chrono::nanoseconds interval_;
    std::size_t burst_;
    std::optional<Clock::steady_time> next_{}; ///< when the next would be due without any burst; absent = any time
    Ticket taken_ = 0;
};

} // namespace streaming
