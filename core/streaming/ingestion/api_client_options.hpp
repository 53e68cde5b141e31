#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "core/streaming/infrastructure/options.hpp"
#include "core/streaming/ingestion/circuit_breaker.hpp"
#include "core/streaming/ingestion/fetch_retries.hpp"
#include "core/streaming/ingestion/response_cache.hpp"

namespace streaming {

/// A budget of requests that sources share because they use one key. Those that name it must mean the same by it.
struct ApiBudgetOptions {
    std::string name{};        ///< empty = none; shown, so it is not the key itself
    std::size_t limit = 5'000; ///< requests, or what they cost, in any `window`; 1-100,000,000
    std::chrono::milliseconds window = std::chrono::minutes(10); ///< 1 s to 1 day
    double weight = 1; ///< this source's share is its weight by the sum of all weights; 0.001-1000
};

struct ApiClientOptions {
    /// Requests, 1-1,000,000; a tenth of it, at least 1, may go at once after a pause.
    std::size_t rate_limit_per_minute = 60;
    std::chrono::milliseconds timeout{
        30'000}; ///< of one fetch with its retries; the longest wait before it; 1 ms to 1 h
    std::chrono::milliseconds idle_timeout{30'000}; ///< the longest time in which nothing comes; 1 ms to 1 h
    /// How long an answer is used again when the server says nothing about it; 0 = never, whatever it says; at most 7
    /// days.
    std::chrono::milliseconds cache_ttl{60'000};
    std::chrono::milliseconds cache_min{0};                      ///< what the server says counts as at least this,
    std::chrono::milliseconds cache_max = std::chrono::hours(1); ///< and at most this; at most 7 days
    std::chrono::milliseconds max_age{0};                        ///< older payloads are stale; 0 = none is
    std::chrono::milliseconds max_retry_after = std::chrono::hours(1); ///< longer pauses are not kept to; 1 s to 7 days
    std::chrono::milliseconds quota_pause = std::chrono::minutes(10);  ///< when the API says that its quota is used up
    /// After a refusal that does not say for how long (429, 503, the page of a CDN that blocks): at least; twice as
    /// long with each further one in a row, up to 5 min (or max_retry_after, when that is shorter). 0 = none.
    std::chrono::milliseconds block_pause = std::chrono::seconds(5);
    std::size_t host_concurrency = 16; ///< requests of this process on their way to one host, 1-1000
    FetchRetryOptions retry{};
    CircuitBreaker::Options breaker{};
    ApiBudgetOptions budget{};
    ResponseCache::Limits cache{};

    [[nodiscard]] Problems validate() const;
};

} // namespace streaming
