#pragma once

#include <chrono>

#include "core/streaming/patterns/run_service.hpp"
#include "services/firms/detection.hpp"
#include "services/now.hpp"
#include "services/wildfire_alerts/weather_book.hpp"

namespace services::wildfire_alerts {

/// Judges fires by the weather around them, and learns that weather.
/// Thread-safe: weather and fires come from different flows.
class FireWatch {
public:
    struct Options {
        std::chrono::hours max_fire_age{24};       ///< since it was seen from space
        std::chrono::minutes max_weather_age{180}; ///< of an observation that still says something
        double max_distance_km = 150;              ///< to a station that still says something
        Now now = std::chrono::system_clock::now;
    };
    explicit FireWatch(Options options) : options_(std::move(options)) {}

    /// What is of no use is ignored: an observation older than the one that is known, an alert of another kind.
    void on_observation(const weather::Observation& observation, streaming::Context& context);
    void on_station(const weather::Station& station) { weather_.learn(station); }
    void on_weather_alert(const weather::Alert& alert, streaming::Context& context);
    void on_weather_alert_end(const weather::AlertEnd& end) { weather_.end(end.id); }

    /// Sends an alert, or ignores the fire: too_old, in_the_future, low_risk.
    void on_detection(const firms::Detection& fire, streaming::Context& context) const;

private:
    Options options_;
    WeatherBook weather_{};
};

} // namespace services::wildfire_alerts
