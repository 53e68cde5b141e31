#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/streaming/ingestion/api_hosts.hpp"
#include "core/streaming/ingestion/lag_watch.hpp"
#include "core/streaming/ingestion/producer_wrapper.hpp"
#include "core/streaming/ingestion/queue_manager.hpp"
#include "core/streaming/ingestion/source_sharing.hpp"
#include "core/streaming/ingestion/throttling_manager.hpp"
#include "core/streaming/ingestion/topic_resolver.hpp"
#include "core/streaming/orchestration/ingestion_drain.hpp"
#include "core/streaming/orchestration/ingestion_runtime.hpp"
#include "core/streaming/orchestration/ingestion_status.hpp"
#include "core/streaming/orchestration/loop_trouble.hpp"
#include "core/streaming/orchestration/periodic_work.hpp"
#include "core/streaming/orchestration/room_line.hpp"
#include "core/streaming/orchestration/runtime_metrics.hpp"
#include "core/streaming/orchestration/source_scheduler.hpp"
#include "core/streaming/orchestration/stream_table.hpp"

namespace streaming::detail {

/// What a runtime consists of, and how its parts serve each other; IngestionRuntime is their life.
struct IngestionParts {
    using Stream = StreamTable::Stream;

    IngestionParts(const IngestionRuntime::Dependencies& dependencies_in, std::string service_in,
                   const IngestionPlan& plan);

    Status check_topics();
    Status begin(const Stream& stream);
    [[nodiscard]] std::vector<std::string> topics_sent_to() const;
    [[nodiscard]] Clock::steady_time look_at_lag();
    [[nodiscard]] Clock::steady_time keep_share();
    [[nodiscard]] bool is_polled(const std::string& source) const;
    [[nodiscard]] std::shared_ptr<SourceFlow> make_source(SourcePlan plan, std::size_t place);
    [[nodiscard]] std::shared_ptr<SourceAccount> account_of(const std::string& source);
    [[nodiscard]] IngestionStatus status() const;
    [[nodiscard]] std::vector<PartHealth> loops_in_trouble() const;
    [[nodiscard]] PartHealth sending() const;

    IngestionRuntime::Dependencies dependencies;
    const std::string service;
    IngestionSettings settings;
    ApiHosts api_hosts; ///< outlives the sources, which may wait in the queue with their records
    TopicResolver resolver;
    RoomLine line; // before the queue: records that are left there are the last to hold a source
    QueueManager queue;
    ThrottlingManager throttle;
    LagWatch lag_watch;
    std::unique_ptr<KeyValueStore> sharing_store;
    std::unique_ptr<SourceSharing> sharing;
    LoopTrouble drain_trouble; // of each thread: before it
    LoopTrouble lag_trouble;
    LoopTrouble sharing_trouble;
    SourceScheduler scheduler; // before the drain, which may settle records of its sources to the last
    ProducerWrapper producer;
    IngestionDrain drain;
    std::shared_ptr<RuntimeMetrics> view{};

    StreamTable streams{};
    std::map<std::string, std::shared_ptr<SourceAccount>> accounts{}; ///< of each source that ever ran

    mutable std::mutex settings_mutex{}; ///< of what `configure` changes, and of the accounts

    PeriodicWork lag_work;
    PeriodicWork sharing_work;
};

} // namespace streaming::detail
