#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <stop_token>
#include <utility>
#include <vector>

#include "core/streaming/infrastructure/http_client.hpp"

namespace streaming::detail {

/// An HttpClient in whose place another one can be put, under those who borrow it. Used by one thread at a time.
class SwitchedHttpClient final : public HttpClient {
public:
    void use(std::unique_ptr<HttpClient> client) { client_ = std::move(client); }
    Result<HttpResponse> get(const HttpRequest& request, std::stop_token stop) override {
        return client_->get(request, std::move(stop));
    }
    std::vector<Result<HttpResponse>> get_all(std::span<const HttpRequest> requests, std::size_t host_concurrency,
                                              std::stop_token stop) override {
        return client_->get_all(requests, host_concurrency, std::move(stop));
    }

private:
    std::unique_ptr<HttpClient> client_{};
};

} // namespace streaming::detail
