#include "services/weather/observation.hpp"

#include <array>
#include <stdexcept>

#include "core/streaming/patterns/run_service.hpp"
#include "services/weather/units.hpp"

namespace services::weather {
namespace {

/// How a quantity is called by api.weather.gov and in our event, and the unit of the event.
struct Quantity {
    const char* property;
    const char* field;
    std::string_view unit;
    std::optional<double> Observation::*member;
};
constexpr std::array kQuantities{
    Quantity{"temperature", "temperature_c", "degC", &Observation::temperature_c},
    Quantity{"dewpoint", "dewpoint_c", "degC", &Observation::dewpoint_c},
    Quantity{"relativeHumidity", "humidity_percent", "percent", &Observation::humidity_percent},
    Quantity{"windSpeed", "wind_speed_kmh", "km_h-1", &Observation::wind_speed_kmh},
    Quantity{"windGust", "wind_gust_kmh", "km_h-1", &Observation::wind_gust_kmh},
    Quantity{"windDirection", "wind_direction_deg", "degree_(angle)", &Observation::wind_direction_deg},
    Quantity{"barometricPressure", "pressure_pa", "Pa", &Observation::pressure_pa},
    Quantity{"visibility", "visibility_m", "m", &Observation::visibility_m},
    Quantity{"precipitationLastHour", "precipitation_mm", "mm", &Observation::precipitation_mm},
};

std::optional<double> measured(const nlohmann::json& properties, const Quantity& quantity) {
    const auto found = properties.find(quantity.property);
    if (found == properties.end() || found->is_null() || found->at("value").is_null()) {
        return std::nullopt;
    }
    if (!found->at("value").is_number()) {
        throw std::invalid_argument(std::string(quantity.property) + ": the value is no number");
    }
    const auto value = convert(found->at("value").get<double>(), found->value("unitCode", ""), quantity.unit);
    if (!value) {
        throw std::invalid_argument(std::string(quantity.property) + ": unit '" + found->value("unitCode", "") +
                                    "' is not known");
    }
    return value;
}

} // namespace

void to_json(nlohmann::json& into, const Observation& observation) {
    into = {{"station", observation.station}, {"observed_at", observation.observed_at}};
    for (const Quantity& quantity : kQuantities) {
        if (const auto& value = observation.*quantity.member) {
            into[quantity.field] = *value;
        }
    }
}

void from_json(const nlohmann::json& from, Observation& observation) {
    from.at("station").get_to(observation.station);
    from.at("observed_at").get_to(observation.observed_at);
    for (const Quantity& quantity : kQuantities) {
        if (const auto found = from.find(quantity.field); found != from.end() && !found->is_null()) {
            observation.*quantity.member = found->get<double>();
        }
    }
}

nlohmann::json features(std::string_view body) {
    // Checked before parsing: printing a rejected feature recurses once for each level.
    if (streaming::nests_deeper_than(body, streaming::kMaxJsonDepth)) {
        throw streaming::PermanentError("the answer nests deeper than " + std::to_string(streaming::kMaxJsonDepth) +
                                        " levels");
    }
    nlohmann::json document = nlohmann::json::parse(body, nullptr, false);
    const std::string type = document.is_object() && document.contains("type") && document["type"].is_string()
                                 ? document["type"].get<std::string>()
                                 : "";
    if (type == "Feature") {
        return nlohmann::json::array({std::move(document)});
    }
    if (type != "FeatureCollection" || !document.contains("features") || !document["features"].is_array()) {
        throw streaming::PermanentError("the answer is neither a GeoJSON FeatureCollection nor a Feature");
    }
    return std::move(document["features"]);
}

Observation to_observation(const nlohmann::json& feature) {
    const nlohmann::json& properties = feature.at("properties");
    const auto observed_at = streaming::parse_rfc3339(properties.at("timestamp").get<std::string>());
    if (!observed_at) {
        throw std::invalid_argument("timestamp: " + observed_at.error().message);
    }
    Observation observation;
    const std::string url = properties.at("station").get<std::string>(); // https://api.weather.gov/stations/KBHM
    observation.station = url.substr(url.find_last_of('/') + 1);
    if (observation.station.empty()) {
        throw std::invalid_argument("station: '" + url + "' names none");
    }
    streaming::append_rfc3339(observation.observed_at, observed_at.value());
    for (const Quantity& quantity : kQuantities) {
        observation.*quantity.member = measured(properties, quantity);
    }
    return observation;
}

std::string natural_key(const Observation& observation) { return observation.station + '|' + observation.observed_at; }

} // namespace services::weather
