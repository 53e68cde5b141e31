#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "services/weather/alert.hpp"
#include "services/weather/observation.hpp"
#include "services/weather/station.hpp"
#include "services/wildfire_alerts/alert_event.hpp"
#include "services/wildfire_alerts/place_index.hpp"

namespace services::wildfire_alerts {

/// What is known of the weather: the newest observation of each station, and the Red Flag Warnings by zone.
/// All of it comes from the topic. Thread-safe: one flow writes, another reads.
class WeatherBook {
public:
    using time_point = std::chrono::system_clock::time_point;

    /// False when a newer observation of the station is known. Throws PermanentError, naming the field, when a time is
    /// none; the same below.
    [[nodiscard]] bool learn(const weather::Observation& observation);
    void learn(const weather::Station& station);
    /// False when it is no Red Flag Warning.
    [[nodiscard]] bool learn(const weather::Alert& alert);
    void end(const std::string& alert_id);

    struct Query {
        Place place{};
        double max_distance_km = 0;
        time_point not_before{}; ///< when it must have been observed
        time_point not_after{};
    };
    /// Of the nearest station whose newest observation is fresh and has what fire weather needs.
    [[nodiscard]] std::optional<StationWeather> nearest(const Query& query) const;
    /// A warning in force for the fire weather zone of the nearest station. The zone of the place itself is not known
    /// here: near the border of two zones it may be the neighbour's.
    [[nodiscard]] std::optional<std::string> red_flag_warning(const Place& place, double max_distance_km,
                                                              time_point now) const;

private:
    struct Known {
        std::string name{};
        std::string fire_zone{};
        std::string observed_at{};
        time_point observed{};
        std::optional<FireWeather> values{};
    };
    struct Period {
        time_point from{};
        time_point until{};
    };
    [[nodiscard]] std::size_t number_of(const std::string& station); ///< these two: book_mutex_ is held
    void forget(const std::string& alert_id);

    mutable std::mutex book_mutex_{};
    std::vector<Known> stations_{};
    std::unordered_map<std::string, std::size_t> numbers_{}; ///< of stations
    PlaceIndex places_{};
    std::unordered_map<std::string, std::map<std::string, Period>> warnings_{}; ///< by zone, then id
    std::unordered_map<std::string, std::vector<std::string>> zones_{};         ///< of a warning
};

/// Throws PermanentError, naming `field`, when the text is no RFC 3339 time.
[[nodiscard]] std::chrono::system_clock::time_point time_of(const std::string& text, std::string_view field);

} // namespace services::wildfire_alerts
