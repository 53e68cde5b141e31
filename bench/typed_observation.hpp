#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace bench {

/// What the typed leg reads, as a user would declare it.
struct Observation {
    static constexpr std::string_view event_type = "weather.observation";
    std::string station{};
    double temperature_f = 0.0;
    double wind_mph = 0.0;
    std::int64_t seq = 0;
    NLOHMANN_DEFINE_TYPE_INTRUSIVE(Observation, station, temperature_f, wind_mph, seq)
};

/// What it sends.
struct Reading {
    static constexpr std::string_view event_type = "weather.reading";
    std::string station{};
    double celsius = 0.0;
    double wind_mph = 0.0;
    std::int64_t seq = 0;
    NLOHMANN_DEFINE_TYPE_INTRUSIVE(Reading, station, celsius, wind_mph, seq)
};

[[nodiscard]] inline Reading reading_of(const Observation& observation) {
    return {.station = observation.station,
            .celsius = (observation.temperature_f - 32.0) * 5.0 / 9.0,
            .wind_mph = observation.wind_mph,
            .seq = observation.seq};
}

} // namespace bench
