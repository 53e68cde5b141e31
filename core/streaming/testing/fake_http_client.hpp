#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <map>
#include <mutex>
#include <stop_token>
#include <string>
#include <vector>

#include "core/streaming/infrastructure/http_client.hpp"
#include "core/streaming/testing/faults.hpp"

namespace streaming::fakes {

/// Canned answers by URL, seen by all clients, and the requests that came. Thread-safe. A URL without an answer is a
/// 404.
class FakeWeb {
public:
    /// From now on `url` is answered so; answers given once go first.
    void answer(const std::string& url, HttpResponse response);
    void answer(const std::string& url, std::string body); ///< 200 with this body
    void answer_once(const std::string& url, HttpResponse response);
    void fail_next(std::size_t count, const Error& error) { faults_.add(count, error); }
    [[nodiscard]] std::size_t failed() const { return faults_.fired(); }

    void hold_answers(); ///< whoever asks from now on waits, for ever: only a stop or the release ends it
    void release_answers();

    [[nodiscard]] std::vector<HttpRequest> requests() const;
    [[nodiscard]] std::size_t requests_for(const std::string& url) const;

private:
    friend class FakeHttpClient;

    struct Page {
        std::deque<HttpResponse> once{};
        HttpResponse always{.status = 404};
    };

    Result<HttpResponse> get(const HttpRequest& request, const std::stop_token& stop);

    Faults faults_{};
    mutable std::mutex pages_mutex_{};
    std::map<std::string, Page> pages_{};
    std::vector<HttpRequest> requests_{};
    std::condition_variable_any released_{};
    bool held_ = false;
};

/// HttpClient on a FakeWeb, which must outlive it.
class FakeHttpClient final : public HttpClient {
public:
    explicit FakeHttpClient(FakeWeb& web) : web_(web) {}
    Result<HttpResponse> get(const HttpRequest& request, std::stop_token stop) override;

private:
    FakeWeb& web_;
};

} // namespace streaming::fakes
