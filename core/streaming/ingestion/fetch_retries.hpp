#pragma once

#include <chrono>
#include <cstddef>

#include "core/streaming/infrastructure/http_client.hpp"
#include "core/streaming/ingestion/jitter.hpp"

namespace streaming {

struct FetchRetryOptions {
    std::size_t max_retries = 0;                 ///< of one fetch, 0-10
    std::chrono::milliseconds first_delay{500};  ///< at most before the first retry, doubled each time; 1 ms to 1 h
    std::chrono::milliseconds max_delay{10'000}; ///< at least first_delay, at most 1 h
    double budget = 0.2;                         ///< retries for each request that is asked for, in the long run; 0-1
};

/// Whether and when a request is tried again: exponential with full jitter
/// (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/), inside a budget, so that a server that
/// fails everything is not asked several times as often as one that is well. Not thread-safe.
class FetchRetries {
public:
    static constexpr double kMostSaved = 10; ///< retries that may come together after a good time

    void set_options(const FetchRetryOptions& options) { options_ = options; }
    void asked(); ///< one more request: saves a part of a retry
    /// Takes one retry out of the budget; false = there is none.
    [[nodiscard]] bool take(std::size_t retries_before);
    [[nodiscard]] std::chrono::nanoseconds most_delay(std::size_t retries_before) const;

    /// An Error that is retryable, or a status that passes: 408, 425, 429, 500, 502, 503, 504.
    [[nodiscard]] static bool may_succeed_later(const Result<HttpResponse>& answer);

private:
    FetchRetryOptions options_{};
    double saved_ = kMostSaved;
};

} // namespace streaming
