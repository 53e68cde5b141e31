#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/streaming/infrastructure/clock.hpp"

namespace streaming {

/// Spares a server that fails: after so many failures in a row nothing is asked for a while, then one probe is let
/// through, and its result decides. Not thread-safe; knows no clock.
class CircuitBreaker {
public:
    struct Options {
        std::size_t failures = 5;                                      ///< in a row, 0-1000; 0 = never opens
        std::chrono::milliseconds open_for = std::chrono::seconds(10); ///< 1 ms to 1 h
    };
    enum class State : std::uint8_t { closed, open, half_open };
    enum class Admission : std::uint8_t { yes, as_probe, no };

    [[nodiscard]] Admission admit(Clock::steady_time now);
    void succeeded();
    void failed(Clock::steady_time now, const Options& options);
    /// A request ended without telling anything about the server.
    void ended(Admission admission, Clock::steady_time now);

    [[nodiscard]] State state() const noexcept { return state_; }
    [[nodiscard]] Clock::steady_time open_until() const noexcept { return open_until_; } ///< while open
    [[nodiscard]] std::uint64_t opened() const noexcept { return opened_; }              ///< how often

private:
    State state_ = State::closed;
    std::size_t failures_ = 0; ///< in a row
    Clock::steady_time open_until_{};
    std::uint64_t opened_ = 0;
};

[[nodiscard]] std::string_view to_string(CircuitBreaker::State state) noexcept;

} // namespace streaming
