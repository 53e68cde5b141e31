#include <fmt/format.h>
#include <fmt/ranges.h>
#include <chrono>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "core/streaming/patterns/source_type.hpp"
#include "services/ingest/makers.hpp"

namespace services::ingest {
namespace {

using nlohmann::json;

constexpr std::string_view kReading = "iot.reading.recorded";

/// Where a reading says what; the first that is there counts.
struct Places {
    std::vector<std::string> device{"device_id", "deviceId", "sensor_id", "sensorId", "device", "sensor", "id"};
    std::vector<std::string> time{"timestamp", "time", "observed_at", "recorded_at", "ts"};
    std::vector<std::string> sequence{"sequence", "sequence_number", "seq"};
    std::string records{};
};

std::string first_of(const json& record, const std::vector<std::string>& places) {
    for (const std::string& place : places) {
        if (std::string text = streaming::scalar_text(streaming::value_at(record, place)); !text.empty()) {
            return text;
        }
    }
    return "";
}

/// Without a time and a sequence of the device, equal readings of one minute count as one.
std::string natural_key(const json& record, const Places& places, const std::string& device, streaming::Clock& clock) {
    const std::string time = first_of(record, places.time);
    const std::string sequence = first_of(record, places.sequence);
    if (!time.empty() || !sequence.empty()) {
        return json::array({device, time, sequence}).dump(-1, ' ', false, json::error_handler_t::replace);
    }
    const auto minute = std::chrono::floor<std::chrono::minutes>(clock.system_now()).time_since_epoch().count();
    return fmt::format("content|{}|{}", streaming::json_content_hash(record), minute);
}

void record_reading(const json& record, const Places& places, streaming::Clock& clock,
                    streaming::SourceContext& context) {
    std::string device = first_of(record, places.device);
    if (device.empty()) {
        throw std::invalid_argument(
            fmt::format("device_id: the reading has no text or number at {}", fmt::join(places.device, ", ")));
    }
    const std::string key = natural_key(record, places, device, clock);
    context.emit_data(kReading, key, {.key = std::move(device)}, streaming::json_text(record));
}

Places places_of(const streaming::CustomParams& params) {
    Places places;
    for (const auto& [name, member] : {std::pair("device_id", &Places::device), std::pair("event_time", &Places::time),
                                       std::pair("sequence", &Places::sequence)}) {
        if (params.has(name)) {
            places.*member = {params.text(name)};
        }
    }
    places.records = params.text("records");
    return places;
}

} // namespace

streaming::Result<streaming::SourceParts> make_iot_sensor(const streaming::SourceTypes::Request& request) {
    const streaming::CustomParams params(request.settings.custom_params);
    params.only({{"url", "headers", "records", "device_id", "event_time", "sequence"}});
    streaming::refuse_backfill(request);
    std::string url = streaming::url_of(request, params);
    if (url.empty()) {
        streaming::CustomParams::refuse_unseen("url",
                                               "must be given, here or as api_endpoints.iot_sensor: where the "
                                               "readings are");
    }
    return streaming::SourceParts{
        .connector = std::make_unique<streaming::HttpConnector>(streaming::HttpConnector::Options{
            .url = std::move(url), .headers = streaming::headers_of(params), .timeout = request.settings.timeout}),
        .handler = [places = places_of(params), &clock = request.clock](const streaming::Response& answer,
                                                                        streaming::SourceContext& context) {
            streaming::for_each_record(answer.body, places.records, context,
                                       [&](const json& record) { record_reading(record, places, clock, context); });
        }};
}

} // namespace services::ingest
