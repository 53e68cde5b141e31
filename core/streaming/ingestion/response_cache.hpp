#pragma once

#include <chrono>
#include <cstddef>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/streaming/infrastructure/clock.hpp"
#include "core/streaming/infrastructure/http_client.hpp"

namespace streaming {

/// Answers that may be used again, by URL and headers of the request. Bounded: the one used least recently goes first,
/// and an answer over the bound is not kept. Not thread-safe; knows no clock. Holds URLs and headers, which may carry
/// keys: it shows none.
class ResponseCache {
public:
    struct Limits {
        std::size_t max_answers = 64;                ///< 0 = keeps nothing
        std::size_t max_bytes = 32U * 1024U * 1024U; ///< of bodies and headers, requests included
    };
    using Answer = std::shared_ptr<const HttpResponse>;

    explicit ResponseCache(Limits limits) : limits_(limits) {}
    ResponseCache(const ResponseCache&) = delete;
    ResponseCache& operator=(const ResponseCache&) = delete;

    /// The answer to this request that is younger than its own lifetime, else than `ttl`; null when there is none, or
    /// when it is over the request's max_body_bytes.
    [[nodiscard]] Answer find(const HttpRequest& request, Clock::steady_time now, std::chrono::milliseconds ttl);
    /// Instead of an older one. `lifetime` is what the answer says itself.
    void store(const HttpRequest& request, Answer answer, Clock::steady_time now,
               std::optional<std::chrono::nanoseconds> lifetime = std::nullopt);
    void set_limits(Limits limits);
    void clear();

    [[nodiscard]] std::size_t size() const { return entries_.size(); }
    [[nodiscard]] std::size_t bytes() const { return bytes_; }

private:
    struct Key {
        std::string url{};
        std::vector<std::pair<std::string, std::string>> headers{};
        friend auto operator<=>(const Key&, const Key&) = default;
    };
    struct Entry;
    using Entries = std::map<Key, Entry>;
    using Uses = std::list<Entries::iterator>;
    struct Entry {
        Answer answer{};
        Clock::steady_time stored{};
        std::optional<std::chrono::nanoseconds> lifetime{};
        std::size_t bytes = 0;
        Uses::iterator use{};
    };

    void erase(Entries::iterator entry);
    void shrink(std::size_t answers, std::size_t bytes);

    Limits limits_;
    Entries entries_{};
    Uses uses_{}; ///< least recent first
    std::size_t bytes_ = 0;
};

} // namespace streaming
