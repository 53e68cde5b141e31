#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "core/streaming/patterns/run_service.hpp"

namespace services::firms {

/// A fire as one satellite saw it at one time: one pixel.
struct Detection {
    static constexpr std::string_view event_type = streaming::EventType::fire_detection;
    double latitude = 0;
    double longitude = 0;
    std::string acquired_at{};               ///< RFC 3339, UTC, to the minute
    std::string satellite{};                 ///< Terra, Aqua, N, N20, N21, L8, L9
    std::string family{};                    ///< VIIRS, MODIS or LANDSAT
    std::string confidence{};                ///< low, nominal, high
    std::optional<int> confidence_percent{}; ///< MODIS only
    double brightness_k = 0; ///< bright_ti4 (VIIRS) or brightness (MODIS); 0 = not known (LANDSAT), nor is the power
    double frp_mw = 0;       ///< fire radiative power
    bool day = false;
    std::string version{};
    std::string type{}; ///< standard processing only: vegetation, volcano, static (on land), offshore; else empty
};

/// The same detection, read again with another power, brightness, confidence or version.
struct DetectionRevised : Detection {
    static constexpr std::string_view event_type = "wildfire.detection.revised";
    unsigned revision = 1; ///< counts from 1
    std::string revises{}; ///< hash of the content before: the one that its revision has, if it was one
};

void from_json(const nlohmann::json& from, Detection& detection);

/// Identifies a detection, however often and through whichever download it is read.
[[nodiscard]] std::string natural_key(const Detection& detection);

/// What of a detection may be revised, as bytes to compare.
[[nodiscard]] std::string content_of(const Detection& detection);

/// The 1-degree tile of the place: neighbours keep their order.
[[nodiscard]] std::string tile(const Detection& detection);

} // namespace services::firms

/// Written by hand: an answer holds a hundred thousand rows.
template <>
struct streaming::Codec<services::firms::Detection> {
    static services::firms::Detection decode(std::string_view data) {
        return nlohmann::json::parse(data).get<services::firms::Detection>();
    }
    static void encode(const services::firms::Detection& detection, std::string& into);
};

template <>
struct streaming::Codec<services::firms::DetectionRevised> {
    static services::firms::DetectionRevised decode(std::string_view data);
    static void encode(const services::firms::DetectionRevised& detection, std::string& into);
};
