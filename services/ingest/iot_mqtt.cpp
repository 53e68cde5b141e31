#include "services/ingest/iot_mqtt.hpp"

#include <fmt/format.h>
#include <charconv>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <utility>

#include "services/ingest/iot_reading.hpp"
#include "services/ingest/mqtt_topic.hpp"

namespace services::ingest {
namespace {

using streaming::CustomParams;
using streaming::MqttOptions;

/// What is there of both; the endpoint takes the place of the URL, as in the other types.
std::string broker_of(const streaming::SourceTypes::Request& request) {
    const auto url = request.settings.custom_params.find("url");
    const bool is_text = url != request.settings.custom_params.end() && url->second.is_string();
    return !request.endpoint.empty() ? request.endpoint : is_text ? url->second.get<std::string>() : "";
}

void read_broker(const streaming::SourceTypes::Request& request, MqttOptions& options) {
    const std::string url = broker_of(request);
    options.tls = url.starts_with("mqtts://");
    std::string_view address = std::string_view(url).substr(options.tls ? 8 : 7);
    while (address.ends_with('/')) {
        address.remove_suffix(1);
    }
    const std::size_t colon = address.rfind(':');
    options.host = address.substr(0, colon);
    options.port = options.tls ? 8883 : 1883;
    const bool has_port = colon != std::string_view::npos;
    const std::string_view port = has_port ? address.substr(colon + 1) : "";
    const auto [end, failure] = std::from_chars(port.data(), port.data() + port.size(), options.port);
    const bool bad_port = has_port && (failure != std::errc{} || end != port.data() + port.size() || options.port == 0);
    if (options.host.empty() || bad_port || url.find_first_of("@?# ") != std::string::npos ||
        options.host.find('/') != std::string::npos) {
        CustomParams::refuse_unseen("url", "is not mqtt://host:port or mqtts://host:port; login: username, password");
    }
}

std::vector<MqttTopic> topics_of(const CustomParams& params) {
    std::vector<MqttTopic> topics;
    for (const std::string& written : params.texts("topics")) {
        try {
            topics.emplace_back(written);
        } catch (const std::invalid_argument& problem) {
            params.refuse("topics", problem.what());
        }
    }
    if (topics.empty()) {
        CustomParams::refuse_unseen("topics", "must be given: one or a list, such as sensors/{device}/reading");
    }
    return topics;
}

MqttOptions options_of(const streaming::SourceTypes::Request& request, const std::vector<MqttTopic>& topics) {
    const CustomParams params(request.settings.custom_params);
    constexpr long kMostUnacknowledged = 65'535;
    constexpr long kLongestKeepalive = 65'535;
    constexpr long kLongestExpiry = 31L * 86'400;
    MqttOptions options{.username = params.text("username"), .ca_file = params.text("ca_file")};
    read_broker(request, options);
    for (const MqttTopic& topic : topics) {
        options.topics.push_back(topic.filter());
    }
    options.qos = static_cast<int>(params.whole_number("qos", 1, 0, 1));
    options.client_id = params.text("client_id", "tributary-" + request.name);
    options.password = params.has("password") ? params.secret("password", "") : "";
    options.certificate_file = params.text("certificate_file");
    options.key_file = params.text("key_file");
    const std::string version = params.text("mqtt_version", "5");
    if (version != "5" && version != "3.1.1") {
        params.refuse("mqtt_version", "\"5\" or \"3.1.1\"");
    }
    options.version = version == "5" ? MqttOptions::Version::v5 : MqttOptions::Version::v3_1_1;
    options.receive_maximum =
        static_cast<std::uint16_t>(params.whole_number("receive_maximum", 500, 1, kMostUnacknowledged));
    options.keepalive = std::chrono::seconds(params.whole_number("keepalive_seconds", 60, 5, kLongestKeepalive));
    options.session_expiry =
        std::chrono::seconds(params.whole_number("session_expiry_seconds", 86'400, 0, kLongestExpiry));
    return options;
}

/// A message that cannot be understood is rejected alone, as it came.
void record_messages(const streaming::Response& answer, const std::vector<MqttTopic>& topics,
                     const IotReadings& readings, streaming::SourceContext& context) {
    streaming::for_each_mqtt_message(answer.body, [&](std::string_view topic, std::string_view payload) {
        std::optional<std::string> device;
        for (auto known = topics.begin(); known != topics.end() && !device; ++known) {
            device = known->device_of(topic);
        }
        try {
            readings.record_all(payload, device, context);
        } catch (const std::exception& problem) {
            context.reject(payload, fmt::format("topic {}: {}", topic, problem.what()));
        }
    });
}

} // namespace

bool is_mqtt(const streaming::SourceTypes::Request& request) {
    const std::string url = broker_of(request);
    return url.starts_with("mqtt://") || url.starts_with("mqtts://");
}

streaming::SourceParts make_iot_mqtt(const streaming::SourceTypes::Request& request) {
    const CustomParams params(request.settings.custom_params);
    params.only({{"url", "topics", "qos", "client_id", "username", "password", "ca_file", "certificate_file",
                  "key_file", "mqtt_version", "receive_maximum", "keepalive_seconds", "session_expiry_seconds",
                  "records", "device_id", "event_time", "event_time_format", "max_ahead_seconds", "sequence"}});
    auto topics = topics_of(params);
    auto subscriber = streaming::make_mqtt_subscriber(options_of(request, topics));
    return {.connector = std::make_unique<streaming::MqttConnector>(request.clock, std::move(subscriber)),
            .handler = [topics = std::move(topics), readings = IotReadings(params, request.clock)](
                           const streaming::Response& answer, streaming::SourceContext& context) {
                record_messages(answer, topics, readings, context);
            }};
}

} // namespace services::ingest
