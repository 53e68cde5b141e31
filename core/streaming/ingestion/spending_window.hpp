#pragma once

#include <chrono>
#include <cstdint>
#include <deque>

#include "core/streaming/infrastructure/clock.hpp"

namespace streaming {

/// What was spent in the window that ends now. Kept in hundredths of the window, each of which counts until all of it
/// is out: never too little, and at most a hundredth of the window too long. Not thread-safe; knows no clock.
class SpendingWindow {
public:
    explicit SpendingWindow(std::chrono::nanoseconds window);

    [[nodiscard]] std::uint64_t used(Clock::steady_time now);
    void spend(std::uint64_t cost, Clock::steady_time now);
    /// Takes back the newest of what was spent.
    void take_back(std::uint64_t cost);
    /// When something of it is over; max() = nothing was spent.
    [[nodiscard]] Clock::steady_time next_end() const;
    [[nodiscard]] std::chrono::nanoseconds window() const noexcept { return window_; }

private:
    struct Part {
        std::int64_t index = 0; ///< of the hundredth, since the epoch of the clock
        std::uint64_t spent = 0;
    };
    [[nodiscard]] Clock::steady_time end_of(const Part& part) const;

    std::chrono::nanoseconds window_;
    std::chrono::nanoseconds width_;
    std::deque<Part> parts_{}; ///< oldest first
    std::uint64_t used_ = 0;
};

} // namespace streaming
