#include "services/wildfire_alerts/fire_watch.hpp"

namespace services::wildfire_alerts {
namespace {

/// How far the clocks of others may be ahead of ours.
constexpr std::chrono::minutes kSkew{10};

WildfireAlert alert_about(const firms::Detection& fire, const Risk& risk) {
    return {.latitude = fire.latitude,
            .longitude = fire.longitude,
            .acquired_at = fire.acquired_at,
            .satellite = fire.satellite,
            .confidence = fire.confidence,
            .frp_mw = fire.frp_mw,
            .level = std::string(to_string(risk.level)),
            .score = risk.score,
            .reasons = risk.reasons};
}

} // namespace

void FireWatch::on_observation(const weather::Observation& observation, streaming::Context& context) {
    if (!weather_.learn(observation)) {
        context.ignore("older_observation");
    }
}

void FireWatch::on_weather_alert(const weather::Alert& alert, streaming::Context& context) {
    if (!weather_.learn(alert)) {
        context.ignore("no_red_flag_warning");
    }
}

void FireWatch::on_detection(const firms::Detection& fire, streaming::Context& context) const {
    const auto now = options_.now();
    const auto acquired = time_of(fire.acquired_at, "acquired_at");
    if (acquired < now - options_.max_fire_age || acquired > now + kSkew) {
        context.ignore(acquired > now ? "in_the_future" : "too_old");
        return;
    }
    const Place place{.latitude = fire.latitude, .longitude = fire.longitude};
    const auto weather = weather_.nearest({.place = place,
                                           .max_distance_km = options_.max_distance_km,
                                           .not_before = now - options_.max_weather_age,
                                           .not_after = now + kSkew});
    const auto warning = weather_.red_flag_warning(place, options_.max_distance_km, now);
    const auto values = weather ? std::optional(weather->values) : std::nullopt;
    const Risk risk = assess(fire, values, warning.has_value());
    if (risk.level == Level::low) {
        context.ignore("low_risk");
        return;
    }
    WildfireAlert alert = alert_about(fire, risk);
    alert.detection_id = context.message().id();
    alert.weather = weather;
    alert.fire_weather_index = values ? std::optional(fosberg_index(*values)) : std::nullopt;
    alert.red_flag_warning = warning;
    context.send(std::string(streaming::TopicNames::wildfire_alerts), firms::tile(fire), alert);
}

} // namespace services::wildfire_alerts
