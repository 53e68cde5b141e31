#include "core/streaming/orchestration/health.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace streaming {

bool Health::ready() const noexcept {
    return std::all_of(parts.begin(), parts.end(), [](const PartHealth& part) { return part.ready; });
}

bool Health::live() const noexcept {
    return std::all_of(parts.begin(), parts.end(), [](const PartHealth& part) { return part.alive; });
}

std::string Health::to_json() const {
    nlohmann::ordered_json json{{"ready", ready()}, {"live", live()}, {"parts", nlohmann::ordered_json::array()}};
    for (const PartHealth& part : parts) {
        nlohmann::ordered_json one{{"name", part.name}, {"ready", part.ready}};
        if (!part.detail.empty()) {
            one["detail"] = part.detail;
        }
        json["parts"].push_back(std::move(one));
    }
    return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

} // namespace streaming
