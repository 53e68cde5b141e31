#include "core/streaming/testing/fake_http_client.hpp"

#include <algorithm>
#include <cctype>
#include <optional>
#include <utility>

namespace streaming::fakes {
namespace {

/// As the real client hands them out.
HttpResponse with_lower_case_names(HttpResponse response) {
    for (auto& [name, value] : response.headers) {
        std::ranges::transform(name, name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    }
    return response;
}

/// What the real client refuses before it connects.
std::optional<Error> refusal(const HttpRequest& request) {
    if (!request.url.starts_with("http://") && !request.url.starts_with("https://")) {
        return Error{ErrorCode::invalid_argument, "url: must be http or https"};
    }
    for (const auto& [name, value] : request.headers) {
        if ((name + value).find_first_of("\r\n") != std::string::npos) {
            return Error{ErrorCode::invalid_argument, "a header holds a line break"};
        }
    }
    return std::nullopt;
}

} // namespace

void FakeWeb::answer(const std::string& url, HttpResponse response) {
    const std::lock_guard lock(pages_mutex_);
    pages_[url].always = with_lower_case_names(std::move(response));
}

void FakeWeb::answer(const std::string& url, std::string body) {
    answer(url, HttpResponse{.status = 200, .body = std::move(body)});
}

void FakeWeb::answer_once(const std::string& url, HttpResponse response) {
    const std::lock_guard lock(pages_mutex_);
    pages_[url].once.push_back(with_lower_case_names(std::move(response)));
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

void FakeWeb::hold_answers() {
    const std::lock_guard lock(pages_mutex_);
    held_ = true;
}

void FakeWeb::release_answers() {
    {
        const std::lock_guard lock(pages_mutex_);
        held_ = false;
    }
    released_.notify_all();
}

Result<HttpResponse> FakeWeb::get(const HttpRequest& request, const std::stop_token& stop) {
    if (auto refused = refusal(request)) {
        return *std::move(refused);
    }
    std::unique_lock lock(pages_mutex_);
    requests_.push_back(request);
    if (!released_.wait(lock, stop, [this] { return !held_; })) {
        return Error{ErrorCode::stopped, "stopped"};
    }
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
    return web_.get(request, stop);
}

} // namespace streaming::fakes
