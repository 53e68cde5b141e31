#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/streaming/infrastructure/connection_manager.hpp"
#include "core/streaming/ingestion/connector.hpp"
#include "core/streaming/ingestion/ingestion_settings.hpp"
#include "core/streaming/ingestion/source_context.hpp"
#include "core/streaming/ingestion/source_options.hpp"
#include "core/streaming/reliability/error_handler.hpp"
#include "core/streaming/reliability/handler.hpp"
#include "core/streaming/reliability/metrics_collector.hpp"

namespace streaming {

/// One consumer flow as the builder collected it.
struct ConsumerPlan {
    std::string name{}; ///< unique in the service: its group
    ConsumerOptions options{};
    HandlerTable handlers{};
    ErrorHandlingOptions error_handling{};
    DeduplicationOptions deduplication{};
};

struct SourcePlan {
    SourceOptions options{};
    std::unique_ptr<Connector> connector{};
    SourceHandler handler{};
};

/// What the sources of a service share.
struct IngestionPlan {
    IngestionSettings settings{}; ///< without `sources`
    std::size_t poll_threads = 4;
};

/// Everything a service is made of, checked.
struct ServicePlan {
    std::string name{};
    ConnectionManager::Options connections{};
    std::vector<ConsumerPlan> consumers{};
    std::vector<SourcePlan> sources{};
    std::optional<IngestionPlan> ingestion{};      ///< absent = no sources, and none can come
    std::vector<TopicSpec> topics{};               ///< made before anything flows, when they do not exist
    std::shared_ptr<ErrorHandler> error_handler{}; ///< null = each flow's own from its options
    std::shared_ptr<MetricsCollector> metrics{};   ///< not null
    std::string admin{};                           ///< host:port; empty = no admin endpoint
    std::vector<std::function<void()>> on_start{};
    std::vector<std::function<void()>> on_stop{};
    std::chrono::milliseconds stop_deadline{25'000};
};

} // namespace streaming
