#include "core/streaming/ingestion/response_cache.hpp"

namespace streaming {
namespace {

std::size_t bytes_of(const std::vector<std::pair<std::string, std::string>>& headers) {
    std::size_t bytes = 0;
    for (const auto& [name, value] : headers) {
        bytes += name.size() + value.size();
    }
    return bytes;
}

} // namespace

ResponseCache::Answer ResponseCache::find(const HttpRequest& request, Clock::steady_time now,
                                          std::chrono::milliseconds ttl) {
    const auto found = entries_.find({.url = request.url, .headers = request.headers});
    if (found == entries_.end()) {
        return nullptr;
    }
    if (now - found->second.stored >= found->second.lifetime.value_or(ttl)) {
        erase(found);
        return nullptr;
    }
    if (found->second.answer->body.size() > request.max_body_bytes) {
        return nullptr;
    }
    uses_.splice(uses_.end(), uses_, found->second.use);
    return found->second.answer;
}

void ResponseCache::store(const HttpRequest& request, Answer answer, Clock::steady_time now,
                          std::optional<std::chrono::nanoseconds> lifetime) {
    Key key{.url = request.url, .headers = request.headers};
    if (const auto older = entries_.find(key); older != entries_.end()) {
        erase(older);
    }
    const std::size_t bytes = key.url.size() + bytes_of(key.headers) + answer->body.size() + bytes_of(answer->headers);
    if (limits_.max_answers == 0 || bytes > limits_.max_bytes) {
        return;
    }
    shrink(limits_.max_answers - 1, limits_.max_bytes - bytes);
    const auto entry =
        entries_
            .emplace(std::move(key),
                     Entry{.answer = std::move(answer), .stored = now, .lifetime = lifetime, .bytes = bytes})
            .first;
    entry->second.use = uses_.insert(uses_.end(), entry);
    bytes_ += bytes;
}

void ResponseCache::set_limits(Limits limits) {
    limits_ = limits;
    shrink(limits_.max_answers, limits_.max_bytes);
}

void ResponseCache::clear() { shrink(0, 0); }

void ResponseCache::shrink(std::size_t answers, std::size_t bytes) {
    while (!uses_.empty() && (entries_.size() > answers || bytes_ > bytes)) {
        erase(uses_.front());
    }
}

void ResponseCache::erase(Entries::iterator entry) {
    bytes_ -= entry->second.bytes;
    uses_.erase(entry->second.use);
    entries_.erase(entry);
}

} // namespace streaming
