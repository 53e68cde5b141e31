#include "services/ingest/iot_reading.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <chrono>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace services::ingest {
namespace {

using nlohmann::json;

constexpr std::string_view kReading = "iot.reading.recorded";

std::string first_of(const json& record, const std::vector<std::string>& places) {
    for (const std::string& place : places) {
        if (std::string text = streaming::scalar_text(streaming::value_at(record, place)); !text.empty()) {
            return text;
        }
    }
    return "";
}

/// 21.5 or "on": nothing else, so that a body that is cut off is not taken for a value.
std::optional<json> bare_value(std::string_view body) {
    const std::size_t first = body.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos || body[first] == '{' || body[first] == '[') {
        return std::nullopt;
    }
    json value = streaming::nests_deeper_than(body, 1) ? json() : json::parse(body, nullptr, false);
    return value.is_number() || value.is_string() || value.is_boolean() ? std::optional(std::move(value))
                                                                        : std::nullopt;
}

} // namespace

IotReadings::IotReadings(const streaming::CustomParams& params, streaming::Clock& clock)
    : records_(params.text("records")), clock_(clock) {
    for (const auto& [name, member] :
         {std::pair("device_id", &IotReadings::device_), std::pair("event_time", &IotReadings::time_),
          std::pair("sequence", &IotReadings::sequence_)}) {
        if (params.has(name)) {
            this->*member = {params.text(name)};
        }
    }
}

void IotReadings::record_all(std::string_view body, const std::optional<std::string>& device,
                             streaming::SourceContext& context) const {
    if (const auto value = device ? bare_value(body) : std::nullopt) {
        record({{"value", *value}, {"device_id", *device}}, *device, context);
        return;
    }
    streaming::for_each_record(body, records_, context, [&](const json& said) {
        std::string whose = first_of(said, device_);
        if (whose.empty() && device) {
            json reading = said;
            reading["device_id"] = *device;
            record(reading, *device, context);
            return;
        }
        if (whose.empty()) {
            throw std::invalid_argument(
                fmt::format("device_id: the reading has no text or number at {}", fmt::join(device_, ", ")));
        }
        record(said, whose, context);
    });
}

void IotReadings::record(const json& reading, const std::string& device, streaming::SourceContext& context) const {
    context.emit_data(kReading, natural_key(reading, device), {.key = device}, streaming::json_text(reading));
}

std::string IotReadings::natural_key(const json& reading, const std::string& device) const {
    const std::string time = first_of(reading, time_);
    const std::string sequence = first_of(reading, sequence_);
    if (!time.empty() || !sequence.empty()) {
        return json::array({device, time, sequence}).dump(-1, ' ', false, json::error_handler_t::replace);
    }
    const auto minute = std::chrono::floor<std::chrono::minutes>(clock_.system_now()).time_since_epoch().count();
    return fmt::format("content|{}|{}", streaming::json_content_hash(reading), minute);
}

} // namespace services::ingest
