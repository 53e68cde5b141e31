#include "services/wildfire_alerts/alert_event.hpp"

namespace services::wildfire_alerts {
namespace {

/// "weather":null says that it is unknown; an absent member would say that nobody asked.
nlohmann::json weather_json(const std::optional<StationWeather>& weather) {
    if (!weather) {
        return nullptr;
    }
    nlohmann::json json{{"station", weather->station},
                        {"distance_km", weather->distance_km},
                        {"observed_at", weather->observed_at},
                        {"temperature_c", weather->values.temperature_c},
                        {"humidity_percent", weather->values.humidity_percent},
                        {"wind_speed_kmh", weather->values.wind_speed_kmh}};
    if (weather->values.wind_gust_kmh) {
        json["wind_gust_kmh"] = *weather->values.wind_gust_kmh;
    }
    return json;
}

StationWeather weather_from(const nlohmann::json& from) {
    StationWeather weather{.station = from.at("station").get<std::string>(),
                           .distance_km = from.at("distance_km").get<double>(),
                           .observed_at = from.at("observed_at").get<std::string>(),
                           .values = {.temperature_c = from.at("temperature_c").get<double>(),
                                      .humidity_percent = from.at("humidity_percent").get<double>(),
                                      .wind_speed_kmh = from.at("wind_speed_kmh").get<double>()}};
    if (from.contains("wind_gust_kmh")) {
        weather.values.wind_gust_kmh = from["wind_gust_kmh"].get<double>();
    }
    return weather;
}

} // namespace

void to_json(nlohmann::json& into, const WildfireAlert& alert) {
    into = {{"detection_id", alert.detection_id},
            {"latitude", alert.latitude},
            {"longitude", alert.longitude},
            {"acquired_at", alert.acquired_at},
            {"satellite", alert.satellite},
            {"confidence", alert.confidence},
            {"frp_mw", alert.frp_mw},
            {"level", alert.level},
            {"score", alert.score},
            {"reasons", alert.reasons},
            {"weather", weather_json(alert.weather)}};
    if (alert.fire_weather_index) {
        into["fire_weather_index"] = *alert.fire_weather_index;
    }
    if (alert.red_flag_warning) {
        into["red_flag_warning"] = *alert.red_flag_warning;
    }
}

void from_json(const nlohmann::json& from, WildfireAlert& alert) {
    from.at("detection_id").get_to(alert.detection_id);
    from.at("latitude").get_to(alert.latitude);
    from.at("longitude").get_to(alert.longitude);
    from.at("acquired_at").get_to(alert.acquired_at);
    from.at("satellite").get_to(alert.satellite);
    from.at("confidence").get_to(alert.confidence);
    from.at("frp_mw").get_to(alert.frp_mw);
    from.at("level").get_to(alert.level);
    from.at("score").get_to(alert.score);
    from.at("reasons").get_to(alert.reasons);
    if (!from.at("weather").is_null()) {
        alert.weather = weather_from(from["weather"]);
    }
    if (from.contains("fire_weather_index")) {
        alert.fire_weather_index = from["fire_weather_index"].get<double>();
    }
    if (from.contains("red_flag_warning")) {
        alert.red_flag_warning = from["red_flag_warning"].get<std::string>();
    }
}

} // namespace services::wildfire_alerts
