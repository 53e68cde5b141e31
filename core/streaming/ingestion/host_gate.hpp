#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <stop_token>
#include <string>

#include "core/streaming/infrastructure/clock.hpp"
#include "core/streaming/infrastructure/result.hpp"
#include "core/streaming/ingestion/circuit_breaker.hpp"

namespace streaming {

/// What all requests of a process to one host pass: it keeps them out while the host asked for a pause, while its
/// circuit is open, and while too many are on their way. Thread-safe. Borrows the clock.
class HostGate {
public:
    struct Limits {
        std::size_t concurrency = 16; ///< requests on their way
        CircuitBreaker::Options breaker{};
    };
    enum class Ending : std::uint8_t {
        answered, ///< the host is well
        failed,   ///< it is not
        unknown   ///< tells nothing about it
    };

    /// Of a request on its way; to be ended when it is over.
    struct Pass {
        CircuitBreaker::Admission admission = CircuitBreaker::Admission::yes;
    };

    HostGate(Clock& clock, std::string host) : clock_(clock), host_(std::move(host)) {}
    HostGate(const HostGate&) = delete;
    HostGate& operator=(const HostGate&) = delete;

    /// Waits for the end of a pause, or for a place. Errors: rate_limited, the pause goes on after `give_up`;
    /// unavailable, the circuit is open; timed_out, no place until `give_up`; stopped.
    [[nodiscard]] Result<Pass> enter(const Limits& limits, Clock::steady_time give_up, const std::stop_token& stop);
    void leave(const Pass& pass, Ending ending, const Limits& limits);
    /// What `enter` would refuse right now: asked before anything is spent on a request.
    [[nodiscard]] Status look(const Limits& limits, Clock::steady_time give_up) const;

    void pause_until(Clock::steady_time time);
    /// When the next request may go, as far as pause and circuit go; in the past = now.
    [[nodiscard]] Clock::steady_time closed_until() const;
    [[nodiscard]] CircuitBreaker::State circuit() const;
    [[nodiscard]] std::uint64_t circuit_opened() const;
    [[nodiscard]] const std::string& host() const noexcept { return host_; }

private:
    [[nodiscard]] Error paused(Clock::steady_time now) const;
    [[nodiscard]] Error circuit_open(Clock::steady_time now) const;
    [[nodiscard]] Error no_place() const;

    Clock& clock_;
    const std::string host_;
    mutable std::mutex gate_mutex_{}; ///< guards all below
    std::condition_variable_any changed_{};
    Clock::steady_time paused_until_{};
    CircuitBreaker breaker_{};
    std::size_t on_their_way_ = 0;
};

} // namespace streaming
