#pragma once

#include <nlohmann/json_fwd.hpp>
#include <utility>
#include <vector>

#include "core/streaming/reliability/flow_metrics.hpp"

namespace streaming::detail {

/// The numbers of flows as /api/status shows them: the same as on /metrics, without the histogram.
[[nodiscard]] nlohmann::json flows_json(const std::vector<std::pair<FlowLabels, FlowCounts>>& flows);

} // namespace streaming::detail
