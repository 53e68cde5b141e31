#include "core/streaming/orchestration/flows_json.hpp"

#include <nlohmann/json.hpp>

namespace streaming::detail {

nlohmann::json flows_json(const std::vector<std::pair<FlowLabels, FlowCounts>>& flows) {
    nlohmann::json shown = nlohmann::json::object();
    for (const auto& [labels, counts] : flows) {
        nlohmann::json flow{{"consumed", counts.consumed},
                            {"handled", counts.count(Outcome::handled)},
                            {"duplicate", counts.count(Outcome::duplicate)},
                            {"ignored", counts.ignored_by_reason},
                            {"dead_lettered", counts.dead_lettered_by_class},
                            {"dropped", counts.dropped_by_reason},
                            {"in_flight", counts.in_flight},
                            {"retries", counts.retries},
                            {"sent", counts.sent},
                            {"send_failed", counts.send_failed},
                            {"dedup_store_errors", counts.dedup_store_errors}};
        if (counts.lag_records >= 0) {
            flow["lag_records"] = counts.lag_records;
        }
        shown[labels.flow] = std::move(flow);
    }
    return shown;
}

} // namespace streaming::detail
