#include "services/wildfire_alerts/risk.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace services::wildfire_alerts {
namespace {

constexpr double kKmPerMile = 1.609344;
constexpr double kRedFlagHumidity = 15;
constexpr double kRedFlagWindMph = 25;

/// A value that quality control did not reject.
std::optional<double> usable(const weather::Observation& observation, const char* field,
                             const std::optional<double>& value) {
    const auto quality = observation.quality.find(field);
    return quality != observation.quality.end() && quality->second == "X" ? std::nullopt : value;
}

std::optional<double> humidity_of(const weather::Observation& observation, double temperature_c) {
    if (const auto humidity = usable(observation, "humidity_percent", observation.humidity_percent)) {
        return humidity;
    }
    const auto dewpoint = usable(observation, "dewpoint_c", observation.dewpoint_c);
    if (!dewpoint) {
        return std::nullopt;
    }
    const auto pressure = [](double celsius) { return std::exp(17.625 * celsius / (243.04 + celsius)); };
    return 100 * pressure(*dewpoint) / pressure(temperature_c);
}

/// Moisture of thin dead fuel in equilibrium with the air, in percent.
double equilibrium_moisture(double fahrenheit, double humidity) {
    if (humidity < 10) {
        return 0.03229 + 0.281073 * humidity - 0.000578 * humidity * fahrenheit;
    }
    if (humidity <= 50) {
        return 2.22749 + 0.160107 * humidity - 0.01478 * fahrenheit;
    }
    return 21.0606 + 0.005565 * humidity * humidity - 0.00035 * humidity * fahrenheit - 0.483199 * humidity;
}

} // namespace

std::optional<FireWeather> fire_weather_of(const weather::Observation& observation) {
    const auto temperature = usable(observation, "temperature_c", observation.temperature_c);
    const auto wind = usable(observation, "wind_speed_kmh", observation.wind_speed_kmh);
    const auto humidity = temperature ? humidity_of(observation, *temperature) : std::nullopt;
    if (!wind || !humidity) {
        return std::nullopt;
    }
    return FireWeather{.temperature_c = *temperature,
                       .humidity_percent = std::clamp(*humidity, 0.0, 100.0),
                       .wind_speed_kmh = *wind,
                       .wind_gust_kmh = usable(observation, "wind_gust_kmh", observation.wind_gust_kmh)};
}

double fosberg_index(const FireWeather& weather) {
    const double m =
        std::clamp(equilibrium_moisture(weather.temperature_c * 9 / 5 + 32, weather.humidity_percent), 0.0, 30.0) / 30;
    const double damping = 1 - 2 * m + 1.5 * m * m - 0.5 * m * m * m;
    const double mph = weather.wind_speed_kmh / kKmPerMile;
    return std::clamp(damping * std::sqrt(1 + mph * mph) / 0.3002, 0.0, 100.0);
}

bool is_red_flag_weather(const FireWeather& weather) {
    return weather.humidity_percent <= kRedFlagHumidity &&
           std::max(weather.wind_speed_kmh, weather.wind_gust_kmh.value_or(0)) >= kRedFlagWindMph * kKmPerMile;
}

std::string_view to_string(Level level) {
    static constexpr std::array<std::string_view, 4> kNames{"low", "moderate", "high", "extreme"};
    return kNames.at(static_cast<std::size_t>(level));
}

Risk assess(const firms::Detection& fire, const std::optional<FireWeather>& weather, bool red_flag_warning) {
    Risk risk;
    const auto add = [&risk](double points, const char* reason) {
        risk.score += points;
        risk.reasons.emplace_back(reason);
    };
    if (!weather) {
        add(kPointsOfUnknownWeather, "weather_unknown");
    } else if (const double index = fosberg_index(*weather); index >= 50) {
        add(kPointsOfWeather * index / 100, "fire_weather");
    } else {
        risk.score += kPointsOfWeather * index / 100;
    }
    if (fire.confidence == "high") {
        add(kPointsOfHighConfidence, "high_confidence");
    } else if (fire.confidence == "nominal") {
        add(kPointsOfNominalConfidence, "nominal_confidence");
    }
    if (fire.frp_mw >= kHugeFireMw) {
        add(kPointsOfHugeFire, "huge_fire");
    } else if (fire.frp_mw >= kLargeFireMw) {
        add(kPointsOfLargeFire, "large_fire");
    } else if (fire.frp_mw >= kSmallFireMw) {
        add(kPointsOfSmallFire, "small_fire");
    }
    int level = risk.score >= kExtremeFrom ? 3 : risk.score >= kHighFrom ? 2 : risk.score >= kModerateFrom ? 1 : 0;
    const bool red_flag_weather = weather && is_red_flag_weather(*weather);
    if (red_flag_warning) {
        risk.reasons.emplace_back("red_flag_warning");
    }
    if (red_flag_weather) {
        risk.reasons.emplace_back("red_flag_weather");
    }
    level += red_flag_warning || red_flag_weather ? 1 : 0;
    risk.level = static_cast<Level>(std::min(level, 3));
    return risk;
}

} // namespace services::wildfire_alerts
