#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "core/streaming/infrastructure/event_types.hpp"
#include "core/streaming/infrastructure/options.hpp"

namespace streaming {

// What an ingestion is told by its configuration. Keys, ranges and meanings of all members: docs/configuration.md.
// `validate` returns all problems, each naming the key as the configuration spells it.

enum class ThrottlingStrategy {
    thresholds, ///< states, delays and rates by target and critical lag
    adaptive    ///< the rate follows what the consumers drain, the lag being modelled between its observations
};

struct ThrottlingOptions {
    bool enabled = true;
    ThrottlingStrategy strategy = ThrottlingStrategy::thresholds;
    std::vector<std::string> consumer_groups{};  ///< whose lag counts, the worst of them; none = no signal
    double min_send_rate = 1.0;                  ///< records/s, 0.001-1,000,000
    double max_send_rate = 1000.0;               ///< records/s, at least min_send_rate, at most 10,000,000
    std::uint64_t target_consumer_lag = 1000;    ///< records, 1-1,000,000,000,000
    std::uint64_t critical_consumer_lag = 5000;  ///< records, more than target_consumer_lag
    double adjustment_factor = 1.5;              ///< divides and multiplies the rate, 1.01-100
    std::chrono::milliseconds lag_interval = 1s; ///< how often the lag is asked for, 100 ms to 5 min

    [[nodiscard]] Problems validate() const;
};

enum class OverflowStrategy {
    block,       ///< sources wait: nothing is lost
    drop_oldest, ///< lowest priority first, counted
    drop_newest  ///< counted
};

struct QueueOptions {
    std::size_t max_size = 10'000;               ///< records, 1-10,000,000
    std::size_t max_bytes = 64U * 1024U * 1024U; ///< of all records, at least 1 MiB
    OverflowStrategy overflow_strategy = OverflowStrategy::block;
    bool enable_priorities = true; ///< false = first in, first out
    /// A record of lower priority that waited longer leaves before younger ones of higher priority: one of each eight.
    std::chrono::milliseconds max_wait = 10s; ///< 1 ms to 1 day

    [[nodiscard]] Problems validate() const;
};

/// Of ProducerWrapper; in the configuration these keys stand under `kafka`.
struct SendingOptions {
    std::size_t batch_size = 500;                  ///< records a batch, 1-10,000
    std::chrono::milliseconds batch_interval = 5s; ///< a batch goes when it is this old, 1 ms to 1 h
    std::size_t max_retries = 3;                   ///< after the first try, at most 20
    double retry_backoff_base = 2.0;               ///< the n-th retry waits base^(n-1) seconds: 1 s, 2 s, 4 s; 1-10

    [[nodiscard]] Problems validate() const;
};

struct ContentRule {
    std::string field{};  ///< path into the event, such as data.severity
    std::string equals{}; ///< compared with the field as text
    std::string topic{};
};

struct TopicPattern {
    std::string pattern{}; ///< glob on the source's name, such as *weather*
    std::string topic{};
};

/// How a record's topic is found when its source names none: custom mapping, content, pattern, fallback.
struct TopicResolutionOptions {
    std::map<std::string, std::string> custom_mappings{}; ///< source -> topic
    std::vector<ContentRule> content_rules{};             ///< the first that fits
    std::vector<TopicPattern> patterns{{"*weather*", std::string(TopicNames::weather)},
                                       {"*firms*", std::string(TopicNames::fires)},
                                       {"*iot*", std::string(TopicNames::iot_sensors)}}; ///< the first that fits
    std::string fallback{TopicNames::fallback};
    std::vector<std::string> allowed_topics{}; ///< none = those the configuration names anywhere

    [[nodiscard]] Problems validate() const;
};

/// What a topic should be like; made or compared at the start.
struct TopicOptions {
    std::optional<std::int32_t> partitions{};         ///< 1-100,000; absent = the broker's default
    std::optional<std::int64_t> retention_ms{};       ///< -1 = for ever; absent = the broker's default
    std::optional<std::int16_t> replication_factor{}; ///< 1-100; absent = the broker's default

    [[nodiscard]] Problems validate(const std::string& name) const;
};

enum class IngestionKind { batch, real_time, continuous_streaming };

/// What happens with runs that were due while nothing ran.
enum class MissedTicks {
    one,     ///< one run at once, for all of them
    skip,    ///< wait for the next
    catch_up ///< one run for each
};

/// Which of them count depends on the mode.
struct IngestionOptions {
    IngestionKind mode = IngestionKind::continuous_streaming;
    std::chrono::milliseconds polling_interval = 30s;     ///< real_time and continuous_streaming, 10 ms to 7 days
    std::size_t max_records_per_poll = 100;               ///< real_time, 1-1,000,000
    std::size_t buffer_size = 100;                        ///< continuous_streaming, records, 1-1,000,000
    std::chrono::milliseconds buffer_flush_interval = 5s; ///< continuous_streaming, 1 ms to 1 h
    std::size_t batch_size = 1000;                        ///< batch, records, 1-1,000,000
    std::chrono::milliseconds schedule_interval = 3600s;  ///< batch, 1 s to 31 days
    std::string schedule_cron{};           ///< batch: minute hour day month weekday, UTC; not empty = no interval
    MissedTicks missed = MissedTicks::one; ///< batch
    double jitter = 0.1;                   ///< real_time: of the interval, each way, 0-1
    std::string backfill_from{};           ///< batch: RFC 3339 or date; not empty = the past is fetched first
    std::string backfill_to{};             ///< batch: empty = the time of the first start
    std::chrono::seconds backfill_window = std::chrono::hours(24); ///< batch: fetched at a time, 1 min to 366 days

