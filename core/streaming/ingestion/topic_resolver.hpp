#pragma once

#include <spdlog/fwd.h>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/streaming/ingestion/content_rules.hpp"
#include "core/streaming/ingestion/glob.hpp"
#include "core/streaming/ingestion/ingestion_settings.hpp"

namespace streaming {

/// How many records found their topic by which way. Each record counts once.
struct TopicResolverCounts {
    std::uint64_t explicit_used = 0;
    std::uint64_t custom_used = 0;
    std::uint64_t content_used = 0;
    std::uint64_t pattern_used = 0;
    std::uint64_t fallback_used = 0; ///< nothing else fitted
    std::uint64_t refused = 0;       ///< the topic found is not allowed: the record went to the fallback topic
    friend bool operator==(const TopicResolverCounts&, const TopicResolverCounts&) = default;
};

/// Says which topic a record goes to: the explicit one, else by custom mapping, content rule, pattern; else the
/// fallback topic. Only allowed topics: an event cannot make a record go, or a topic exist, where the configuration
/// does not say so. Never fails: what is not allowed goes to the fallback topic, is counted, and named once in the log.
/// Thread-safe. Borrows the log.
class TopicResolver {
public:
    struct Request {
        std::string_view source{};
        std::string_view explicit_topic{}; ///< of the event or of its source; empty = none
        std::string_view payload{};        ///< the envelope
    };

    /// `named_topics`: those that the configuration names elsewhere, as topics of sources and under `topics`.
    /// Allowed are `allowed_topics`, each exactly as it is written; when there are none, all that the options name and
    /// `named_topics`. The fallback topic is always allowed.
    TopicResolver(const TopicResolutionOptions& options, const std::vector<std::string>& named_topics,
                  spdlog::logger& log);
    TopicResolver(const TopicResolver&) = delete;
    TopicResolver& operator=(const TopicResolver&) = delete;

    /// Another topic that the configuration names, for a source that came while it runs. An empty one names none; with
    /// `allowed_topics` there is no other.
    void allow(const std::string& topic);
    /// The `allowed_topics` of now: what was added to a list holds at once. What was taken out, or a list where there
    /// was none, takes another resolver.
    void allow_listed(const std::vector<std::string>& allowed_topics);
    /// Where records of a source go unless their content says otherwise. Counts nothing.
    [[nodiscard]] const std::string& usual_topic(std::string_view source, std::string_view explicit_topic) const;
    /// The topic's name lives as long as the resolver.
    [[nodiscard]] const std::string& resolve(const Request& request) const;
    [[nodiscard]] TopicResolverCounts counts() const noexcept;
    /// Every topic that a record can go to, sorted.
    [[nodiscard]] std::vector<std::string> topics() const;

private:
    enum class Way { explicit_topic, custom, content, pattern, fallback, refused };
    static constexpr std::size_t kWays = 6;
    struct Found {
        Way way = Way::fallback;
        std::string_view topic{};
    };

    [[nodiscard]] const std::string* find_allowed(std::string_view topic) const;
    [[nodiscard]] Found find(const Request& request) const;
    void tell_refused(const Request& request, std::string_view topic) const;
    [[nodiscard]] std::uint64_t count(Way way) const noexcept;

    std::map<std::string, std::string, std::less<>> custom_;
    ContentRules content_;
    std::vector<std::pair<Glob, std::string>> patterns_{};
    std::set<std::string, std::less<>> allowed_;
    const std::string& fallback_; ///< in allowed_
    const bool is_closed_;        ///< there were `allowed_topics`
    spdlog::logger& log_;
    mutable std::shared_mutex later_mutex_{};
    std::set<std::string, std::less<>> later_{}; ///< allowed while it ran; only ever grows

    mutable std::array<std::atomic<std::uint64_t>, kWays> counts_{};
    mutable std::mutex told_mutex_{};
    mutable std::set<std::string, std::less<>> told_{}; ///< refused topics that the log has named
};

} // namespace streaming
