#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "core/streaming/ingestion/producer_wrapper.hpp"
#include "core/streaming/ingestion/queue_manager.hpp"
#include "core/streaming/ingestion/source_sharing.hpp"
#include "core/streaming/ingestion/throttling_manager.hpp"
#include "core/streaming/ingestion/topic_resolver.hpp"
#include "core/streaming/orchestration/source_flow.hpp"
#include "core/streaming/reliability/metrics_collector.hpp"

namespace streaming::detail {

/// All parts of an ingestion at one moment. What is shown of it, in which form ever, comes from here, so that no two
/// pages disagree.
struct IngestionStatus {
    struct Stream {
        std::string id{};
        SourceStatus source{};
    };
    std::string service{};
    bool started = false;
    bool threads_well = true; ///< none of them threw just now
    ProducerMetrics producer{};
    ProducerHealth producer_health{};
    QueueCounts queue{};
    ThrottleStatus throttling{};
    TopicResolverCounts topics{};
    SharingStatus sharing{};
    std::uint64_t withheld = 0; ///< of sources in shadow
    std::vector<Stream> streams{};
    std::map<std::string, std::string> failed{}; ///< sources that should run and cannot, and why
};

[[nodiscard]] nlohmann::json numbers_of(const IngestionStatus& status);
[[nodiscard]] nlohmann::json health_of(const IngestionStatus& status);
[[nodiscard]] std::vector<MetricSample> samples_of(const IngestionStatus& status);

} // namespace streaming::detail
