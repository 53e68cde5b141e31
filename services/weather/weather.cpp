#include "services/weather/weather.hpp"

#include "services/flags.hpp"
#include "services/ingest/flag_source.hpp"

namespace services::weather {
namespace {

using Params = streaming::CustomParams::Map;

/// States ("CA,NV"), zones ("CAZ006,COC008"), or all there are.
Params alerts_of(const std::vector<std::string>& places) {
    Params params{{"kind", "alerts"}};
    if (places != std::vector<std::string>{"all"}) {
        params[places[0].size() == 2 ? "state" : "zones"] = places;
    }
    return params;
}

void add(streaming::StreamServiceBuilder& service, const std::string& name, std::chrono::seconds interval,
         Params params) {
    params["user_agent"] = service.settings().flag("user-agent");
    const std::string places = params["kind"] == "alerts" ? "alerts" : "stations";
    ingest::add_source(
        service, {.name = name,
                  .type = "noaa_weather",
                  .topic = std::string(streaming::TopicNames::weather),
                  .url = base_url(service.settings(), "api"),
                  .interval = interval,
                  .params = std::move(params),
                  .flags = {{"stations", places}, {"state", places}, {"zones", places}, {"user_agent", "user-agent"}}});
}

} // namespace

std::vector<streaming::ServiceFlag> flags() {
    return {{.name = "stations", .help = "NWS stations, with commas between them", .fallback = "KBHM,KLIT,KFLG"},
            {.name = "alerts", .help = "of states (CA,NV), zones (CAZ006,COC008), all, or off", .fallback = "off"},
            {.name = "api", .help = "base URL of the API", .fallback = "https://api.weather.gov"},
            {.name = "user-agent", .help = "who asks, and contact", .fallback = streaming::HttpOptions{}.user_agent},
            {.name = "poll-seconds", .help = "time between two polls of a station", .fallback = "120"},
            {.name = "alerts-poll-seconds", .help = "time between two polls of the alerts", .fallback = "60"}};
}

void wire(streaming::StreamServiceBuilder& service) {
    const streaming::Settings& settings = service.settings();
    const std::vector<std::string> stations = list(settings, "stations");
    for (const std::string& station : stations) {
        add(service, "nws_" + station, std::chrono::seconds(whole_number(settings, "poll-seconds", 1, 86'400)),
            {{"kind", "observations"}, {"stations", station}});
    }
    if (settings.flag("alerts") != "off") {
        add(service, "nws_alerts", std::chrono::seconds(whole_number(settings, "alerts-poll-seconds", 30, 86'400)),
            alerts_of(list(settings, "alerts")));
        add(service, "nws_stations", std::chrono::hours(1), {{"kind", "stations"}, {"stations", stations}});
    }
}

} // namespace services::weather
