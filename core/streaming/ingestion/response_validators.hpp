#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/streaming/infrastructure/clock.hpp"
#include "core/streaming/infrastructure/http_client.hpp"

namespace streaming {

/// By what the last answer to a request is known again: its ETag and Last-Modified, and until when it is fresh. The
/// body is not kept: who asks has it. By URL and headers; the oldest of too many are forgotten. Not thread-safe; in
/// memory only, since what became of the rows of an answer is not known after a restart. Shows no URL.
class ResponseValidators {
public:
    static constexpr std::size_t kMost = 1024; ///< requests that are remembered

    /// Takes in what a good answer says. One that may not be kept is forgotten.
    void remember(const HttpRequest& request, const HttpResponse& answer, Clock::steady_time fresh_until);
    void unchanged(const HttpRequest& request, Clock::steady_time fresh_until);
    void forget(const HttpRequest& request);
    void clear();

    /// Whether the last answer needs no asking yet.
    [[nodiscard]] bool is_fresh(const HttpRequest& request, Clock::steady_time now) const;
    /// Adds If-None-Match and If-Modified-Since; false = nothing is known.
    bool add_conditions(const HttpRequest& request, HttpRequest& to) const;
    [[nodiscard]] std::size_t size() const { return known_.size(); }

private:
    struct Key {
        std::string url{};
        std::vector<std::pair<std::string, std::string>> headers{};
        friend auto operator<=>(const Key&, const Key&) = default;
    };
    struct Known {
        std::string etag{};
        std::string last_modified{};
        Clock::steady_time fresh_until{};
    };
    [[nodiscard]] static Key key_of(const HttpRequest& request) { return {request.url, request.headers}; }

    std::map<Key, Known> known_{};
    std::deque<Key> order_{}; ///< oldest first
};

} // namespace streaming