    [[nodiscard]] Problems validate(const std::string& section) const;
    friend bool operator==(const IngestionOptions&, const IngestionOptions&) = default;
};

/// Of a source's records; `automatic` = high for priority_sources, else normal.
enum class SourcePriority { automatic, critical, high, normal, low };

/// A budget of requests that sources share because they use one key.
struct ApiBudgetSettings {
    std::string name{};                       ///< shown, so not the key itself; empty = no shared budget
    std::size_t limit = 5'000;                ///< requests, or what they cost, in any window; 1-100,000,000
    std::chrono::milliseconds window = 10min; ///< 1 s to 1 day
    double weight = 1;                        ///< of this source against the others, 0.001-1000
};

/// How a source's requests go out.
struct ApiSettings {
    std::size_t max_retries = 2;                  ///< inside one fetch, 0-10
    std::chrono::milliseconds idle_timeout = 30s; ///< without anything of an answer, 1 ms to 1 h
    std::chrono::milliseconds cache_min = 0ms;    ///< what a server says of freshness counts as this at least,
    std::chrono::milliseconds cache_max = 1h;     ///< and this at most, unless cache_min is more; 0 to 7 days
    /// Older payloads are stale, 0 to 364 days; 0 = none is; absent = what the source type says.
    std::optional<std::chrono::milliseconds> max_age{};
    std::chrono::milliseconds max_retry_after = 1h; ///< longer pauses are not kept to, 1 s to 7 days
    std::chrono::milliseconds quota_pause = 10min;  ///< when an API says that its quota is used up, 0 to 7 days
    std::size_t breaker_failures = 5;               ///< in a row, of a host, until it is spared; 0-1000; 0 = never
    std::chrono::milliseconds breaker_open = 10s;   ///< it is spared this long, then probed, 1 ms to 1 h
    std::size_t host_concurrency = 16;              ///< requests of this process on their way to a host, 1-1000
    ApiBudgetSettings budget{};
};

struct SourceSettings {
    std::string source_type{}; ///< which connector: noaa_weather, nasa_firms, iot_sensor, purpleair, file, ...
    bool enabled = true;
    bool shadow = false; ///< everything runs, nothing is produced: outcomes are counted and written to `shadow_log`
    std::string topic{}; ///< empty = the resolver decides
    SourcePriority priority = SourcePriority::automatic;
    IngestionOptions ingestion{};
    std::size_t rate_limit_per_minute = 60;    ///< requests, 1-1,000,000
    std::chrono::milliseconds timeout = 30s;   ///< of one request, 1 ms to 1 h
    std::chrono::milliseconds cache_ttl = 60s; ///< an answer is used again for this long, 0 to 7 days
    /// `ttl` must exceed the time a source repeats its rows. Negative = not given: then it does, see deduplication_for.
    DeduplicationOptions deduplication{.ttl = -1s};
    std::map<std::string, nlohmann::json> custom_params{}; ///< for the connector; may hold secrets
    ApiSettings api{};

    /// Of a source that shows its rows again for so long: a `ttl` that is not given lasts that and one poll more, 48 h
    /// at least.
    [[nodiscard]] DeduplicationOptions deduplication_for(std::chrono::seconds repeats) const;
    [[nodiscard]] Problems validate(const std::string& name) const;
};

enum class SharingMode {
    none,  ///< this process polls all sources
    split, ///< instance i of n polls its share, by the names
    leases ///< processes with one Redis share them out; those of a dead one move
};

/// How several processes with one configuration share its sources, so that each is polled once.
struct SharingOptions {
    SharingMode mode = SharingMode::none;
    std::size_t instance = 1;             ///< split: which this is, 1 to instances
    std::size_t instances = 1;            ///< split, 1-1000
    std::chrono::milliseconds lease = 6s; ///< leases: a source of a process that died is free after it, 1 s to 1 h

    [[nodiscard]] Problems validate() const;
};

/// Everything that StreamManager and its parts are told.
struct IngestionSettings {
    SendingOptions sending{};
    ThrottlingOptions throttling{};
    QueueOptions queue{};
    TopicResolutionOptions topic_resolution{};
    std::map<std::string, TopicOptions> topics{};
    std::map<std::string, SourceSettings> sources{};
    std::vector<std::string> priority_sources{}; ///< their records are HIGH, others NORMAL
    bool enable_dlq = true;                      ///< records that cannot be sent go to a dead-letter topic
    bool enable_metrics = true;
    SharingOptions sharing{};
    /// Without Redis: where cursors, ids and what was read are kept; empty = in this process only.
    std::string state_directory{};
    std::map<std::string, std::string> api_endpoints{}; ///< source type -> base URL, instead of the known one

    [[nodiscard]] Problems validate() const;
};

} // namespace streaming
