#pragma once

#include <spdlog/fwd.h>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "core/streaming/infrastructure/connection_manager.hpp"
#include "core/streaming/ingestion/ingestion_settings.hpp"
#include "core/streaming/orchestration/health.hpp"
#include "core/streaming/orchestration/service_plan.hpp"
#include "core/streaming/reliability/metrics_collector.hpp"

namespace streaming {

namespace detail {
struct IngestionParts;
}

/// Everything behind a service's sources: one queue, one throttle, one drain and one producer wrapper for all of them,
/// and the pool that polls. Sources come, change and go while it runs. Thread-safe.
class IngestionRuntime {
public:
    struct Dependencies {
        ConnectionManager& connections;
        Clock& clock;
        spdlog::logger& log;
        MetricsCollector& metrics;
    };
    /// `settings.sources` is not looked at: sources are added.
    IngestionRuntime(const Dependencies& dependencies, std::string service, const IngestionPlan& plan);
    ~IngestionRuntime(); ///< stops
    IngestionRuntime(const IngestionRuntime&) = delete;
    IngestionRuntime& operator=(const IngestionRuntime&) = delete;

    /// Checks topics, then lets the sources run that were added so far.
    Status start();
    /// Polls no more, sends what is on the way, throttled or not, and waits for the acknowledgements. Returns how many
    /// records and polls were left.
    std::size_t stop(Clock::steady_time deadline) noexcept;

    /// A stream of one source: `<source>_<YYYYMMDD>_<HHMMSS>_<8 hex>`. A name that runs already is an error.
    Result<std::string> add(SourcePlan plan);
    /// A source that should run and cannot: shown in health until it is added.
    void report_failed(const std::string& source, std::string why);
    void forget_failed(const std::string& source);
    /// Polls it no more and waits for what is on the way, 25 s at most. The error says when some of it was not settled.
    Status remove(const std::string& stream_id);
    /// Other options for a running source, by its name; another connector and handler where given.
    Status configure_source(SourceOptions options, std::unique_ptr<Connector> connector, SourceHandler handler);
    /// Queue, throttling and sending as they are now; the rest of the settings takes a restart.
    void configure(const IngestionSettings& settings);

    [[nodiscard]] std::map<std::string, std::string> streams() const; ///< id -> source
    [[nodiscard]] std::vector<PartHealth> health() const;             ///< without the part `kafka`
    /// The part `kafka` as what was sent tells: the connection is the service's, but who only sends learns of a broker
    /// that went away by nothing but acknowledgements that stay away.
    [[nodiscard]] PartHealth sending() const;
    [[nodiscard]] nlohmann::json status() const;       ///< the numbers of all parts, as docs/ingestion.md lists them
    [[nodiscard]] nlohmann::json health_check() const; ///< {healthy, components{producer, queue, streams}}
    [[nodiscard]] std::size_t open_rows() const;       ///< fetched, neither settled nor skipped

private:
    std::unique_ptr<detail::IngestionParts> parts_;
};

} // namespace streaming
