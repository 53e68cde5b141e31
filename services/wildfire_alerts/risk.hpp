#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "services/firms/detection.hpp"
#include "services/weather/observation.hpp"

namespace services::wildfire_alerts {

/// What of the weather makes a fire spread.
struct FireWeather {
    double temperature_c = 0;
    double humidity_percent = 0;
    double wind_speed_kmh = 0;
    std::optional<double> wind_gust_kmh{};
};

/// Nothing when temperature, humidity or wind speed is missing or rejected by quality control. Where only the dew point
/// is known, the humidity comes from the Magnus formula (Alduchov and Eskridge, J. Appl. Meteor. 35, 1996).
[[nodiscard]] std::optional<FireWeather> fire_weather_of(const weather::Observation& observation);

/// Fosberg Fire Weather Index, 0 to 100: fuel moisture of Simard (1968), 100 for dry fuel and a wind of 30 mph.
/// M. A. Fosberg, "Weather in wildland fire management: the fire weather index", Proc. Conf. on Sierra Nevada
/// Meteorology, 1978. The formula as https://atmos.washington.edu/wrfrt/descript/definitions/fosbergindex.html has it.
[[nodiscard]] double fosberg_index(const FireWeather& weather);

/// The weather part of the criteria of a Red Flag Warning: at most 15 % humidity together with wind or gusts of 25 mph
/// (NWS Grand Junction; offices differ). One observation, where the NWS wants 3 hours.
[[nodiscard]] bool is_red_flag_weather(const FireWeather& weather);

enum class Level { low, moderate, high, extreme };
[[nodiscard]] std::string_view to_string(Level level);

/// The rule, see README.md: points of the weather, the confidence and the power of the fire, 0 to 100 together.
inline constexpr double kPointsOfWeather = 50;        // at an index of 100
inline constexpr double kPointsOfUnknownWeather = 25; // as an index of 50, so that the level is never low
inline constexpr double kPointsOfNominalConfidence = 10;
inline constexpr double kPointsOfHighConfidence = 20;
inline constexpr double kSmallFireMw = 10, kPointsOfSmallFire = 10; // a quarter of the MODIS pixels are below
inline constexpr double kLargeFireMw = 50, kPointsOfLargeFire = 20; // a tenth of them is above
inline constexpr double kHugeFireMw = 200, kPointsOfHugeFire = 30;  // a hundredth
inline constexpr double kModerateFrom = 25, kHighFrom = 50, kExtremeFrom = 75;

struct Risk {
    Level level = Level::low;
    double score = 0;                   ///< 0 to 100
    std::vector<std::string> reasons{}; ///< what gave points or raised the level
};

/// A Red Flag Warning, or red flag weather, raises the level by one.
[[nodiscard]] Risk assess(const firms::Detection& fire, const std::optional<FireWeather>& weather,
                          bool red_flag_warning);

} // namespace services::wildfire_alerts
