#include "services/weather/station.hpp"

#include "services/weather/members.hpp"

namespace services::weather {
namespace {

std::string zone(const Members& properties, const char* property) {
    const std::string url = properties.text_or_none(property);
    return url.empty() ? "" : zone_of(url, property);
}

} // namespace

void to_json(nlohmann::json& into, const Station& station) {
    into = {{"station", station.station},
            {"name", station.name},
            {"fire_zone", station.fire_zone},
            {"forecast_zone", station.forecast_zone},
            {"county", station.county}};
    if (station.place) {
        into["latitude"] = station.place->latitude;
        into["longitude"] = station.place->longitude;
    }
}

void from_json(const nlohmann::json& from, Station& station) {
    from.at("station").get_to(station.station);
    from.at("name").get_to(station.name);
    from.at("fire_zone").get_to(station.fire_zone);
    from.at("forecast_zone").get_to(station.forecast_zone);
    from.at("county").get_to(station.county);
    if (from.contains("latitude") && from.contains("longitude")) {
        station.place = {.latitude = from["latitude"].get<double>(), .longitude = from["longitude"].get<double>()};
    }
}

Station to_station(const nlohmann::json& feature) {
    const Members properties = properties_of(feature);
    return {.station = properties.text("stationIdentifier", "KBHM"),
            .name = properties.text_or_none("name"),
            .place = point_of(feature),
            .fire_zone = zone(properties, "fireWeatherZone"),
            .forecast_zone = zone(properties, "forecast"),
            .county = zone(properties, "county")};
}

} // namespace services::weather
