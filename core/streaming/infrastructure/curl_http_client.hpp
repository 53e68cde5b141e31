#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "core/streaming/infrastructure/http_client.hpp"
#include "core/streaming/infrastructure/options.hpp"

namespace streaming {

/// HttpClient on libcurl. Connections are kept and reused; compressed bodies are decoded while they arrive, and the cap
/// on the body counts what comes out. At most 3 redirects, never from https to http; headers of the request stay with
/// the origin they were meant for. A stop request ends a transfer at once.
class CurlHttpClient final : public HttpClient {
public:
    explicit CurlHttpClient(const HttpOptions& options);
    ~CurlHttpClient() override;
    CurlHttpClient(const CurlHttpClient&) = delete;
    CurlHttpClient& operator=(const CurlHttpClient&) = delete;

    Result<HttpResponse> get(const HttpRequest& request, std::stop_token stop) override;

private:
    class Transfer;
    std::unique_ptr<Transfer> borrow();
    void give_back(std::unique_ptr<Transfer> transfer);

    HttpOptions options_;
    std::mutex idle_mutex_{};
    std::vector<std::unique_ptr<Transfer>> idle_{}; ///< with their open connections; one per call at a time
};

} // namespace streaming
