#pragma once

#include <chrono>
#include <cstdint>

#include "core/streaming/infrastructure/clock.hpp"

namespace streaming::detail {

/// What the modes have in common about time. Used by one thread at a time.

/// How long the `place`-th source of a process waits before its first poll: the first five not at all, each further
/// five 1.24 s more, and round again after a minute or, where that is longer, their interval. So at most five of 240
/// sources begin in any second (100 begin within 24 s), and few sources begin at once. Those that are polled more often
/// than each 10 s go round their interval: to wait for many of them would gain little. 1.236 s = 2 s / golden ratio,
/// which is no part of a usual interval: those that begin the second time round do not fall on the first.
[[nodiscard]] std::chrono::nanoseconds first_poll_delay(std::size_t place, std::chrono::milliseconds interval);

/// The times at which one source is due: each `interval`, moved by up to `share` of it each way. How far is a matter of
/// the time alone, so that all sources of one interval move together, and so slowly that no interval is longer or
/// shorter by more than the share: those that began apart stay so for as long as they run. (With a jitter of its own
/// for each, 100 sources of a minute had up to 11 polls in a second, however they began.)
class PollSlots {
public:
    PollSlots(Clock::steady_time first, std::chrono::milliseconds interval, double share)
        : slot_(first), interval_(interval), share_(share) {}

    /// It begins now. When it is later than its slot by more than a tenth of the interval, or a second, the slots go on
    /// from now: the next one must not come too soon after it.
    void began(Clock::steady_time now);
    /// When the next one is due.
    [[nodiscard]] Clock::steady_time due() const;

private:
    Clock::steady_time slot_;
    std::chrono::milliseconds interval_;
    double share_;
    bool is_first_ = true; ///< that one is not moved
};

/// How long to wait after failures in a row: `first`, then twice as long each time up to `longest`.
class PollBackoff {
public:
    struct Options {
        std::chrono::milliseconds first{};
        std::chrono::milliseconds longest{};
    };
    explicit PollBackoff(Options options) : options_(options) {}
    /// As polls at an interval have it: the interval, up to 8 intervals but no more than 5 min, nor less than the
    /// interval.
    static PollBackoff of_interval(std::chrono::milliseconds interval);

    /// One more failure; how long to wait.
    std::chrono::milliseconds failed();
    void worked() noexcept { delay_ = std::chrono::milliseconds{0}; }

private:
    Options options_;
    std::chrono::milliseconds delay_{0};
};

} // namespace streaming::detail
