#pragma once

#include <functional>
#include <mutex>
#include <utility>
#include <vector>

#include "core/streaming/reliability/metrics_collector.hpp"

namespace streaming::detail {

/// Shows the metrics of a runtime for as long as that lives, also to who scrapes while it goes.
class RuntimeMetrics final : public MetricsView {
public:
    explicit RuntimeMetrics(std::function<std::vector<MetricSample>()> samples) : samples_(std::move(samples)) {}
    [[nodiscard]] std::vector<MetricSample> samples() const override {
        const std::scoped_lock lock(samples_mutex_);
        return samples_ ? samples_() : std::vector<MetricSample>{};
    }
    void close() {
        const std::scoped_lock lock(samples_mutex_);
        samples_ = nullptr;
    }

private:
    mutable std::mutex samples_mutex_{};
    std::function<std::vector<MetricSample>()> samples_;
};

} // namespace streaming::detail
