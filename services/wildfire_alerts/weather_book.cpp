#include "services/wildfire_alerts/weather_book.hpp"

#include "core/streaming/patterns/run_service.hpp"

namespace services::wildfire_alerts {
namespace {

constexpr std::string_view kRedFlagWarning = "Red Flag Warning";

} // namespace

std::chrono::system_clock::time_point time_of(const std::string& text, std::string_view field) {
    const auto time = streaming::parse_rfc3339(text);
    if (!time) {
        throw streaming::PermanentError(std::string(field) + ": " + time.error().message, "InvalidTime");
    }
    return time.value();
}

std::size_t WeatherBook::number_of(const std::string& station) {
    const auto [found, added] = numbers_.try_emplace(station, stations_.size());
    if (added) {
        stations_.push_back({.name = station});
    }
    return found->second;
}

bool WeatherBook::learn(const weather::Observation& observation) {
    const time_point observed = time_of(observation.observed_at, "observed_at");
    const auto values = fire_weather_of(observation);
    const std::lock_guard lock(book_mutex_);
    const std::size_t number = number_of(observation.station);
    Known& known = stations_[number];
    if (observed < known.observed) {
        return false;
    }
    known.observed = observed;
    known.observed_at = observation.observed_at;
    known.values = values;
    if (observation.place) {
        places_.put(number, *observation.place);
    }
    return true;
}

void WeatherBook::learn(const weather::Station& station) {
    const std::lock_guard lock(book_mutex_);
    const std::size_t number = number_of(station.station);
    stations_[number].fire_zone = station.fire_zone;
    if (station.place) {
        places_.put(number, *station.place);
    }
}

bool WeatherBook::learn(const weather::Alert& alert) {
    if (alert.event != kRedFlagWarning) {
        return false;
    }
    const bool until_ends = !alert.ends.empty();
    const std::string& from = alert.onset.empty() ? alert.effective : alert.onset;
    const Period period{.from = from.empty() ? time_point::min() : time_of(from, "onset"),
                        .until = time_of(until_ends ? alert.ends : alert.expires, until_ends ? "ends" : "expires")};
    const std::lock_guard lock(book_mutex_);
    forget(alert.id); // an update may name other zones
    if (!says_it_is_over(alert)) {
        for (const std::string& zone : alert.zones) {
            warnings_[zone][alert.id] = period;
        }
        zones_[alert.id] = alert.zones;
    }
    return true;
}

void WeatherBook::end(const std::string& alert_id) {
    const std::lock_guard lock(book_mutex_);
    forget(alert_id);
}

void WeatherBook::forget(const std::string& alert_id) {
    const auto zones = zones_.find(alert_id);
    if (zones == zones_.end()) {
        return;
    }
    for (const std::string& zone : zones->second) {
        if (const auto warnings = warnings_.find(zone); warnings != warnings_.end()) {
            warnings->second.erase(alert_id);
            if (warnings->second.empty()) {
                warnings_.erase(warnings);
            }
        }
    }
    zones_.erase(zones);
}

std::optional<StationWeather> WeatherBook::nearest(const Query& query) const {
    const std::lock_guard lock(book_mutex_);
    const auto found = places_.nearest(query.place, query.max_distance_km, [&](std::size_t number) {
        const Known& station = stations_[number];
        return station.values && station.observed >= query.not_before && station.observed <= query.not_after;
    });
    if (!found) {
        return std::nullopt;
    }
    const Known& station = stations_[found->id];
    return StationWeather{.station = station.name,
                          .distance_km = found->distance_km,
                          .observed_at = station.observed_at,
                          .values = *station.values};
}

std::optional<std::string> WeatherBook::red_flag_warning(const Place& place, double max_distance_km,
                                                         time_point now) const {
    const std::lock_guard lock(book_mutex_);
    if (warnings_.empty()) {
        return std::nullopt;
    }
    const auto found = places_.nearest(place, max_distance_km,
                                       [&](std::size_t number) { return !stations_[number].fire_zone.empty(); });
    const auto warnings = found ? warnings_.find(stations_[found->id].fire_zone) : warnings_.end();
    if (warnings != warnings_.end()) {
        for (const auto& [id, period] : warnings->second) {
            if (period.from <= now && now < period.until) {
                return id;
            }
        }
    }
    return std::nullopt;
}

} // namespace services::wildfire_alerts
