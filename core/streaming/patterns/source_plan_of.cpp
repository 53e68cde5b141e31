#include "core/streaming/patterns/source_plan_of.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace streaming::detail {

namespace {

Priority priority_of(const std::string& source, const SourceSettings& settings, const IngestionSettings& ingestion) {
    switch (settings.priority) {
        case SourcePriority::critical:
            return Priority::critical;
        case SourcePriority::high:
            return Priority::high;
        case SourcePriority::normal:
            return Priority::normal;
        case SourcePriority::low:
            return Priority::low;
        case SourcePriority::automatic:
            break;
    }
    const auto& high = ingestion.priority_sources;
    return std::ranges::find(high, source) != high.end() ? Priority::high : Priority::normal;
}

ApiClientOptions api_options_of(const SourceSettings& from, const SourceDefaults& defaults) {
    const ApiSettings& api = from.api;
    return {.rate_limit_per_minute = from.rate_limit_per_minute,
            .timeout = from.timeout,
            .idle_timeout = api.idle_timeout,
            .cache_ttl = from.cache_ttl,
            .cache_min = api.cache_min,
            .cache_max = std::max(api.cache_max, api.cache_min),
            .max_age = api.max_age.value_or(defaults.max_age),
            .max_retry_after = api.max_retry_after,
            .quota_pause = api.quota_pause,
            .host_concurrency = api.host_concurrency,
            .retry = {.max_retries = api.max_retries},
            .breaker = {.failures = api.breaker_failures, .open_for = api.breaker_open},
            .budget = {.name = api.budget.name,
                       .limit = api.budget.limit,
                       .window = api.budget.window,
                       .weight = api.budget.weight}};
}

} // namespace

SourceOptions source_options_of(const std::string& source, const Settings& settings, const SourceParts& parts) {
    const SourceSettings& from = settings.ingestion.sources.at(source);
    return {.name = source,
            .topic = from.topic,
            .source_type = from.source_type,
            .ingestion = from.ingestion,
            .priority = priority_of(source, from, settings.ingestion),
            .shadow = from.shadow,
            .deduplication = from.deduplication_for(parts.defaults.repeats),
            .http = parts.http,
            .api = api_options_of(from, parts.defaults)};
}

bool takes_a_restart(const std::string& change) {
    constexpr auto kLive = std::to_array<std::string_view>(
        {"sources.", "throttling.", "queue_", "enable_priorities", "priority_sources", "api_endpoints.",
         "kafka.batch_size:", "kafka.batch_interval_seconds:", "kafka.max_retries:", "kafka.retry_backoff_base:"});
    return std::ranges::none_of(kLive, [&](std::string_view live) { return change.starts_with(live); });
}

} // namespace streaming::detail
