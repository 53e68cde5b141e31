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

struct ThrottlingOptions {
    bool enabled = true;
    std::vector<std::string> consumer_groups{}; ///< whose lag counts, the worst of them; none = no signal
    double min_send_rate = 1.0;                 ///< records/s, 0.001-1,000,000
    double max_send_rate = 1000.0;              ///< records/s, at least min_send_rate, at most 10,000,000
    std::uint64_t target_consumer_lag = 1000;   ///< records, 1-1,000,000,000,000
    std::uint64_t critical_consumer_lag = 5000; ///< records, more than target_consumer_lag
    double adjustment_factor = 1.5;             ///< divides and multiplies the rate, 1.01-100

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

/// Which of them count depends on the mode.
struct IngestionOptions {
    IngestionKind mode = IngestionKind::continuous_streaming;
    std::chrono::milliseconds polling_interval = 30s;     ///< real_time and continuous_streaming, 10 ms to 7 days
    std::size_t max_records_per_poll = 100;               ///< real_time, 1-1,000,000
    std::size_t buffer_size = 100;                        ///< continuous_streaming, records, 1-1,000,000
    std::chrono::milliseconds buffer_flush_interval = 5s; ///< continuous_streaming, 1 ms to 1 h
    std::size_t batch_size = 1000;                        ///< batch, records, 1-1,000,000
    std::chrono::milliseconds schedule_interval = 3600s;  ///< batch, 1 s to 31 days

    [[nodiscard]] Problems validate(const std::string& section) const;
};

struct SourceSettings {
    std::string source_type{}; ///< which connector: noaa_weather, nasa_firms, iot_sensor, purpleair, file, ...
    bool enabled = true;
    std::string topic{}; ///< empty = the resolver decides
    IngestionOptions ingestion{};
    std::size_t rate_limit_per_minute = 60;    ///< requests, 1-1,000,000
    std::chrono::milliseconds timeout = 30s;   ///< of one request, 1 ms to 1 h
    std::chrono::milliseconds cache_ttl = 60s; ///< an answer is used again for this long, 0 to 7 days
    /// Must exceed the time a source repeats its rows.
    DeduplicationOptions deduplication{.ttl = std::chrono::hours(48)};
    std::map<std::string, nlohmann::json> custom_params{}; ///< for the connector; may hold secrets

    [[nodiscard]] Problems validate(const std::string& name) const;
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

    [[nodiscard]] Problems validate() const;
};

} // namespace streaming
