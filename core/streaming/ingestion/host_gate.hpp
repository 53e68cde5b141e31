#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>

#include "core/streaming/infrastructure/clock.hpp"
#include "core/streaming/infrastructure/result.hpp"
#include "core/streaming/ingestion/circuit_breaker.hpp"
#include "core/streaming/ingestion/jitter.hpp"

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

    /// How long after a refusal that does not say so.
    struct RefusalPause {
        std::chrono::nanoseconds first{};   ///< 0 = not at all
        std::chrono::nanoseconds longest{}; ///< at least first
    };

    /// Of a request on its way; to be ended when it is over.
    struct Pass {
        CircuitBreaker::Admission admission = CircuitBreaker::Admission::yes;
    };

    HostGate(Clock& clock, std::string host) : clock_(clock), host_(std::move(host)) {}
    HostGate(const HostGate&) = delete;
    HostGate& operator=(const HostGate&) = delete;

    /// Waits for the end of a pause, for a place, or (2 s at most) for what a probe finds. Errors: rate_limited, the
    /// pause goes on after `give_up`; unavailable, the circuit is open; timed_out, no place until `give_up`; stopped.
    [[nodiscard]] Result<Pass> enter(const Limits& limits, Clock::steady_time give_up, const std::stop_token& stop);
    void leave(const Pass& pass, Ending ending, const Limits& limits);
    /// What `enter` would refuse right now: asked before anything is spent on a request. Waits for a probe as that
    /// does.
    [[nodiscard]] Status look(const Limits& limits, Clock::steady_time give_up, const std::stop_token& stop);

    void pause_until(Clock::steady_time time);
    /// A refusal that does not say for how long: a pause, twice as long with each until the host answers again. One
    /// that comes during a pause is of a request that was sent before: it adds nothing.
    /// Returns how long, without the jitter; 0 = it added nothing.
    std::chrono::nanoseconds refused(const RefusalPause& pause, Jitter& jitter);
    /// Whether a pause of that length is to be told to people, once by whoever asks first: until the host answers
    /// again, those that follow are told when they are longer, else once a minute at most.
    [[nodiscard]] bool is_to_be_told(std::chrono::nanoseconds pause);
    /// Whether it answers again, and a pause was told: the same.
    [[nodiscard]] bool is_end_to_be_told();
    /// When the next request may go, as far as pause and circuit go; in the past = now. While a probe is on its way:
    /// when to ask again.
    [[nodiscard]] Clock::steady_time closed_until() const;
    [[nodiscard]] CircuitBreaker::State circuit() const;
    [[nodiscard]] std::uint64_t circuit_opened() const;
    [[nodiscard]] const std::string& host() const noexcept { return host_; }

private:
    void await_probe(std::unique_lock<std::mutex>& lock, Clock::steady_time give_up, const std::stop_token& stop);
    [[nodiscard]] Error paused(Clock::steady_time now) const;
    [[nodiscard]] Error circuit_open(Clock::steady_time now) const;
    [[nodiscard]] Error no_place() const;

    Clock& clock_;
    const std::string host_;
    mutable std::mutex gate_mutex_{}; ///< guards all below
    std::condition_variable_any changed_{};
    Clock::steady_time paused_until_{};
    std::size_t refusals_ = 0; ///< in a row, without a time
    struct Told {
        Clock::steady_time at{};
        std::chrono::nanoseconds pause{};
    };
    std::optional<Told> told_{}; ///< the last, until the host answers
    CircuitBreaker breaker_{};
    std::size_t on_their_way_ = 0;
};

} // namespace streaming
