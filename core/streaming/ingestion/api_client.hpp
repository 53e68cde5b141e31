#pragma once

#include <array>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string_view>

#include "core/streaming/infrastructure/clock.hpp"
#include "core/streaming/infrastructure/http_client.hpp"
#include "core/streaming/ingestion/response_cache.hpp"
#include "core/streaming/ingestion/token_bucket.hpp"

namespace streaming {

/// Ranges of the first three as in SourceSettings, which checks them.
struct ApiClientOptions {
    std::size_t rate_limit_per_minute = 60;      ///< requests; a tenth of it, at least 1, may go at once after a pause
    std::chrono::milliseconds timeout{30'000};   ///< of one request; and the longest wait for the rate limit
    std::chrono::milliseconds cache_ttl{60'000}; ///< how long an answer is used again; 0 = never
    ResponseCache::Limits cache{};
};

/// Why a request gave nothing.
enum class ApiFailure : std::uint8_t {
    rate_limit,   ///< not sent: its turn would have come after its timeout
    timed_out,    ///< no answer in time
    unavailable,  ///< no connection
    refused,      ///< 429: too many requests
    client_error, ///< any other 4xx
    server_error, ///< 5xx
    too_large,    ///< the body is over its bound
    other         ///< any other error, and statuses that are no success
};
inline constexpr std::size_t kApiFailures = 8;

[[nodiscard]] std::string_view to_string(ApiFailure failure) noexcept;

/// Each request counts once: succeeded (from the cache or not), failed, or stopped.
struct ApiClientCounts {
    std::uint64_t total_requests = 0;                   ///< asked for
    std::uint64_t succeeded = 0;                        ///< 2xx and 304, those from the cache included
    std::uint64_t from_cache = 0;                       ///< took nothing of the rate limit
    std::uint64_t stopped = 0;                          ///< ended by the stop token: neither success nor failure
    std::uint64_t waited = 0;                           ///< had to wait for the rate limit
    std::array<std::uint64_t, kApiFailures> failures{}; ///< by ApiFailure
    /// Since the last success that did not come from the cache; absent = there was none.
    std::optional<std::chrono::milliseconds> last_answer_age{};

    [[nodiscard]] std::uint64_t failed() const noexcept;
    [[nodiscard]] double success_rate() const noexcept;   ///< 0-1 of those that ended; 1 while there are none
    [[nodiscard]] double cache_hit_rate() const noexcept; ///< 0-1 of total_requests; 0 while there are none
};

/// Goes between a connector and the network: keeps to the source's rate limit, uses answers again while they are fresh,
/// bounds each request's time, and counts. One for each source. Thread-safe; a wait for the rate limit is ended by the
/// stop token. Borrows what it is given.
/// A request that would wait longer than the timeout is not sent: Error timed_out, retryable. Any other Error is the
/// inner client's. Texts name the host, never path or query of the URL: they may hold keys.
class ApiClient final : public HttpClient {
public:
    struct Dependencies {
        HttpClient& http;
        Clock& clock;
    };
    ApiClient(const Dependencies& dependencies, const ApiClientOptions& options);
    ApiClient(const ApiClient&) = delete;
    ApiClient& operator=(const ApiClient&) = delete;

    /// The source's timeout is used in place of the request's; it begins when the request is sent.
    Result<HttpResponse> get(const HttpRequest& request, std::stop_token stop) override;
    /// From now on, also for requests that wait for the rate limit.
    void configure(const ApiClientOptions& options);
    [[nodiscard]] ApiClientCounts counts() const;

private:
    [[nodiscard]] ResponseCache::Answer cached(const HttpRequest& request);
    /// Waits until the rate limit lets one more go.
    Status admit(std::string_view host, const std::stop_token& stop);
    [[nodiscard]] Error over_the_rate(std::string_view host, std::chrono::nanoseconds wait) const;
    [[nodiscard]] ApiClientOptions current_options() const;
    void keep(const HttpRequest& request, const Result<HttpResponse>& answer);
    void note(const Result<HttpResponse>& answer);
    void count(ApiFailure failure) { ++counts_.failures[static_cast<std::size_t>(failure)]; }

    HttpClient& http_;
    Clock& clock_;
    mutable std::mutex state_mutex_{}; ///< guards all below
    std::condition_variable_any changed_{};
    ApiClientOptions options_;
    TokenBucket budget_;
    ResponseCache cache_;
    ApiClientCounts counts_{};
    std::optional<Clock::steady_time> last_answer_{};
};

} // namespace streaming
