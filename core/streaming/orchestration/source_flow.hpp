#pragma once

#include <spdlog/fwd.h>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "core/streaming/infrastructure/connection_manager.hpp"
#include "core/streaming/orchestration/delivery_wait.hpp"
#include "core/streaming/orchestration/health.hpp"
#include "core/streaming/orchestration/service_plan.hpp"
#include "core/streaming/reliability/deduplication_manager.hpp"
#include "core/streaming/reliability/metrics_collector.hpp"
#include "core/streaming/reliability/output_buffer.hpp"

namespace streaming {

/// Polls one outside source on a schedule: fetch -> handler -> rows not seen before -> producer -> acknowledged ->
/// remembered. What was not acknowledged is not remembered: the next poll sends it again under the same id. `poll` is
/// called by one thread at a time (the SourceScheduler's pool); health is thread-safe.
class SourceFlow {
public:
    struct Dependencies {
        ConnectionManager& connections;
        Clock& clock;
        spdlog::logger& log;
        std::shared_ptr<FlowMetrics> metrics{};
    };
    SourceFlow(Dependencies dependencies, std::string service, SourcePlan plan);
    SourceFlow(const SourceFlow&) = delete;
    SourceFlow& operator=(const SourceFlow&) = delete;

    /// Makes the dead-letter topic.
    Status start();
    /// One poll, from fetch to acknowledgement.
    void poll(const std::stop_token& stop);

    /// Ends a poll that waits for acknowledgements: the stop deadline has come. What was not acknowledged is sent
    /// again, under the same id, by the next start. Thread-safe.
    void give_up() noexcept { deliveries_.give_up(); }

    [[nodiscard]] std::chrono::milliseconds interval() const noexcept { return plan_.options.polling_interval; }
    [[nodiscard]] PartHealth health() const;
    [[nodiscard]] const std::string& name() const noexcept { return plan_.options.name; }

private:
    [[nodiscard]] Result<Response> fetch(const std::stop_token& stop);
    [[nodiscard]] std::vector<SourceRow> rows_of(const Response& response, const std::stop_token& stop);
    void send_new(std::vector<SourceRow>& rows, const std::stop_token& stop);
    void queue(const SourceRow& row, DeliveryTicket& ticket);
    void fetched(const Status& status);

    Dependencies dependencies_;
    std::string service_;
    SourcePlan plan_;
    std::string dead_letter_topic_;
    std::unique_ptr<HttpClient> http_;
    std::unique_ptr<KeyValueStore> store_;
    DeduplicationManager seen_;
    OutputBuffer outputs_{};
    detail::DeliveryWait deliveries_{};
    FlowCounts counts_{};

    mutable std::mutex state_mutex_{};
    std::string trouble_{"not polled yet"};
};

} // namespace streaming
