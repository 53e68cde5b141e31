#pragma once

#include <prometheus/metric_family.h>

#include <string>
#include <vector>

#include "core/streaming/reliability/flow_metrics.hpp"
#include "core/streaming/reliability/metrics_collector.hpp"

namespace streaming::detail {

/// What one flow, or one piece of work that is no flow, shows.
struct ShownFlow {
    FlowLabels labels{};
    FlowCounts counts{};
    LabelCounts failures{}; ///< of work that is no flow
};

/// The metric families of the contract, in its order, for all of `flows`. A value that nobody knows is left out.
[[nodiscard]] std::vector<prometheus::MetricFamily> families_of(const std::vector<ShownFlow>& flows);

/// Adds values of others; a name that is there already gets more samples.
void add_samples(std::vector<prometheus::MetricFamily>& families, const std::vector<MetricSample>& samples);

} // namespace streaming::detail
