#include "services/iot/iot.hpp"

#include "services/flags.hpp"
#include "services/ingest/flag_source.hpp"

namespace services::iot {
namespace {

/// Of the type `iot_sensor`, with the flag that says so.
const std::map<std::string, std::string> kFlags{{"url", "url"},
                                                {"topics", "topics"},
                                                {"device_id", "device-id"},
                                                {"event_time", "event-time"},
                                                {"sequence", "sequence"}};

} // namespace

std::vector<streaming::ServiceFlag> flags() {
    return {
        {.name = "url", .help = "of JSON readings (https://...), or of a broker (mqtt://host:port)", .fallback = ""},
        {.name = "topics", .help = "MQTT: such as sensors/{device}/reading, with commas between them", .fallback = ""},
        {.name = "device-id", .help = "where a reading says whose it is", .fallback = ""},
        {.name = "event-time", .help = "where a reading says when it was", .fallback = ""},
        {.name = "sequence", .help = "where a reading says which of its device it is", .fallback = ""},
        {.name = "poll-seconds", .help = "time between two polls of a URL", .fallback = "30"}};
}

void wire(streaming::StreamServiceBuilder& service) {
    const streaming::Settings& settings = service.settings();
    streaming::CustomParams::Map params;
    for (const auto& [param, flag] : kFlags) {
        if (param == "topics" && !settings.flag(flag).empty()) {
            params[param] = list(settings, flag);
        } else if (!settings.flag(flag).empty()) {
            params[param] = settings.flag(flag);
        }
    }
    ingest::add_source(service, {.name = "iot_sensors",
                                 .type = "iot_sensor",
                                 .topic = std::string(streaming::TopicNames::iot_sensors),
                                 .interval = std::chrono::seconds(whole_number(settings, "poll-seconds", 1, 86'400)),
                                 .params = std::move(params),
                                 .flags = kFlags});
}

} // namespace services::iot
