#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <stop_token>
#include <string>
#include <vector>

#include "core/streaming/infrastructure/platform.hpp"
#include "core/streaming/ingestion/source_types.hpp"
#include "core/streaming/orchestration/service_orchestrator.hpp"
#include "core/streaming/patterns/config_loader.hpp"
#include "core/streaming/patterns/settings.hpp"

namespace streaming {

/// Ingestion by configuration: reads YAML, JSON or settings and runs their sources through one queue, throttle and
/// producer, on the same runtime as a service of StreamServiceBuilder. One source that runs is a stream, with an id
/// `<source>_<YYYYMMDD>_<HHMMSS>_<8 hex>`. Thread-safe. Borrows the platform.
class StreamManager {
public:
    struct Options {
        SourceTypes types{};                     ///< that `start_stream` without a connector can make
        Platform* platform = nullptr;            ///< null = the real one
        std::string service{"stream_manager"};   ///< in metrics, logs, marks and leases
        std::function<void(Settings&)> adjust{}; ///< what is stronger than files and environment, such as flags
    };

    /// Throw ConfigError with every problem: of the files (`Config file not found: X`), of a document, of settings.
    /// `settings` are what the files are read over.
    StreamManager(ConfigSources sources, Options options, Settings settings = {});
    StreamManager(const nlohmann::json& document, Options options);
    StreamManager(Settings settings, Options options);
    ~StreamManager(); ///< stops
    StreamManager(const StreamManager&) = delete;
    StreamManager& operator=(const StreamManager&) = delete;

    /// Opens the connections and checks the topics; starts no stream. Once.
    Status start(std::stop_token stop = {});
    /// Starts every source that is enabled and does not run. Those whose type is not known here, or that cannot be
    /// made, are left out: they are named in the log and in health. Returns how many run.
    std::size_t start_all();
    /// Polls no more and sends what is on the way, 25 s at most. Returns how many records were left. Idempotent.
    std::size_t stop() noexcept;

    /// Starts one source of the configuration; returns its stream id. Errors: `Source not configured: X`,
    /// `Source is disabled: X`, one that runs already, one that cannot be made.
    Result<std::string> start_stream(const std::string& source_id);
    /// With a connector of your own; its answers are JSON records, unless a handler says what becomes of them.
    Result<std::string> start_stream(const std::string& source_id, std::unique_ptr<Connector> connector,
                                     SourceHandler handler = {});
    /// Polls it no more and waits for what is on its way. The error says when some of it was not acknowledged.
    Status stop_stream(const std::string& stream_id);

    /// The numbers of all parts, the same as on /api/status and /metrics.
    [[nodiscard]] nlohmann::json get_metrics() const;
    /// {healthy, components{producer, queue, streams}}
    [[nodiscard]] nlohmann::json health_check() const;

    /// Adds or replaces the configuration of a source, running or not.
    Status set_source_config(const std::string& source_id, const SourceSettings& source);
    /// Changes keys of one source, running or not: `changes` is merged into its section (RFC 7396), checked, and in
    /// effect from the next poll on. With a problem nothing changes.
    Status update_source_config(const std::string& source_id, const nlohmann::json& changes);
    struct Reload {
        std::vector<std::string> problems{}; ///< not empty: nothing changed
        std::vector<std::string> changes{};  ///< "sources.a.enabled: true -> false", secrets masked
        std::vector<std::string> restart{};  ///< what runs otherwise until the next start: "now -> then", of any reload
    };
    /// Reads the files again: new and enabled sources start, gone and disabled ones stop, changed ones change, queue,
    /// throttling and sending follow. Changes made by update_source_config are forgotten.
    Reload reload();

    [[nodiscard]] Settings settings() const;
    [[nodiscard]] std::map<std::string, std::string> streams() const; ///< id -> source
    [[nodiscard]] ServiceOrchestrator& service() noexcept;            ///< beneath: health by part, admin port, metrics

private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace streaming
