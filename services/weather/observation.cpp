#include "services/weather/observation.hpp"

#include <fmt/format.h>
#include <array>
#include <utility>

#include "core/streaming/patterns/run_service.hpp"
#include "services/weather/members.hpp"
#include "services/weather/plausible.hpp"
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

/// Puts the value and its quality into the observation.
void measure(const Members& properties, const Quantity& quantity, Observation& into) {
    if (properties.at(quantity.property).is_null()) {
        return;
    }
    const Members measured = properties.object(quantity.property);
    std::string quality = measured.text_or_none("qualityControl");
    quality.erase(0, quality.find(':') + 1); // "qc:V" in 2019
    const nlohmann::json& value = measured.at("value");
    if (!value.is_number() && !(value.is_null() && measured.has("value"))) {
        measured.refuse("value", "a number, or null");
    }
    if (value.is_number()) {
        const std::string code = measured.text("unitCode", "wmoUnit:degC");
        const auto converted = convert(value.get<double>(), code, quantity.unit);
        if (!converted) {
            measured.refuse("unitCode", fmt::format("known here: {}", units_for(quantity.unit)));
        }
        if (plausible(quantity.unit).has(*converted)) {
            into.*quantity.member = converted;
        } else {
            quality = Observation::kOutOfRange;
        }
    }
    if (!quality.empty()) {
        into.quality[quantity.field] = std::move(quality); // also of what is null: why it is
    }
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
    const Members properties = properties_of(feature);
    Observation observation;
    observation.observed_at = properties.time("timestamp");
    observation.station = last_part(properties.text("station", "https://api.weather.gov/stations/KBHM"), "station");
    observation.place = point_of(feature);
    for (const Quantity& quantity : kQuantities) {
        measure(properties, quantity, observation);
    }
    return observation;
}

std::string natural_key(const Observation& observation) { return observation.station + '|' + observation.observed_at; }

} // namespace services::weather
