#pragma once

#include <algorithm>
#include <cmath>
#include <numbers>

#include "services/weather/geojson.hpp"

namespace services::wildfire_alerts {

using weather::Place;

/// Mean radius R1 of the Earth: Geodetic Reference System 1980 (Moritz, Journal of Geodesy 74, 2000).
inline constexpr double kEarthRadiusKm = 6371.0088;

[[nodiscard]] inline double radians(double degrees) { return degrees * std::numbers::pi / 180; }
[[nodiscard]] inline double degrees(double radians) { return radians * 180 / std::numbers::pi; }

/// Great-circle distance by the haversine formula: exact enough for neighbours and for antipodes. The Earth is no
/// sphere: up to 0.6 % wrong.
[[nodiscard]] inline double distance_km(const Place& from, const Place& to) {
    const double latitude = std::sin(radians(to.latitude - from.latitude) / 2);
    const double longitude = std::sin(radians(to.longitude - from.longitude) / 2);
    const double chord =
        latitude * latitude + std::cos(radians(from.latitude)) * std::cos(radians(to.latitude)) * longitude * longitude;
    return 2 * kEarthRadiusKm * std::asin(std::sqrt(std::min(1.0, chord)));
}

} // namespace services::wildfire_alerts
