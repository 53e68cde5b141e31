#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>

#include "core/streaming/infrastructure/clock.hpp"

namespace streaming {

/// The plain mean of the lags of the last 60 s. Used by one thread.
class LagWindow {
public:
    static constexpr std::chrono::seconds kLength{60}; ///< a sample that is as old as this is out

    void add(std::uint64_t lag, Clock::steady_time taken);
    /// The newest sample counts whatever its age: lag may be looked at more rarely than once a minute. Absent when
    /// there was none at all.
    [[nodiscard]] std::optional<double> mean(Clock::steady_time now) const;

private:
    struct Sample {
        Clock::steady_time taken{};
        std::uint64_t lag = 0;
    };

    std::deque<Sample> samples_{};
};

} // namespace streaming
