#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "core/streaming/infrastructure/event_types.hpp"
#include "services/weather/geojson.hpp"

namespace services::weather {

/// What one station measured at one time. A quantity that was not measured is absent.
struct Observation {
    static constexpr std::string_view event_type = streaming::EventType::weather_observation;
    /// Quality of a value that is left out because it cannot be (see plausible.hpp): one broken sensor of a station
    /// does not cost what the others measured.
    static constexpr std::string_view kOutOfRange = "out_of_range";
    std::string station{};
    std::string observed_at{};    ///< RFC 3339, UTC
    std::optional<Place> place{}; ///< of the station; in JSON latitude and longitude
    std::optional<double> temperature_c{};
    std::optional<double> dewpoint_c{};
    std::optional<double> humidity_percent{};
    std::optional<double> wind_speed_kmh{};
    std::optional<double> wind_gust_kmh{};
    std::optional<double> wind_direction_deg{};
    std::optional<double> pressure_pa{};
    std::optional<double> visibility_m{};
    std::optional<double> precipitation_mm{}; ///< of the last hour
    std::map<std::string, std::string>
        quality{}; ///< by field, also of what is absent: V verified, X rejected, Z not checked, ...; ours: out_of_range
};

/// The same station and time, read again with other content: a value filled in, a quality raised.
struct ObservationRevised : Observation {
    static constexpr std::string_view event_type = "weather.observation.revised";
    unsigned revision = 1; ///< counts from 1
    std::string revises{}; ///< json_content_hash of the observation that this one replaces
};

void to_json(nlohmann::json& into, const Observation& observation);
void from_json(const nlohmann::json& from, Observation& observation);
void to_json(nlohmann::json& into, const ObservationRevised& revised);
void from_json(const nlohmann::json& from, ObservationRevised& revised);

/// Throws std::exception, naming the property, when the feature cannot be understood.
[[nodiscard]] Observation to_observation(const nlohmann::json& feature);

/// Identifies an observation, however often it is read.
[[nodiscard]] std::string natural_key(const Observation& observation);

} // namespace services::weather
