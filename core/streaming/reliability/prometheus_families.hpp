#pragma once

#include <prometheus/metric_family.h>

#include <string>
#include <vector>

#include "core/streaming/reliability/flow_metrics.hpp"

namespace streaming::detail {

/// What one flow, or one piece of work that is no flow, shows.
struct ShownFlow {
    FlowLabels labels{};
    FlowCounts counts{};
    LabelCounts failures{}; ///< of work that is no flow
};

/// The metric families of the contract, in its order, for all of `flows`. A value that nobody knows is left out.
[[nodiscard]] std::vector<prometheus::MetricFamily> families_of(const std::vector<ShownFlow>& flows);

} // namespace streaming::detail
