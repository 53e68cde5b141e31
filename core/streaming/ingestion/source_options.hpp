#pragma once

#include <optional>
#include <string>

#include "core/streaming/infrastructure/options.hpp"
#include "core/streaming/ingestion/api_client.hpp"
#include "core/streaming/ingestion/ingestion_record.hpp"
#include "core/streaming/ingestion/ingestion_settings.hpp"

namespace streaming {

/// One source, as a service adds it.
struct SourceOptions {
    std::string name{};                ///< unique in the service; label, dead letters: {topic}.{name}.dlq
    std::string topic{};               ///< where the events go; empty = what the TopicResolver says
    std::string source_type{"custom"}; ///< of what kind it is, for people
    IngestionOptions ingestion{};      ///< when it is polled
    Priority priority = Priority::normal;
    bool shadow = false; ///< everything runs, nothing is produced
    /// Must exceed the time a source repeats its rows: FIRMS answers repeat a day.
    DeduplicationOptions deduplication{.ttl = std::chrono::hours(48)};
    HttpOptions http{};
    std::optional<ApiClientOptions> api{}; ///< limits on requests; absent = they go out as the connector makes them

    [[nodiscard]] Problems validate() const;
};

} // namespace streaming
