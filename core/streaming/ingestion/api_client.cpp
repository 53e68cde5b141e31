#include "core/streaming/ingestion/api_client.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <numeric>
#include <utility>

#include "core/streaming/ingestion/connector.hpp"

namespace streaming {
namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;

TokenBucket::Rate rate_of(const ApiClientOptions& options) {
    return {.per_minute = options.rate_limit_per_minute,
            .burst = std::max<std::size_t>(options.rate_limit_per_minute / 10, 1)};
}

bool is_success(long status) { return (status >= 200 && status < 300) || status == 304; }

ApiFailure failure_of(long status) {
    if (status == 429) {
        return ApiFailure::refused;
    }
    if (status >= 400 && status < 500) {
        return ApiFailure::client_error;
    }
    return status >= 500 && status < 600 ? ApiFailure::server_error : ApiFailure::other;
}

ApiFailure failure_of(ErrorCode code) {
    switch (code) {
        case ErrorCode::timed_out:
            return ApiFailure::timed_out;
        case ErrorCode::unavailable:
            return ApiFailure::unavailable;
        case ErrorCode::too_large:
            return ApiFailure::too_large;
        default:
            return ApiFailure::other;
    }
}

double share(std::uint64_t part, std::uint64_t whole) { return static_cast<double>(part) / static_cast<double>(whole); }

} // namespace

std::string_view to_string(ApiFailure failure) noexcept {
    constexpr std::array<std::string_view, kApiFailures> kNames = {
        "rate_limit", "timed_out", "unavailable", "refused", "client_error", "server_error", "too_large", "other"};
    return kNames[static_cast<std::size_t>(failure)];
}

std::uint64_t ApiClientCounts::failed() const noexcept {
    return std::accumulate(failures.begin(), failures.end(), std::uint64_t{0});
}

double ApiClientCounts::success_rate() const noexcept {
    const std::uint64_t ended = succeeded + failed();
    return ended == 0 ? 1.0 : share(succeeded, ended);
}

double ApiClientCounts::cache_hit_rate() const noexcept {
    return total_requests == 0 ? 0.0 : share(from_cache, total_requests);
}

ApiClient::ApiClient(const Dependencies& dependencies, const ApiClientOptions& options)
    : http_(dependencies.http),
      clock_(dependencies.clock),
      options_(options),
      budget_(rate_of(options)),
      cache_(options.cache) {}

Result<HttpResponse> ApiClient::get(const HttpRequest& request, std::stop_token stop) {
    if (const ResponseCache::Answer answer = cached(request)) {
        return *answer;
    }
    if (Status admitted = admit(host_of(request.url), stop); !admitted) {
        return admitted.error();
    }
    const ApiClientOptions options = current_options();
    HttpRequest sent = request;
    sent.timeout = options.timeout;
    Result<HttpResponse> answer = http_.get(sent, std::move(stop));
    if (options.cache_ttl.count() > 0) {
        keep(request, answer);
    }
    note(answer);
    return answer;
}

ApiClientOptions ApiClient::current_options() const {
    const std::lock_guard lock(state_mutex_);
    return options_;
}

ResponseCache::Answer ApiClient::cached(const HttpRequest& request) {
    const auto now = clock_.now();
    const std::lock_guard lock(state_mutex_);
    ++counts_.total_requests;
    ResponseCache::Answer answer = cache_.find(request, now, options_.cache_ttl);
    if (answer != nullptr) {
        ++counts_.from_cache;
        ++counts_.succeeded;
    }
    return answer;
}

Status ApiClient::admit(std::string_view host, const std::stop_token& stop) {
    std::unique_lock lock(state_mutex_);
    const auto asked = clock_.now();
    if (const auto wait = budget_.wait(asked); wait > options_.timeout) {
        count(ApiFailure::rate_limit);
        return over_the_rate(host, wait);
    }
    const TokenBucket::Ticket ticket = budget_.take(asked);
    if (budget_.due(ticket) > asked) {
        ++counts_.waited;
    }
    while (true) {
        const auto due = budget_.due(ticket);
        if (stop.stop_requested()) {
            ++counts_.stopped;
            return Error{.code = ErrorCode::stopped, .message = fmt::format("{}: stopped", host)};
        }
        if (due <= clock_.now()) {
            return {};
        }
        if (due - asked > options_.timeout) { // the rate was lowered
            count(ApiFailure::rate_limit);
            return over_the_rate(host, due - asked);
        }
        clock_.wait_until(lock, changed_, due, stop);
    }
}

Error ApiClient::over_the_rate(std::string_view host, std::chrono::nanoseconds wait) const {
    return {.code = ErrorCode::timed_out,
            .message = fmt::format("{}: the rate limit of {} requests a minute lets the next go in {} ms, later than "
                                   "the timeout of {} ms",
                                   host, options_.rate_limit_per_minute, std::chrono::ceil<milliseconds>(wait).count(),
                                   options_.timeout.count()),
            .retryable = true};
}

void ApiClient::keep(const HttpRequest& request, const Result<HttpResponse>& answer) {
    if (!answer || answer.value().status != 200) {
        return;
    }
    auto copy = std::make_shared<const HttpResponse>(answer.value());
    const auto now = clock_.now();
    const std::lock_guard lock(state_mutex_);
    cache_.store(request, std::move(copy), now);
}

void ApiClient::note(const Result<HttpResponse>& answer) {
    const auto now = clock_.now();
    const std::lock_guard lock(state_mutex_);
    if (!answer && answer.error().code == ErrorCode::stopped) {
        ++counts_.stopped;
    } else if (!answer) {
        count(failure_of(answer.error().code));
    } else if (!is_success(answer.value().status)) {
        count(failure_of(answer.value().status));
    } else {
        ++counts_.succeeded;
        last_answer_ = now;
    }
}

void ApiClient::configure(const ApiClientOptions& options) {
    const auto now = clock_.now();
    {
        const std::lock_guard lock(state_mutex_);
        options_ = options;
        budget_.set_rate(rate_of(options), now);
        cache_.set_limits(options.cache);
        if (options.cache_ttl.count() == 0) {
            cache_.clear();
        }
    }
    changed_.notify_all();
}

ApiClientCounts ApiClient::counts() const {
    const auto now = clock_.now();
    const std::lock_guard lock(state_mutex_);
    ApiClientCounts counts = counts_;
    if (last_answer_) {
        counts.last_answer_age = std::max(duration_cast<milliseconds>(now - *last_answer_), milliseconds(0));
    }
    return counts;
}

} // namespace streaming
