#include "core/streaming/patterns/config_ingestion_description.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "core/streaming/infrastructure/event_types.hpp"
#include "core/streaming/ingestion/connector.hpp"

namespace streaming::detail {

namespace {

constexpr double kDayS = 86'400;

bool is_topic_or_nothing(const std::string& name) { return name.empty() || is_valid_topic(name); }
bool is_topic(const std::string& name) { return is_valid_topic(name); }

/// Nothing is the known one, as where a variable is not set.
bool is_url_or_nothing(const std::string& url) {
    constexpr auto kSchemes = std::to_array<std::string_view>({"http://", "https://", "mqtt://", "mqtts://"});
    return url.empty() ||
           (std::ranges::any_of(
                kSchemes,
                [&url](std::string_view scheme) { return url.starts_with(scheme) && url.size() > scheme.size(); }) &&
            !host_of(url).empty() &&
            std::ranges::none_of(url, [](unsigned char letter) { return letter <= ' ' || letter == 0x7F; }));
}

constexpr const char* kTopic = "a topic name (1-249 of A-Z a-z 0-9 . _ -)";

void describe_throttling(ConfigVisitor& v, ThrottlingOptions& options) {
    constexpr double kMostLag = 1'000'000'000'000;
    v.flag({.name = "enabled", .meaning = "slow sources down when consumers lag"}, options.enabled);
    v.choice<ThrottlingStrategy>(
        {.name = "strategy", .meaning = "by thresholds of the lag, or by a model of what consumers drain"},
        options.strategy, {{"thresholds", ThrottlingStrategy::thresholds}, {"adaptive", ThrottlingStrategy::adaptive}});
    v.seconds({.name = "lag_interval_seconds", .meaning = "how often the lag is asked for", .least = 0.1, .most = 300},
              options.lag_interval);
    v.texts({.name = "consumer_groups", .meaning = "whose lag counts, the worst of them; none = `no_signal`"},
            options.consumer_groups);
    v.number({.name = "min_send_rate", .meaning = "never slower", .unit = "records/s", .least = 0.001, .most = 1e6},
             options.min_send_rate);
    v.number({.name = "max_send_rate",
              .meaning = "never faster; at least min_send_rate",
              .unit = "records/s",
              .least = 0.001,
              .most = 1e7},
             options.max_send_rate);
    v.whole({.name = "target_consumer_lag",
             .meaning = "from here on batches wait 1 s",
             .unit = "records",
             .least = 1,
             .most = kMostLag},
            options.target_consumer_lag);
    v.whole({.name = "critical_consumer_lag",
             .meaning = "from here on batches wait 2, 4, 8, 16 s; more than target_consumer_lag",
             .unit = "records",
             .least = 1,
             .most = kMostLag},
            options.critical_consumer_lag);
    v.number({.name = "adjustment_factor",
              .meaning = "divides the rate at each throttling, multiplies it after ten quiet checks",
              .least = 1.01,
              .most = 100},
             options.adjustment_factor);
}

void describe_mode(ConfigVisitor& v, IngestionOptions& options) {
    constexpr double kMostRecords = 1'000'000;
    v.choice<IngestionKind>({.name = "mode", .meaning = "how records are fetched"}, options.mode,
                            {{"batch", IngestionKind::batch},
                             {"real_time", IngestionKind::real_time},
                             {"continuous_streaming", IngestionKind::continuous_streaming}});
    v.seconds({.name = "polling_interval_seconds",
               .meaning = "from the start of a poll to the next (real_time), or from its end (continuous_streaming)",
               .least = 0.01,
               .most = 7 * kDayS},
              options.polling_interval);
    v.whole({.name = "max_records_per_poll",
             .meaning = "real_time: taken of one answer",
             .unit = "records",
             .least = 1,
             .most = kMostRecords},
            options.max_records_per_poll);
    v.whole({.name = "buffer_size",
             .meaning = "continuous_streaming: flushed when it holds this many",
             .unit = "records",
             .least = 1,
             .most = kMostRecords},
            options.buffer_size);
    v.seconds({.name = "buffer_flush_interval_seconds",
               .meaning = "continuous_streaming: flushed when it is this old",
               .least = 0.001,
               .most = 3600},
              options.buffer_flush_interval);
    v.whole({.name = "batch_size",
             .meaning = "batch: records taken at a time",
             .unit = "records",
             .least = 1,
             .most = kMostRecords},
            options.batch_size);
    v.seconds({.name = "schedule_interval_seconds",
               .meaning = "batch: from the start of one run to the next",
               .least = 1,
               .most = 31 * kDayS},
              options.schedule_interval);
    v.text({.name = "schedule_cron",
            .meaning = "batch: when runs start, UTC, instead of schedule_interval_seconds",
            .allowed = "minute hour day-of-month month day-of-week"},
           options.schedule_cron);
    v.choice<MissedTicks>(
        {.name = "missed", .meaning = "batch: runs that were due while nothing ran: one for all, none, or each"},
        options.missed, {{"one", MissedTicks::one}, {"skip", MissedTicks::skip}, {"catch_up", MissedTicks::catch_up}});
    v.number({.name = "jitter", .meaning = "real_time: of the interval, each way", .least = 0, .most = 1},
             options.jitter);
    v.text({.name = "backfill_from",
            .meaning = "batch: the past is fetched from here on, window by window",
            .allowed = "2026-01-31 or 2026-01-31T00:00:00Z"},
           options.backfill_from);
    v.text({.name = "backfill_to",
            .meaning = "batch: up to here; absent: the time of the first start",
            .allowed = "2026-01-31 or 2026-01-31T00:00:00Z"},
           options.backfill_to);
    v.seconds(
        {.name = "backfill_window_seconds", .meaning = "batch: fetched at a time", .least = 60, .most = 366 * kDayS},
        options.backfill_window);
}

void describe_budget(ConfigVisitor& v, ApiBudgetSettings& budget) {
    v.text({.name = "name", .meaning = "which; shown, so not the key itself; empty = no shared budget"}, budget.name);
    v.whole({.name = "limit",
             .meaning = "requests, or what they cost, in any window",
             .unit = "requests",
             .least = 1,
             .most = 100'000'000},
            budget.limit);
    v.seconds({.name = "window_seconds", .meaning = "of the limit", .least = 1, .most = kDayS}, budget.window);
    v.number({.name = "weight", .meaning = "of this source against the others", .least = 0.001, .most = 1000},
             budget.weight);
}

void describe_api(ConfigVisitor& v, ApiSettings& api) {
    v.whole({.name = "max_retries",
             .meaning = "inside one fetch, of what may pass, within timeout_seconds",
             .least = 0,
             .most = 10},
            api.max_retries);
    v.seconds({.name = "idle_timeout_seconds",
               .meaning = "a request ends when nothing comes for this long",
               .least = 0.001,
               .most = 3600},
              api.idle_timeout);
    v.seconds({.name = "cache_min_seconds",
               .meaning = "what a server says of freshness (Cache-Control, Expires) counts as this at least",
               .least = 0,
               .most = 7 * kDayS},
              api.cache_min);
    v.seconds({.name = "cache_max_seconds",
               .meaning = "and as this at most, unless cache_min_seconds is more",
               .least = 0,
               .most = 7 * kDayS},
              api.cache_max);
    v.seconds({.name = "max_age_seconds",
               .meaning = "a source whose newest data is older is stale; absent: what its type says; 0 = none is",
               .least = 0,
               .most = 364 * kDayS},
              api.max_age);
    v.seconds({.name = "max_retry_after_seconds",
               .meaning = "a longer pause (Retry-After) is not kept to",
               .least = 1,
               .most = 7 * kDayS},
              api.max_retry_after);
    v.seconds({.name = "quota_pause_seconds",
               .meaning = "pause when an API says that its quota is used up",
               .least = 0,
               .most = 7 * kDayS},
              api.quota_pause);
    v.whole({.name = "breaker_failures",
             .meaning = "in a row, until a host is spared; 0 = never",
             .least = 0,
             .most = 1000},
            api.breaker_failures);
    v.seconds({.name = "breaker_open_seconds",
               .meaning = "a host is spared this long, then probed with one request",
               .least = 0.001,
               .most = 3600},
              api.breaker_open);
    v.whole({.name = "host_concurrency",
             .meaning = "requests of this process on their way to one host",
             .unit = "requests",
             .least = 1,
             .most = 1000},
            api.host_concurrency);
    v.section({.name = "budget", .meaning = "of requests, shared with the other sources that name it"},
              [&](ConfigVisitor& inside) { describe_budget(inside, api.budget); });
}

void describe_source(ConfigVisitor& v, SourceSettings& source, const std::string& name) {
    v.text({.name = "source_type",
            .meaning = "which connector: noaa_weather, nasa_firms, iot_sensor, purpleair, file, ...",
            .required = true},
           source.source_type);
    std::string id = name; // its own name, nothing to keep
    v.text({.name = "source_id",
            .meaning = "where given, the name of the source",
            .allowed = "the name of the source, '" + name + "'",
            .fits = [name](const std::string& given) { return given == name; }},
           id);
    v.flag({.name = "enabled", .meaning = "false = configured, not started"}, source.enabled);
    v.flag({.name = "shadow", .meaning = "everything runs, nothing is produced; counted, and written to shadow_log"},
           source.shadow);
    v.choice<SourcePriority>({.name = "priority", .meaning = "of its records; automatic = by priority_sources"},
                             source.priority,
                             {{"automatic", SourcePriority::automatic},
                              {"critical", SourcePriority::critical},
                              {"high", SourcePriority::high},
                              {"normal", SourcePriority::normal},
                              {"low", SourcePriority::low}});
    v.text({.name = "topic", .meaning = "absent: the resolver decides", .allowed = kTopic, .fits = is_topic_or_nothing},
           source.topic);
    v.section({.name = "ingestion", .meaning = "how it is fetched"},
              [&](ConfigVisitor& inside) { describe_mode(inside, source.ingestion); });
    v.whole({.name = "rate_limit_per_minute",
             .meaning = "never more",
             .unit = "requests/min",
             .least = 1,
             .most = 1'000'000},
            source.rate_limit_per_minute);
    v.seconds({.name = "timeout_seconds", .meaning = "of one request", .least = 0.001, .most = 3600}, source.timeout);
    v.seconds({.name = "cache_ttl_seconds",
               .meaning = "an answer is used again for this long; 0 = never",
               .least = 0,
               .most = 7 * kDayS},
              source.cache_ttl);
    v.section({.name = "api", .meaning = "how its requests go out"},
              [&](ConfigVisitor& inside) { describe_api(inside, source.api); });
    v.section({.name = "deduplication",
               .meaning = "of this source; ttl_seconds absent: longer than its type repeats rows, 48 h at least"},
              [&](ConfigVisitor& inside) { describe_deduplication(inside, source.deduplication); });
    v.params({.name = "custom_params",
              .meaning = "for the connector, any values; those named like secrets are never printed",
              .placeholder = "<parameter>"},
             source.custom_params);
}

void describe_topic(ConfigVisitor& v, TopicOptions& topic, const std::string&) {
    v.whole({.name = "partitions", .meaning = "absent: the broker's default", .least = 1, .most = 100'000},
            topic.partitions);
    v.whole({.name = "retention_ms",
             .meaning = "-1 = for ever; absent: the broker's default",
             .unit = "ms",
             .least = -1,
             .most = 1e15},
            topic.retention_ms);
    v.whole({.name = "replication_factor", .meaning = "absent: the broker's default", .least = 1, .most = 100},
            topic.replication_factor);
}

void describe_rule(ConfigVisitor& v, ContentRule& rule) {
    v.text({.name = "field", .meaning = "path into the event, such as data.severity", .required = true}, rule.field);
    v.text({.name = "equals", .meaning = "compared with the field as text"}, rule.equals);
    v.text({.name = "topic",
            .meaning = "where the record goes then",
            .allowed = kTopic,
            .fits = is_topic,
            .required = true},
           rule.topic);
}

void describe_pattern(ConfigVisitor& v, TopicPattern& pattern) {
    v.text({.name = "pattern", .meaning = "glob on the name of the source, such as *weather*", .required = true},
           pattern.pattern);
    v.text({.name = "topic",
            .meaning = "where its records go then",
            .allowed = kTopic,
            .fits = is_topic,
            .required = true},
           pattern.topic);
}

void describe_sharing(ConfigVisitor& v, SharingOptions& sharing) {
    v.choice<SharingMode>(
        {.name = "mode",
         .meaning = "this process polls all sources, or its share by number, or what it holds a "
                    "lease of in Redis"},
        sharing.mode, {{"none", SharingMode::none}, {"split", SharingMode::split}, {"leases", SharingMode::leases}});
    v.whole({.name = "instance", .meaning = "split: which this process is, from 1 on", .least = 1, .most = 1000},
            sharing.instance);
    v.whole({.name = "instances", .meaning = "split: how many there are", .least = 1, .most = 1000}, sharing.instances);
    v.seconds({.name = "lease_seconds",
               .meaning = "leases: the sources of a process that died are free after this time",
               .least = 1,
               .most = 3600},
              sharing.lease);
}

void describe_queue_and_topics(ConfigVisitor& v, IngestionSettings& ingestion) {
    v.whole({.name = "queue_max_size",
             .meaning = "records that wait; 5,000-50,000 is usual",
             .unit = "records",
             .least = 1,
             .most = 10'000'000},
            ingestion.queue.max_size);
    v.whole({.name = "queue_max_bytes",
             .meaning = "bytes that wait",
             .unit = "bytes",
             .least = 1'048'576,
             .most = 1'099'511'627'776},
            ingestion.queue.max_bytes);
    v.choice<OverflowStrategy>({.name = "queue_overflow_strategy",
                                .meaning = "a full queue: sources wait, or records are dropped and counted"},
                               ingestion.queue.overflow_strategy,
                               {{"block", OverflowStrategy::block},
                                {"drop_oldest", OverflowStrategy::drop_oldest},
                                {"drop_newest", OverflowStrategy::drop_newest}});
    v.flag({.name = "enable_priorities", .meaning = "false = first in, first out"}, ingestion.queue.enable_priorities);
    v.seconds({.name = "queue_max_wait_seconds",
               .meaning = "a record that waited longer leaves before younger ones of higher priority, one of eight",
               .least = 0.001,
               .most = kDayS},
              ingestion.queue.max_wait);
    v.flag({.name = "enable_dlq", .meaning = "what cannot be sent goes to a dead-letter topic"}, ingestion.enable_dlq);
    v.flag({.name = "enable_metrics", .meaning = "count and publish"}, ingestion.enable_metrics);
    v.texts({.name = "priority_sources", .meaning = "sources whose records are HIGH, others are NORMAL"},
            ingestion.priority_sources);
    v.named_texts({.name = "custom_topic_mappings",
                   .meaning = "topic of a source that names none itself",
                   .allowed = kTopic,
                   .fits = is_topic,
                   .placeholder = "<source>"},
                  ingestion.topic_resolution.custom_mappings);
    v.listed({.name = "content_rules", .meaning = "topic by what an event says, the first that fits"},
             ingestion.topic_resolution.content_rules, &describe_rule);
    v.listed({.name = "topic_patterns", .meaning = "topic by the name of the source, the first that fits"},
             ingestion.topic_resolution.patterns, &describe_pattern);
    v.text({.name = "fallback_topic", .meaning = "where everything else goes", .allowed = kTopic, .fits = is_topic},
           ingestion.topic_resolution.fallback);
    v.texts({.name = "allowed_topics", .meaning = "records go to no other; none = those this configuration names"},
            ingestion.topic_resolution.allowed_topics);
    v.named({.name = "topics", .meaning = "what topics should be like", .placeholder = "<topic>"}, ingestion.topics,
            &describe_topic);
    v.named({.name = "sources", .meaning = "what is fetched", .placeholder = "<source>"}, ingestion.sources,
            &describe_source);
}

} // namespace

void describe_deduplication(ConfigVisitor& v, DeduplicationOptions& options) {
    v.flag({.name = "enabled", .meaning = "skip what was handled before"}, options.enabled);
    v.seconds(
        {.name = "ttl_seconds", .meaning = "how long a handled id is remembered", .least = 1, .most = 315'360'000},
        options.ttl);
    v.whole({.name = "local_cache_ids",
             .meaning = "ids remembered in the process",
             .unit = "ids",
             .least = 0,
             .most = 100'000'000},
            options.local_cache_ids);
    v.choice<KeyStyle>({.name = "key_style",
                        .meaning = "sets `dedup:{group}:{bucket}`, or keys `dedup:{service}:{id}` as older systems "
                                   "wrote them, for services with one consumer group"},
                       options.key_style, {{"rolling_set", KeyStyle::rolling_set}, {"per_id", KeyStyle::per_id}});
    v.choice<StoreErrorPolicy>(
        {.name = "on_store_error",
         .meaning = "store away: handle without asking it (repeats are possible), or take nothing until it answers"},
        options.on_store_error, {{"process", StoreErrorPolicy::process}, {"pause", StoreErrorPolicy::pause}});
}

void describe_ingestion(ConfigVisitor& v, IngestionSettings& ingestion) {
    v.section({.name = "throttling", .meaning = "of ingestion, by the lag of consumers"},
              [&](ConfigVisitor& inside) { describe_throttling(inside, ingestion.throttling); });
    v.section({.name = "sharing", .meaning = "of sources between processes, so that each is polled once"},
              [&](ConfigVisitor& inside) { describe_sharing(inside, ingestion.sharing); });
    v.text({.name = "state_directory",
            .meaning = "where cursors of sources are kept when there is no Redis; empty = they are lost at a restart"},
           ingestion.state_directory);
    v.named_texts({.name = "api_endpoints",
                   .meaning = "base URL of a source type, instead of the known one",
                   .allowed = "http(s)://host[:port][/path] or mqtt(s)://host[:port]",
                   .fits = is_url_or_nothing,
                   .placeholder = "<source type>"},
                  ingestion.api_endpoints);
    describe_queue_and_topics(v, ingestion);
}

} // namespace streaming::detail
