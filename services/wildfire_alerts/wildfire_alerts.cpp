#include "services/wildfire_alerts/wildfire_alerts.hpp"

#include "services/flags.hpp"
#include "services/wildfire_alerts/fire_watch.hpp"

namespace services::wildfire_alerts {

std::vector<streaming::ServiceFlag> flags() {
    return {{.name = "max-fire-age-hours", .help = "fires seen longer ago raise no alert", .fallback = "24"},
            {.name = "max-weather-age-minutes", .help = "older observations are not used", .fallback = "180"},
            {.name = "max-distance-km", .help = "stations farther from a fire are not used", .fallback = "150"}};
}

void wire(streaming::StreamServiceBuilder& service) { wire_at(service, std::chrono::system_clock::now); }

void wire_at(streaming::StreamServiceBuilder& service, const Now& now) {
    using streaming::Context;
    const streaming::Settings& settings = service.settings();
    const auto watch = std::make_shared<FireWatch>(FireWatch::Options{
        .max_fire_age = std::chrono::hours(whole_number(settings, "max-fire-age-hours", 1, 1'000'000)),
        .max_weather_age = std::chrono::minutes(whole_number(settings, "max-weather-age-minutes", 1, 60'000'000)),
        .max_distance_km = static_cast<double>(whole_number(settings, "max-distance-km", 1, 1'000)),
        .now = now});
    // Every instance needs all of the weather, and none of it is kept elsewhere.
    const streaming::ConsumerOptions weather{.topics = {std::string(streaming::TopicNames::weather)},
                                             .group_id = settings.group_id_prefix + ".wildfire_alerts.weather",
                                             .broadcast = true,
                                             .catch_up_first = true};
    const auto observed = [watch](const auto& seen, Context& context) { watch->on_observation(seen, context); };
    const auto warned = [watch](const auto& alert, Context& context) { watch->on_weather_alert(alert, context); };
    const auto ended = [watch](const auto& end, Context&) { watch->on_weather_alert_end(end); };
    const auto detected = [watch](const auto& fire, Context& context) { watch->on_detection(fire, context); };
    const streaming::ConsumerOptions fires{.topics = {std::string(streaming::TopicNames::fires)},
                                           .group_id = std::string(kGroup)};
    service.add_consumer_handler<weather::Observation>(weather, observed)
        .add_consumer_handler<weather::ObservationRevised>(weather, observed)
        .add_consumer_handler<weather::Station>(
            weather, [watch](const weather::Station& station, Context&) { watch->on_station(station); })
        .add_consumer_handler<weather::AlertIssued>(weather, warned)
        .add_consumer_handler<weather::AlertUpdated>(weather, warned)
        .add_consumer_handler<weather::AlertCancelled>(weather, ended)
        .add_consumer_handler<weather::AlertExpired>(weather, ended)
        .add_consumer_handler<firms::Detection>(fires, detected)
        .add_consumer_handler<firms::DetectionRevised>(fires, detected);
}

} // namespace services::wildfire_alerts
