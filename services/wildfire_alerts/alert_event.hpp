#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/streaming/infrastructure/event_types.hpp"
#include "services/wildfire_alerts/risk.hpp"

namespace services::wildfire_alerts {

/// The weather that an alert goes by.
struct StationWeather {
    std::string station{};
    double distance_km = 0; ///< from the fire
    std::string observed_at{};
    FireWeather values{};
};

/// A fire that somebody should know of, and why.
struct WildfireAlert {
    static constexpr std::string_view event_type = streaming::EventType::wildfire_alert;
    std::string detection_id{}; ///< id of the event on wildfire-nasa-firms
    double latitude = 0;
    double longitude = 0;
    std::string acquired_at{};
    std::string satellite{};
    std::string confidence{};
    double frp_mw = 0;   ///< 0 also where it is not known (LANDSAT)
    std::string level{}; ///< moderate, high, extreme
    double score = 0;    ///< 0 to 100
    std::vector<std::string> reasons{};
    std::optional<StationWeather> weather{};       ///< absent = unknown
    std::optional<double> fire_weather_index{};    ///< Fosberg's, 0 to 100
    std::optional<std::string> red_flag_warning{}; ///< id of the NWS alert
};

void to_json(nlohmann::json& into, const WildfireAlert& alert);
void from_json(const nlohmann::json& from, WildfireAlert& alert);

} // namespace services::wildfire_alerts
