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
    if (observation.place) {
        into["latitude"] = observation.place->latitude;
        into["longitude"] = observation.place->longitude;
    }
    if (!observation.quality.empty()) {
        into["quality"] = observation.quality;
    }
    for (const Quantity& quantity : kQuantities) {
        if (const auto& value = observation.*quantity.member) {
            into[quantity.field] = *value;
        }
    }
}

void from_json(const nlohmann::json& from, Observation& observation) {
    from.at("station").get_to(observation.station);
    from.at("observed_at").get_to(observation.observed_at);
    if (from.contains("latitude") && from.contains("longitude")) {
        observation.place = {.latitude = from["latitude"].get<double>(), .longitude = from["longitude"].get<double>()};
    }
    observation.quality = from.value("quality", observation.quality);
    for (const Quantity& quantity : kQuantities) {
        if (const auto found = from.find(quantity.field); found != from.end() && !found->is_null()) {
            observation.*quantity.member = found->get<double>();
        }
    }
}

void to_json(nlohmann::json& into, const ObservationRevised& revised) {
    to_json(into, static_cast<const Observation&>(revised));
    into["revision"] = revised.revision;
    into["revises"] = revised.revises;
}

void from_json(const nlohmann::json& from, ObservationRevised& revised) {
    from_json(from, static_cast<Observation&>(revised));
    from.at("revision").get_to(revised.revision);
    from.at("revises").get_to(revised.revises);
}

Observation to_observation(const nlohmann::json& feature) {
    const nlohmann::json& properties = feature.at("properties");
    Observation observation;
    observation.observed_at = utc(properties.at("timestamp").get<std::string>(), "timestamp");
    try {
        observation.station = last_part(properties.at("station").get<std::string>());
    } catch (const std::invalid_argument& problem) {
        throw std::invalid_argument(std::string("station: ") + problem.what());
    }
    observation.place = point_of(feature);
    for (const Quantity& quantity : kQuantities) {
        observation.*quantity.member = measured(properties, quantity);
        if (const auto found = properties.find(quantity.property); found != properties.end() && found->is_object()) {
            if (std::string code = text_of(*found, "qualityControl"); !code.empty()) {
                observation.quality[quantity.field] = std::move(code); // also of what is null: why it is
            }
        }
    }
    return observation;
}

std::string natural_key(const Observation& observation) { return observation.station + '|' + observation.observed_at; }

} // namespace services::weather
