#include "core/streaming/testing/fake_http_client.hpp"

#include <algorithm>
#include <utility>

namespace streaming::fakes {

void FakeWeb::answer(const std::string& url, HttpResponse response) {
    const std::lock_guard lock(pages_mutex_);
    pages_[url].always = std::move(response);
}

void FakeWeb::answer(const std::string& url, std::string body) {
    answer(url, HttpResponse{.status = 200, .body = std::move(body)});
}

void FakeWeb::answer_once(const std::string& url, HttpResponse response) {
    const std::lock_guard lock(pages_mutex_);
    pages_[url].once.push_back(std::move(response));
}

std::vector<HttpRequest> FakeWeb::requests() const {
    const std::lock_guard lock(pages_mutex_);
    return requests_;
}

std::size_t FakeWeb::requests_for(const std::string& url) const {
    const std::lock_guard lock(pages_mutex_);
    return static_cast<std::size_t>(std::count_if(requests_.begin(), requests_.end(),
                                                  [&](const HttpRequest& request) { return request.url == url; }));
}

Result<HttpResponse> FakeWeb::get(const HttpRequest& request) {
    const std::lock_guard lock(pages_mutex_);
    requests_.push_back(request);
    if (auto fault = faults_.take(request.url)) {
        return *std::move(fault);
    }
    Page& page = pages_[request.url];
    HttpResponse response = page.always;
    if (!page.once.empty()) {
        response = std::move(page.once.front());
        page.once.pop_front();
    }
    if (response.body.size() > request.max_body_bytes) {
        return Error{ErrorCode::too_large, "the body is over max_body_bytes"};
    }
    return response;
}

Result<HttpResponse> FakeHttpClient::get(const HttpRequest& request, std::stop_token stop) {
    if (stop.stop_requested()) {
        return Error{ErrorCode::stopped, "stopped"};
    }
    return web_.get(request);
}

} // namespace streaming::fakes
