#pragma once

#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "core/streaming/infrastructure/http_client.hpp"
#include "core/streaming/infrastructure/options.hpp"

namespace streaming {

/// HttpClient on libcurl. Connections are kept and reused; compressed bodies are decoded while they arrive, and the cap
/// on the body counts what comes out. At most 3 redirects, never from https to http; headers of the request stay with
/// the origin they were meant for. Certificates are checked unless the options say otherwise; proxies are those of the
/// environment; HTTP/2 where a TLS server offers it. A stop request ends a transfer at once.
class CurlHttpClient final : public HttpClient {
public:
    explicit CurlHttpClient(HttpOptions options);
    ~CurlHttpClient() override;
    CurlHttpClient(const CurlHttpClient&) = delete;
    CurlHttpClient& operator=(const CurlHttpClient&) = delete;

    Result<HttpResponse> get(const HttpRequest& request, std::stop_token stop) override;
    /// All on the calling thread.
    std::vector<Result<HttpResponse>> get_all(std::span<const HttpRequest> requests, std::size_t host_concurrency,
                                              std::stop_token stop) override;

private:
    class Transfers;
    std::unique_ptr<Transfers> borrow();
    void give_back(std::unique_ptr<Transfers> transfers);

    HttpOptions options_;
    std::mutex idle_mutex_{};
    std::vector<std::unique_ptr<Transfers>> idle_{}; ///< with their open connections; one per call at a time
};

} // namespace streaming
