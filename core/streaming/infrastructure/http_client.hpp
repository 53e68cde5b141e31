#pragma once

#include <chrono>
#include <cstddef>
#include <span>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "core/streaming/infrastructure/result.hpp"

namespace streaming {

struct HttpRequest {
    std::string url{};
    std::vector<std::pair<std::string, std::string>> headers{};
    std::chrono::milliseconds timeout{30'000};        ///< of the whole call
    std::size_t max_body_bytes = 16U * 1024U * 1024U; ///< counted after decoding
    std::chrono::milliseconds idle_timeout{30'000};   ///< the longest time in which nothing comes
    // For clients that stand between the caller and the network, which does not know them:
    bool conditional = false; ///< the caller can do with 304 without a body: what it got last is still so
    std::size_t cost = 1;     ///< of a budget that requests share
};

struct HttpResponse {
    long status = 0;
    std::vector<std::pair<std::string, std::string>> headers{}; ///< names in lower case
    std::string body{};
    [[nodiscard]] std::string header(const std::string& lower_case_name) const; ///< empty when absent
};

/// Fetches over HTTP(S) with GET. A port; thread-safe. An answer of any status is a Response; an Error means there was
/// none. Error texts never hold the query or the path of the URL: they may carry keys.
class HttpClient {
public:
    virtual ~HttpClient() = default;
    virtual Result<HttpResponse> get(const HttpRequest& request, std::stop_token stop) = 0;
    /// Many at once, at most `host_concurrency` of them to one host; answers in the order of the requests. Where
    /// nothing else is said: one after the other.
    virtual std::vector<Result<HttpResponse>> get_all(std::span<const HttpRequest> requests,
                                                      std::size_t host_concurrency, std::stop_token stop);
};

} // namespace streaming
