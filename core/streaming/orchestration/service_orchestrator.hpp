#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <stop_token>
#include <string>

#include "core/streaming/infrastructure/platform.hpp"
#include "core/streaming/orchestration/health.hpp"
#include "core/streaming/orchestration/service_plan.hpp"
#include "core/streaming/reliability/metrics_collector.hpp"

namespace streaming {

class IngestionRuntime;

/// A running service: owns its connections, flows and threads, starts them in order and stops them in reverse.
/// Thread-safe. Borrows the platform.
class ServiceOrchestrator {
public:
    ServiceOrchestrator(Platform& platform, ServicePlan plan);
    ~ServiceOrchestrator(); ///< stops
    ServiceOrchestrator(const ServiceOrchestrator&) = delete;
    ServiceOrchestrator& operator=(const ServiceOrchestrator&) = delete;

    /// Starts every part; when one fails, those already started are stopped again and the error names the part.
    Status start(std::stop_token stop = {});
    /// Stops taking records, finishes what is in flight, commits and closes, 25 s at most. Returns the number of
    /// records left unfinished: they were not committed and come again. Idempotent, may be called before start and from
    /// any thread but a handler's.
    std::size_t stop() noexcept;

    /// Waits until a stop is requested or a part ended by itself; then the error says which and why.
    Status wait(std::stop_token stop);

    [[nodiscard]] const std::string& name() const noexcept;
    [[nodiscard]] Health health() const;
    [[nodiscard]] MetricsCollector& metrics() const noexcept;
    [[nodiscard]] std::uint16_t admin_port() const noexcept; ///< 0 = none
    /// Everything counted, as /api/status shows it: `flows`, and the numbers of the ingestion when there are sources.
    [[nodiscard]] nlohmann::json status() const;
    /// What the sources share; null when the service has none. Lives as long as this.
    [[nodiscard]] IngestionRuntime* ingestion() noexcept;
    /// Records that were taken by consumer flows, and rows that were fetched by sources, and are not finished.
    [[nodiscard]] std::size_t in_flight() const noexcept;

private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace streaming
