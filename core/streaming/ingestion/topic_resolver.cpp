#include "core/streaming/ingestion/topic_resolver.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "core/streaming/infrastructure/event_types.hpp"

namespace streaming {
namespace {

/// Names that somebody outside makes up do not fill the log, nor the memory.
constexpr std::size_t kMostTold = 100;

std::set<std::string, std::less<>> allowed_by(const TopicResolutionOptions& options,
                                              const std::vector<std::string>& named_topics) {
    std::set<std::string, std::less<>> allowed(options.allowed_topics.begin(), options.allowed_topics.end());
    if (allowed.empty()) {
        allowed.insert(named_topics.begin(), named_topics.end());
        for (const auto& [source, topic] : options.custom_mappings) {
            allowed.insert(topic);
        }
        for (const auto& rule : options.content_rules) {
            allowed.insert(rule.topic);
        }
        for (const auto& pattern : options.patterns) {
            allowed.insert(pattern.topic);
        }
    }
    allowed.erase(""); // a source without a topic of its own names none
    allowed.insert(options.fallback);
    return allowed;
}

} // namespace

TopicResolver::TopicResolver(const TopicResolutionOptions& options, const std::vector<std::string>& named_topics,
                             spdlog::logger& log)
    : custom_(options.custom_mappings.begin(), options.custom_mappings.end()),
      content_(options.content_rules),
      allowed_(allowed_by(options, named_topics)),
      fallback_(*allowed_.find(options.fallback)),
      is_closed_(!options.allowed_topics.empty()),
      log_(log) {
    for (const auto& [pattern, topic] : options.patterns) {
        patterns_.emplace_back(Glob(pattern), topic);
    }
}

TopicResolver::Found TopicResolver::find(const Request& request) const {
    if (!request.explicit_topic.empty()) {
        return {.way = Way::explicit_topic, .topic = request.explicit_topic};
    }
    if (const auto custom = custom_.find(request.source); custom != custom_.end()) {
        return {.way = Way::custom, .topic = custom->second};
    }
    if (const std::string* const topic = content_.topic_of(request.payload); topic != nullptr) {
        return {.way = Way::content, .topic = *topic};
    }
    const auto pattern =
        std::ranges::find_if(patterns_, [&](const auto& candidate) { return candidate.first.matches(request.source); });
    if (pattern != patterns_.end()) {
        return {.way = Way::pattern, .topic = pattern->second};
    }
    return {.way = Way::fallback, .topic = fallback_};
}

void TopicResolver::allow(const std::string& topic) {
    if (!is_closed_ && !topic.empty() && !allowed_.contains(topic)) {
        const std::unique_lock lock(later_mutex_);
        later_.insert(topic);
    }
}

void TopicResolver::allow_listed(const std::vector<std::string>& allowed_topics) {
    if (is_closed_) {
        const std::unique_lock lock(later_mutex_);
        later_.insert(allowed_topics.begin(), allowed_topics.end());
    }
}

const std::string* TopicResolver::find_allowed(std::string_view topic) const {
    if (const auto allowed = allowed_.find(topic); allowed != allowed_.end()) {
        return &*allowed;
    }
    const std::shared_lock lock(later_mutex_);
    const auto later = later_.find(topic);
    return later == later_.end() ? nullptr : &*later;
}

std::vector<std::string> TopicResolver::topics() const {
    std::set<std::string> all(allowed_.begin(), allowed_.end());
    const std::shared_lock lock(later_mutex_);
    all.insert(later_.begin(), later_.end());
    return {all.begin(), all.end()};
}

const std::string& TopicResolver::usual_topic(std::string_view source, std::string_view explicit_topic) const {
    const std::string* const allowed =
        find_allowed(find({.source = source, .explicit_topic = explicit_topic, .payload = "{}"}).topic);
    return allowed == nullptr ? fallback_ : *allowed;
}

const std::string& TopicResolver::resolve(const Request& request) const {
    const Found found = find(request);
    const std::string* const allowed = find_allowed(found.topic);
    const bool refused = allowed == nullptr;
    const Way way = refused ? Way::refused : found.way;
    counts_[static_cast<std::size_t>(way)].fetch_add(1, std::memory_order_relaxed);
    if (refused) {
        tell_refused(request, found.topic);
        return fallback_;
    }
    return *allowed;
}

void TopicResolver::tell_refused(const Request& request, std::string_view topic) const {
    // A name that no topic can have may be anything: it is not shown.
    const std::string_view shown = is_valid_topic(topic) ? topic : "(not a topic name)";
    {
        const std::lock_guard lock(told_mutex_);
        if (told_.size() >= kMostTold || !told_.emplace(shown).second) {
            return;
        }
    }
    log_.warn(
        "topic {}: refused, it is not in allowed_topics nor elsewhere in the configuration; records of source {} "
        "go to {} instead",
        shown, request.source, fallback_);
}

std::uint64_t TopicResolver::count(Way way) const noexcept {
    return counts_[static_cast<std::size_t>(way)].load(std::memory_order_relaxed);
}

TopicResolverCounts TopicResolver::counts() const noexcept {
    return {.explicit_used = count(Way::explicit_topic),
            .custom_used = count(Way::custom),
            .content_used = count(Way::content),
            .pattern_used = count(Way::pattern),
            .fallback_used = count(Way::fallback),
            .refused = count(Way::refused)};
}

} // namespace streaming
