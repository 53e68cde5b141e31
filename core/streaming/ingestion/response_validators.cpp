#include "core/streaming/ingestion/response_validators.hpp"

#include <algorithm>

namespace streaming {

void ResponseValidators::remember(const HttpRequest& request, const HttpResponse& answer,
                                  Clock::steady_time fresh_until) {
    Key key = key_of(request);
    Known known{
        .etag = answer.header("etag"), .last_modified = answer.header("last-modified"), .fresh_until = fresh_until};
    const auto [entry, is_new] = known_.insert_or_assign(key, std::move(known));
    if (!is_new) {
        return;
    }
    order_.push_back(std::move(key));
    if (order_.size() > kMost) {
        known_.erase(order_.front());
        order_.pop_front();
    }
}

void ResponseValidators::unchanged(const HttpRequest& request, Clock::steady_time fresh_until) {
    if (const auto found = known_.find(key_of(request)); found != known_.end()) {
        found->second.fresh_until = fresh_until;
    }
}

void ResponseValidators::forget(const HttpRequest& request) {
    const Key key = key_of(request);
    if (known_.erase(key) > 0) {
        order_.erase(std::ranges::find(order_, key));
    }
}

void ResponseValidators::clear() {
    known_.clear();
    order_.clear();
}

bool ResponseValidators::is_fresh(const HttpRequest& request, Clock::steady_time now) const {
    const auto found = known_.find(key_of(request));
    return found != known_.end() && now < found->second.fresh_until;
}

bool ResponseValidators::add_conditions(const HttpRequest& request, HttpRequest& to) const {
    const auto found = known_.find(key_of(request));
    if (found == known_.end() || (found->second.etag.empty() && found->second.last_modified.empty())) {
        return false;
    }
    if (!found->second.etag.empty()) {
        to.headers.emplace_back("If-None-Match", found->second.etag);
    }
    if (!found->second.last_modified.empty()) {
        to.headers.emplace_back("If-Modified-Since", found->second.last_modified);
    }
    return true;
}

} // namespace streaming
