#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "core/streaming/ingestion/answer_class.hpp"
#include "core/streaming/ingestion/circuit_breaker.hpp"

namespace streaming {

/// Why a request gave nothing.
enum class ApiFailure : std::uint8_t {
    rate_limit,   ///< not sent: its turn would have come after its timeout
    timed_out,    ///< no answer in time
    unavailable,  ///< no connection
    refused,      ///< 429: too many requests
    client_error, ///< any other 4xx
    server_error, ///< 5xx
    too_large,    ///< the body is over its bound
    other,        ///< any other error, and statuses that are no success
    paused,       ///< not sent: the host asked for a pause that is longer than the timeout
    circuit_open, ///< not sent: the host failed too often in a row
    budget        ///< not sent: the budget that sources share has nothing left before the timeout
};
inline constexpr std::size_t kApiFailures = 11;

[[nodiscard]] std::string_view to_string(ApiFailure failure) noexcept;

/// Each request counts once: succeeded (from the cache or not), failed, or stopped.
struct ApiClientCounts {
    std::uint64_t total_requests = 0;                    ///< asked for
    std::uint64_t succeeded = 0;                         ///< 2xx and 304, those from the cache included
    std::uint64_t from_cache = 0;                        ///< took nothing of the rate limit
    std::uint64_t stopped = 0;                           ///< ended by the stop token: neither success nor failure
    std::uint64_t waited = 0;                            ///< had to wait for the rate limit
    std::array<std::uint64_t, kApiFailures> failures{};  ///< by ApiFailure
    std::uint64_t unchanged = 0;                         ///< 304 instead of a body: nothing new
    std::uint64_t retries = 0;                           ///< sent again inside a fetch
    std::uint64_t pauses = 0;                            ///< answers that asked for a pause, with a time or without
    std::uint64_t stale = 0;                             ///< payloads older than max_age, as connectors said
    std::array<std::uint64_t, kAnswerClasses> answers{}; ///< by AnswerClass, as connectors said
    CircuitBreaker::State circuit = CircuitBreaker::State::closed; ///< of the host that is worst off
    std::uint64_t circuit_opened = 0;                              ///< how often, by all clients of its hosts
    /// Since the last success that did not come from the cache; absent = there was none.
    std::optional<std::chrono::milliseconds> last_answer_age{};
    /// Until a pause or an open circuit lets the next request go; absent = it may go.
    std::optional<std::chrono::milliseconds> blocked_for{};

    [[nodiscard]] std::uint64_t failed() const noexcept;
    [[nodiscard]] double success_rate() const noexcept;   ///< 0-1 of those that ended; 1 while there are none
    [[nodiscard]] double cache_hit_rate() const noexcept; ///< 0-1 of total_requests; 0 while there are none
};

} // namespace streaming
