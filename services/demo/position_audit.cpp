#include "services/demo/position_audit.hpp"

#include <map>
#include <nlohmann/json.hpp>
#include <set>

namespace services::demo {

Claim positions_are_sums(const std::string& topic, const std::vector<std::string>& fills,
                         const std::vector<std::string>& positions) {
    std::set<std::string> counted;
    std::map<std::int64_t, std::int64_t> sums;
    for (const std::string& payload : fills) {
        const auto fill = nlohmann::json::parse(payload).at("data");
        if (counted.insert(fill.at("signal_id")).second) {
            const std::int64_t quantity = fill.at("quantity");
            sums[fill.at("instrument_token")] += fill.at("side") == "buy" ? quantity : -quantity;
        }
    }
    struct Newest {
        std::int64_t fills = 0;
        std::int64_t position = 0;
    };
    std::map<std::int64_t, Newest> newest;
    for (const std::string& payload : positions) {
        const auto record = nlohmann::json::parse(payload).at("data");
        Newest& known = newest[record.at("instrument_token")];
        if (record.at("fills") >= known.fills) {
            known = {.fills = record.at("fills"), .position = record.at("position")};
        }
    }
    Claim claim{.topic = topic, .what = "instruments whose position is the sum of fills", .counted = sums.size()};
    for (const auto& [instrument, sum] : sums) {
        const auto found = newest.find(instrument);
        claim.found += found != newest.end() && found->second.position == sum ? 1U : 0U;
    }
    return claim;
}

} // namespace services::demo
