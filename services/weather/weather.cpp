#include "services/weather/weather.hpp"

#include <algorithm>
#include <cctype>

#include "services/flags.hpp"
#include "services/weather/observation.hpp"

namespace services::weather {

std::vector<streaming::ServiceFlag> flags() {
    return {{.name = "stations", .help = "NWS stations, with commas between them", .fallback = "KBHM,KLIT,KFLG"},
            {.name = "api", .help = "base URL of the API", .fallback = "https://api.weather.gov"},
            {.name = "user-agent",
             .help = "who asks: application and contact",
             .fallback = streaming::HttpOptions{}.user_agent},
            {.name = "poll-seconds", .help = "time between two polls of a station", .fallback = "120"}};
}

void record_observations(const streaming::Response& answer, streaming::SourceContext& context) {
    for (const nlohmann::json& feature : features(answer.body)) {
        try {
            const Observation observation = to_observation(feature);
            context.emit(natural_key(observation), observation.station, observation);
        } catch (const std::exception& problem) {
            context.reject(feature.dump(), problem.what());
        }
    }
}

void wire(streaming::StreamServiceBuilder& service) {
    const streaming::Settings& settings = service.settings();
    const std::string api = base_url(settings, "api");
    const std::chrono::seconds interval(whole_number(settings, "poll-seconds", 1, 86'400));
    for (const std::string& station : list(settings, "stations")) {
        if (!std::ranges::all_of(station, [](unsigned char letter) { return std::isalnum(letter) != 0; })) {
            refuse_flag("stations", station, "letters and digits only");
        }
        service.add_source({.name = "nws_" + station,
                            .topic = std::string(streaming::TopicNames::weather),
                            .polling_interval = interval,
                            .http = {.user_agent = settings.flag("user-agent")}},
                           std::make_unique<streaming::HttpConnector>(streaming::HttpConnector::Options{
                               .url = api + "/stations/" + station + "/observations?limit=1",
                               .headers = {{"Accept", "application/geo+json"}}}),
                           record_observations);
    }
}

} // namespace services::weather
