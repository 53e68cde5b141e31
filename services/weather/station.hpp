#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "services/weather/geojson.hpp"

namespace services::weather {

/// Where a station stands, and in which forecast zones: alerts name zones, hardly ever a polygon.
struct Station {
    static constexpr std::string_view event_type = "weather.station.described";
    std::string station{};
    std::string name{};
    std::optional<Place> place{}; ///< in JSON latitude and longitude
    std::string fire_zone{};      ///< such as fire/ALZ024; empty = none is named, as for those below
    std::string forecast_zone{};
    std::string county{};
};

void to_json(nlohmann::json& into, const Station& station);
void from_json(const nlohmann::json& from, Station& station);

/// A feature of /stations. Throws std::exception, naming the property, when it cannot be understood.
[[nodiscard]] Station to_station(const nlohmann::json& feature);

} // namespace services::weather
