#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace services::weather {

/// What is expected in one cell of the NWS's grid, as one office said it at one time: a part of one layer, its values
/// in the order of time.
struct Forecast {
    static constexpr std::string_view event_type = "weather.forecast.published";
    /// Of one event: 50 days of hours of text would be 100 kB.
    static constexpr std::size_t kMostValues = 200;

    std::string grid{};       ///< such as LZK/83,73
    std::string updated_at{}; ///< RFC 3339, UTC: the version
    std::string layer{};      ///< such as temperature; `periods` for the forecast in words
    std::string unit{};       ///< such as degC, km_h-1; empty = the layer has none, or its values name their own
    /// Each with `start` and `end` (RFC 3339, UTC). Of a layer: `value`, absent where none is expected. Of periods what
    /// the NWS says, under the names of the observation where there is one: name, day, temperature_c, dewpoint_c,
    /// humidity_percent, precipitation_percent, wind_speed_min_kmh, wind_speed_max_kmh, wind_direction, summary,
    /// details.
    nlohmann::json values = nlohmann::json::array();
};

void to_json(nlohmann::json& into, const Forecast& forecast);
void from_json(const nlohmann::json& from, Forecast& forecast);

/// "LZK/83,73" of a gridpoint, or of a point; empty when it names no cell of the grid.
[[nodiscard]] std::string grid_of(const nlohmann::json& feature);

/// What reads a feature: `use` is called for each part, `refuse` for each value that cannot be understood. `check`,
/// where there is one, throws when a forecast of this version (`updated_at`) is none.
struct ForecastReader {
    std::function<void(const std::string& updated_at)> check{};
    std::function<void(const Forecast&)> use;
    std::function<void(const nlohmann::json& value, const std::string& reason)> refuse;
};

/// A feature of /gridpoints/{grid}, or of /gridpoints/{grid}/forecast, which does not say of what grid it is: `grid`
/// does then. Layers without values have no part. Throws std::exception, naming the property, when it cannot be
/// understood.
void read_forecast(const nlohmann::json& feature, const std::string& grid, const ForecastReader& reader);

/// Identifies a part, however often it is read.
[[nodiscard]] std::string natural_key(const Forecast& forecast);

} // namespace services::weather
