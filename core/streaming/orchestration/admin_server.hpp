#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "core/streaming/infrastructure/http_server.hpp"
#include "core/streaming/orchestration/health.hpp"
#include "core/streaming/reliability/metrics_collector.hpp"

namespace streaming {

/// The admin endpoint of a service, read only: /live and /ready (200 or 503, with the parts as JSON), /metrics
/// (Prometheus), /api/status (the same numbers as JSON).
class AdminServer {
public:
    struct Dependencies {
        std::function<Health()> health;
        std::function<std::string()> status; ///< JSON
        MetricsCollector& metrics;
    };
    /// `address` is host:port; port 0 = chosen by the system.
    AdminServer(Dependencies dependencies, std::string address);

    Status start(); ///< the error names the address
    void stop() noexcept;
    [[nodiscard]] std::uint16_t port() const noexcept;

private:
    [[nodiscard]] ServedResponse answer(const ServedRequest& request) const;

    Dependencies dependencies_;
    std::string address_;
    std::unique_ptr<HttpServer> server_{};
};

/// Splits "host:port"; the error says what is allowed.
[[nodiscard]] Result<std::pair<std::string, std::uint16_t>> parse_host_port(const std::string& address);

} // namespace streaming
