#pragma once

#include <memory>

#include "core/streaming/reliability/metrics_collector.hpp"

namespace streaming {

/// MetricsCollector on prometheus-cpp: a Collectable that folds the flows' counters when somebody scrapes.
/// Labels beyond kMaxLabelValues different values of one metric (reasons, classes) become `other`.
class PrometheusMetricsCollector final : public MetricsCollector {
public:
    PrometheusMetricsCollector();
    ~PrometheusMetricsCollector() override;
    PrometheusMetricsCollector(const PrometheusMetricsCollector&) = delete;
    PrometheusMetricsCollector& operator=(const PrometheusMetricsCollector&) = delete;

    std::shared_ptr<FlowMetrics> flow(const FlowLabels& labels) override;
    void record_success(const FlowLabels& labels, std::chrono::nanoseconds time) override;
    void record_failure(const FlowLabels& labels, std::string_view error_class) override;
    void show(std::weak_ptr<const MetricsView> view) override;
    [[nodiscard]] std::string scrape() const override;
    [[nodiscard]] std::vector<std::pair<FlowLabels, FlowCounts>> flows() const override;

private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace streaming
