#include "core/streaming/ingestion/ingestion_settings.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <concepts>
#include <string_view>

#include "core/streaming/ingestion/backfill.hpp"
#include "core/streaming/ingestion/cron_schedule.hpp"
#include "core/streaming/ingestion/glob.hpp"

namespace streaming {

namespace {

/// What APIs show again without being asked to, such as the day before.
constexpr std::chrono::hours kLeastMemory{48};
constexpr std::string_view kTopicNames = "a topic name (1-249 of A-Z a-z 0-9 . _ -)";

/// Collects the problems of one section; an empty one is the top level.
class Checker {
public:
    explicit Checker(std::string section) : prefix_(section.empty() ? "" : std::move(section) + ".") {}

    void fail(std::string_view key, std::string_view what) {
        problems_.push_back(fmt::format("{}{}: {}", prefix_, key, what));
    }
    template <class T>
    void within(std::string_view key, T value, std::type_identity_t<T> lowest, std::type_identity_t<T> highest) {
        if (!(value >= lowest && value <= highest)) { // so that NaN fails
            fail(key, fmt::format("{} is not within {} and {}", value, lowest, highest));
        }
    }
    /// In seconds, as the configuration has them.
    void within(std::string_view key, std::chrono::milliseconds value, std::chrono::milliseconds lowest,
                std::chrono::milliseconds highest) {
        using Seconds = std::chrono::duration<double>;
        within(key, Seconds(value).count(), Seconds(lowest).count(), Seconds(highest).count());
    }
    void topic(std::string_view key, const std::string& name) {
        if (!is_valid_topic(name)) {
            fail(key, fmt::format("'{}' is not {}", name, kTopicNames));
        }
    }
    void add(const Problems& more) { problems_.insert(problems_.end(), more.begin(), more.end()); }
    void add_nested(const Problems& more) {
        for (const auto& problem : more) {
            problems_.push_back(prefix_ + problem);
        }
    }
    [[nodiscard]] Problems take() { return std::move(problems_); }

private:
    std::string prefix_;
    Problems problems_{};
};

void check_api(Checker& check, const ApiSettings& api) {
    constexpr std::chrono::milliseconds kWeek = std::chrono::hours(24 * 7);
    check.within("api.max_retries", api.max_retries, 0, 10);
    check.within("api.idle_timeout_seconds", api.idle_timeout, 1ms, 1h);
    check.within("api.cache_min_seconds", api.cache_min, 0ms, kWeek);
    check.within("api.cache_max_seconds", api.cache_max, 0ms, kWeek);
    check.within("api.max_age_seconds", api.max_age.value_or(0ms), 0ms, kWeek * 52);
    check.within("api.max_retry_after_seconds", api.max_retry_after, 1s, kWeek);
    check.within("api.quota_pause_seconds", api.quota_pause, 0ms, kWeek);
    check.within("api.breaker_failures", api.breaker_failures, 0, 1'000);
    check.within("api.breaker_open_seconds", api.breaker_open, 1ms, 1h);
    check.within("api.host_concurrency", api.host_concurrency, 1, 1'000);
    check.within("api.budget.limit", api.budget.limit, 1, 100'000'000);
    check.within("api.budget.window_seconds", api.budget.window, 1s, 24h);
    check.within("api.budget.weight", api.budget.weight, 0.001, 1'000);
}

/// Sources that share a budget must mean the same by it.
void check_budgets(Checker& check, const std::map<std::string, SourceSettings>& sources) {
    std::map<std::string, std::pair<std::string, const ApiBudgetSettings*>> known;
    for (const auto& [name, source] : sources) {
        const ApiBudgetSettings& budget = source.api.budget;
        const auto& [first, meant] = known.try_emplace(budget.name, name, &budget).first->second;
        if (!budget.name.empty() && (meant->limit != budget.limit || meant->window != budget.window)) {
            check.fail("sources." + name + ".api.budget",
                       fmt::format("'{}' has another limit or window than at source {}", budget.name, first));
        }
    }
}

/// Records do not go where allowed_topics says they may not. What is there without being configured is no mistake: the
/// fallback topic is allowed then, and what else of it is not allowed goes there.
void check_allowed(Checker& check, const IngestionSettings& settings) {
    const TopicResolutionOptions& rules = settings.topic_resolution;
    const std::vector<std::string>& allowed = rules.allowed_topics;
    const auto allow = [&](const std::string& key, const std::string& topic) {
        constexpr std::size_t kMostShown = 20;
        if (is_valid_topic(topic) && !allowed.empty() && std::ranges::find(allowed, topic) == allowed.end()) {
            const auto end = allowed.begin() + static_cast<std::ptrdiff_t>(std::min(allowed.size(), kMostShown));
            check.fail(key, fmt::format("'{}' is not in allowed_topics: '{}'{}", topic,
                                        fmt::join(allowed.begin(), end, "', '"), end == allowed.end() ? "" : ", ..."));
        }
    };
    for (const auto& [name, source] : settings.sources) {
        if (!source.topic.empty()) {
            allow("sources." + name + ".topic", source.topic);
        }
    }
    for (const auto& [source, topic] : rules.custom_mappings) {
        allow("custom_topic_mappings." + source, topic);
    }
    for (std::size_t i = 0; i < rules.content_rules.size(); ++i) {
        allow(fmt::format("content_rules.{}.topic", i), rules.content_rules[i].topic);
    }
    const TopicResolutionOptions defaults;
    const auto is_default = [&](const TopicPattern& pattern) {
        return std::ranges::any_of(defaults.patterns, [&](const TopicPattern& known) {
            return known.pattern == pattern.pattern && known.topic == pattern.topic;
        });
    };
    for (std::size_t i = 0; i < rules.patterns.size(); ++i) {
        if (!is_default(rules.patterns[i])) {
            allow(fmt::format("topic_patterns.{}.topic", i), rules.patterns[i].topic);
        }
    }
    if (rules.fallback != defaults.fallback) {
        allow("fallback_topic", rules.fallback);
    }
}

/// Where records of a source may go, unless code says otherwise.
std::vector<std::string> topics_of(const std::string& name, const SourceSettings& source,
                                   const TopicResolutionOptions& rules) {
    if (!source.topic.empty()) {
        return {source.topic};
    }
    if (const auto custom = rules.custom_mappings.find(name); custom != rules.custom_mappings.end()) {
        return {custom->second};
    }
    std::vector<std::string> topics;
    for (const ContentRule& rule : rules.content_rules) {
        topics.push_back(rule.topic);
    }
    const auto pattern =
        std::ranges::find_if(rules.patterns, [&](const auto& one) { return Glob(one.pattern).matches(name); });
    topics.push_back(pattern == rules.patterns.end() ? rules.fallback : pattern->topic);
    return topics;
}

/// Dead letters are kept by source: the broker must take the name of their topic.
void check_dead_letter_topics(Checker& check, const IngestionSettings& settings) {
    for (const auto& [name, source] : settings.sources) {
        for (const std::string& topic : topics_of(name, source, settings.topic_resolution)) {
            const std::string dead_letters = TopicNames::dead_letters(topic, name);
            if (!name.empty() && is_valid_topic(topic) && !is_valid_topic(dead_letters)) {
                check.fail(
                    "sources." + name,
                    fmt::format(
                        "its dead-letter topic, {{topic}}.{}.dlq ({} bytes), is not {}; enable_dlq: false does without",
                        name, dead_letters.size(), kTopicNames));
                break;
            }
        }
    }
}

/// The time that a text is, if any; nullopt and a problem if it is none.
std::optional<Clock::system_time> time_of(Checker& check, std::string_view key, const std::string& text) {
    if (text.empty()) {
        return std::nullopt;
    }
    const auto time = parse_backfill_time(text);
    if (!time) {
        check.fail(key, time.error().message);
        return std::nullopt;
    }
    return time.value();
}

void check_backfill(Checker& check, const IngestionOptions& options) {
    const auto from = time_of(check, "backfill_from", options.backfill_from);
    const auto to = time_of(check, "backfill_to", options.backfill_to);
    if (from && to && *from >= *to) {
        check.fail("backfill_from",
                   fmt::format("{} is not before backfill_to, {}", options.backfill_from, options.backfill_to));
    }
    if (options.backfill_from.empty() && !options.backfill_to.empty()) {
        check.fail("backfill_to", "means nothing without backfill_from");
    }
}

} // namespace

Problems ThrottlingOptions::validate() const {
    Checker check("throttling");
    check.within("min_send_rate", min_send_rate, 0.001, 1e6);
    check.within("max_send_rate", max_send_rate, 0.001, 1e7);
    if (max_send_rate < min_send_rate) {
        check.fail("max_send_rate", fmt::format("{} is less than min_send_rate, {}", max_send_rate, min_send_rate));
    }
    check.within("target_consumer_lag", target_consumer_lag, 1, 1'000'000'000'000);
    check.within("critical_consumer_lag", critical_consumer_lag, 1, 1'000'000'000'000);
    if (critical_consumer_lag <= target_consumer_lag) {
        check.fail("critical_consumer_lag", fmt::format("{} is not more than target_consumer_lag, {}",
                                                        critical_consumer_lag, target_consumer_lag));
    }
    check.within("adjustment_factor", adjustment_factor, 1.01, 100.0);
    check.within("lag_interval_seconds", lag_interval, 100ms, 5min);
    for (const auto& group : consumer_groups) {
        if (group.empty()) {
            check.fail("consumer_groups", "a name is empty");
        }
    }
    return check.take();
}

Problems QueueOptions::validate() const {
    Checker check("");
    check.within("queue_max_size", max_size, 1, 10'000'000);
    check.within("queue_max_bytes", max_bytes, 1U << 20U, std::size_t{1} << 40U);
    check.within("queue_max_wait_seconds", max_wait, 1ms, std::chrono::hours(24));
    return check.take();
}

Problems SendingOptions::validate() const {
    Checker check("kafka");
    check.within("batch_size", batch_size, 1, 10'000);
    check.within("batch_interval_seconds", batch_interval, 1ms, 1h);
    check.within("max_retries", max_retries, 0, 20);
    check.within("retry_backoff_base", retry_backoff_base, 1.0, 10.0);
    return check.take();
}

Problems TopicResolutionOptions::validate() const {
    Checker check("");
    for (const auto& [source, topic] : custom_mappings) {
        check.topic("custom_topic_mappings." + source, topic);
    }
    for (std::size_t i = 0; i < content_rules.size(); ++i) {
        const std::string section = fmt::format("content_rules.{}", i);
        if (content_rules[i].field.empty()) {
            check.fail(section, "has no field, such as data.severity");
        }
        check.topic(section + ".topic", content_rules[i].topic);
    }
    for (std::size_t i = 0; i < patterns.size(); ++i) {
        const std::string section = fmt::format("topic_patterns.{}", i);
        if (patterns[i].pattern.empty()) {
            check.fail(section, "has no pattern, such as *weather*");
        }
        check.topic(section + ".topic", patterns[i].topic);
    }
    check.topic("fallback_topic", fallback);
    for (const auto& topic : allowed_topics) {
        check.topic("allowed_topics", topic);
    }
    return check.take();
}

Problems TopicOptions::validate(const std::string& name) const {
    Checker check("topics." + name);
    if (!is_valid_topic(name)) {
        Checker names("topics");
        names.topic(name, name);
        check.add(names.take());
    }
    check.within("partitions", partitions.value_or(1), 1, 100'000);
    check.within("replication_factor", replication_factor.value_or(1), 1, 100);
    check.within("retention_ms", retention_ms.value_or(-1), -1, 1'000'000'000'000'000);
    return check.take();
}

Problems IngestionOptions::validate(const std::string& section) const {
    Checker check(section);
    check.within("polling_interval_seconds", polling_interval, 10ms, std::chrono::hours(24 * 7));
    check.within("max_records_per_poll", max_records_per_poll, 1, 1'000'000);
    check.within("buffer_size", buffer_size, 1, 1'000'000);
    check.within("buffer_flush_interval_seconds", buffer_flush_interval, 1ms, 1h);
    check.within("batch_size", batch_size, 1, 1'000'000);
    check.within("schedule_interval_seconds", schedule_interval, 1s, std::chrono::hours(24 * 31));
    check.within("jitter", jitter, 0.0, 1.0);
    check.within("backfill_window_seconds", std::chrono::milliseconds(backfill_window), 1min,
                 std::chrono::hours(24 * 366));
    if (!schedule_cron.empty()) {
        if (const auto cron = CronSchedule::parse(schedule_cron); !cron) {
            check.fail("schedule_cron", fmt::format("'{}': {}", schedule_cron, cron.error().message));
        }
    }
    check_backfill(check, *this);
    return check.take();
}

DeduplicationOptions SourceSettings::deduplication_for(std::chrono::seconds repeats) const {
    DeduplicationOptions options = deduplication;
    if (options.ttl < 0s) {
        const bool batch = ingestion.mode == IngestionKind::batch;
        const auto interval =
            std::chrono::ceil<std::chrono::seconds>(batch ? ingestion.schedule_interval : ingestion.polling_interval);
        // One poll more than `repeats`; polled more seldom than that nothing is shown twice. By cron it may be either.
        const auto poll = batch && !ingestion.schedule_cron.empty() ? repeats : std::min(interval, repeats);
        options.ttl = std::max<std::chrono::seconds>(kLeastMemory, repeats + poll);
    }
    return options;
}

Problems SourceSettings::validate(const std::string& name) const {
    Checker check("sources." + name);
    if (name.empty()) {
        check.fail("source_id", "the name of a source is empty");
    }
    if (source_type.empty()) {
        check.fail("source_type", "is required: noaa_weather, nasa_firms, iot_sensor, purpleair, file, ...");
    }
    if (!topic.empty()) {
        check.topic("topic", topic);
    }
    check.within("rate_limit_per_minute", rate_limit_per_minute, 1, 1'000'000);
    check.within("timeout_seconds", timeout, 1ms, 1h);
    check.within("cache_ttl_seconds", cache_ttl, 0ms, std::chrono::hours(24 * 7));
    check.add(ingestion.validate("sources." + name + ".ingestion"));
    check_api(check, api);
    check.add_nested(deduplication_for(0s).validate());
    return check.take();
}

Problems SharingOptions::validate() const {
    Checker check("sharing");
    check.within("instances", instances, 1, 1000);
    check.within("instance", instance, 1, 1000);
    if (instance > instances) {
        check.fail("instance", fmt::format("{} is more than instances, {}", instance, instances));
    }
    check.within("lease_seconds", lease, 1s, 1h);
    return check.take();
}

Problems IngestionSettings::validate() const {
    Checker check("");
    check.add(sending.validate());
    check.add(throttling.validate());
    check.add(queue.validate());
    check.add(topic_resolution.validate());
    check.add(sharing.validate());
    for (const auto& [name, topic] : topics) {
        check.add(topic.validate(name));
    }
    for (const auto& [name, source] : sources) {
        check.add(source.validate(name));
    }
    check_budgets(check, sources);
    check_allowed(check, *this);
    if (enable_dlq) {
        check_dead_letter_topics(check, *this);
    }
    return check.take();
}

} // namespace streaming
