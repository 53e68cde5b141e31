#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/streaming/reliability/flow_metrics.hpp"

namespace streaming {

/// One value that is shown beside the flows, such as the size of a queue.
struct MetricSample {
    std::string name{}; ///< of the metric; samples of one name share help and kind
    std::string help{};
    bool counter = false; ///< else a gauge
    std::vector<std::pair<std::string, std::string>> labels{};
    double value = 0;
};

/// Knows values that are no flow's. Asked at each scrape, by any thread.
class MetricsView {
public:
    virtual ~MetricsView() = default;
    [[nodiscard]] virtual std::vector<MetricSample> samples() const = 0;
};

/// Where a service counts. Thread-safe.
class MetricsCollector {
public:
    virtual ~MetricsCollector() = default;
    /// The counters of one flow, made on first call.
    virtual std::shared_ptr<FlowMetrics> flow(const FlowLabels& labels) = 0;
    /// For work that is no flow: one success and its time, one failure and its class.
    virtual void record_success(const FlowLabels& labels, std::chrono::nanoseconds time) = 0;
    virtual void record_failure(const FlowLabels& labels, std::string_view error_class) = 0;
    /// Shows what the view knows for as long as it lives.
    virtual void show(std::weak_ptr<const MetricsView> view) = 0;
    /// Prometheus text format 0.0.4.
    [[nodiscard]] virtual std::string scrape() const = 0;
    /// Consistent copies of all flows, in the order they were made.
    [[nodiscard]] virtual std::vector<std::pair<FlowLabels, FlowCounts>> flows() const = 0;
};

} // namespace streaming
