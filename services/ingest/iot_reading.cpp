#include "services/ingest/iot_reading.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <utility>

namespace services::ingest {
namespace {

using nlohmann::json;

constexpr std::string_view kReading = "iot.reading.recorded";

constexpr std::string_view kTimes =
    "RFC 3339, 2026-01-05 10:00:00, 2026-01-05, or a number above 0; others by event_time_format";

/// `device` may well be an object that tells more of it, when another member or the topic has its name.
bool may_be_structured(const std::string& place) { return place == "device" || place == "sensor" || place == "id"; }

/// The text at the first of some places that is there; empty when none is. What is there and cannot be used is not
/// taken for what is not there: throws std::invalid_argument. A `null` of a device counts as there.
std::string said_at(const json& reading, const std::vector<std::string>& places, bool configured,
                    std::string_view what) {
    constexpr std::size_t kShown = 80;
    for (const std::string& place : places) {
        const json* const value = streaming::find_at(reading, place);
        const bool is_none = value == nullptr || (value->is_null() && what != "device_id");
        if (is_none || (value->is_structured() && !configured && may_be_structured(place))) {
            continue;
        }
        std::string text = value->is_boolean() ? "" : streaming::scalar_text(*value);
        if (text.empty()) {
            throw std::invalid_argument(fmt::format("{}: {} at {} is no text or number", what,
                                                    streaming::json_text(*value).substr(0, kShown), place));
        }
        streaming::refuse_mangled(*value, text, what, place);
        return text;
    }
    return "";
}

/// Of a clock that was not set many readings have the time 0.
bool is_count(std::string_view text) {
    double value = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
    return failure == std::errc{} && end == text.data() + text.size() && std::isfinite(value) && value > 0;
}

/// Of a number that can be one in seconds, milliseconds, microseconds or nanoseconds from 2000 to 2100: no two of these
/// units overlap. Others count something else, such as the seconds since the device was started.
std::optional<std::chrono::system_clock::time_point> unix_time_of(std::string_view text) {
    constexpr double kFirst = 946'684'800;
    constexpr double kLast = 4'102'444'800;
    double value = 0;
    (void)std::from_chars(text.data(), text.data() + text.size(), value);
    for (const double unit : {1.0, 1e3, 1e6, 1e9}) {
        if (value >= kFirst * unit && value < kLast * unit) {
            return std::chrono::system_clock::time_point(
                std::chrono::duration_cast<std::chrono::system_clock::duration>(
                    std::chrono::duration<double>(value / unit)));
        }
    }
    return std::nullopt;
}

/// 21.5 or "on": nothing else, so that a body that is cut off is not taken for a value.
std::optional<json> bare_value(std::string_view body) {
    const std::size_t first = body.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos || body[first] == '{' || body[first] == '[') {
        return std::nullopt;
    }
    json value = streaming::nests_deeper_than(body, 1) ? json() : streaming::read_exactly(body).value;
    return streaming::is_any_number(value) || value.is_string() || value.is_boolean() ? std::optional(std::move(value))
                                                                                      : std::nullopt;
}

} // namespace

IotReadings::IotReadings(const streaming::CustomParams& params, streaming::Clock& clock)
    : records_(params.text("records")), gate_(streaming::TimeGate::of(params)), clock_(clock) {
    for (const auto& [name, member] :
         {std::pair("device_id", &IotReadings::device_), std::pair("event_time", &IotReadings::time_),
          std::pair("sequence", &IotReadings::sequence_)}) {
        if (params.has(name)) {
            this->*member = {.names = {params.text(name)}, .configured = true};
        }
    }
    counts_ = !params.has("event_time_format");
    const auto forms = counts_ ? std::vector<std::string>{"rfc3339", "date_time", "%FT%T", "%F"}
                               : std::vector<std::string>{params.text("event_time_format")};
    for (const std::string& form : forms) {
        auto format = streaming::EventTimeFormat::of(form, std::chrono::minutes(0));
        if (!format) {
            params.refuse("event_time_format", format.error().message);
        }
        formats_.push_back(std::move(format).value());
    }
}

void IotReadings::record_all(std::string_view body, const std::optional<std::string>& device,
                             streaming::SourceContext& context) const {
    if (const auto value = device ? bare_value(body) : std::nullopt) {
        record({{"value", *value}, {"device_id", *device}}, *device, context);
        return;
    }
    streaming::for_each_record(body, records_, context, [&](const json& said) {
        std::string whose = said_at(said, device_.names, device_.configured, "device_id");
        if (whose.empty() && device) {
            json reading = said;
            reading["device_id"] = *device;
            record(reading, *device, context);
            return;
        }
        if (whose.empty()) {
            throw std::invalid_argument(
                fmt::format("device_id: the reading has no text or number at {}", fmt::join(device_.names, ", ")));
        }
        record(said, whose, context);
    });
}

void IotReadings::record(const json& reading, const std::string& device, streaming::SourceContext& context) const {
    context.emit_data(kReading, natural_key(reading, device), {.key = device}, streaming::json_text(reading));
}

void IotReadings::check_time(const std::string& text) const {
    constexpr std::size_t kShown = 80;
    constexpr auto kFirst = std::chrono::sys_days(std::chrono::year(2000) / 1 / 1); // before it: of a clock not set
    for (const streaming::EventTimeFormat& format : formats_) {
        std::optional<std::chrono::system_clock::time_point> happened;
        try {
            happened = format.read(text);
        } catch (const std::invalid_argument&) { // of another form
            continue;
        }
        if (*happened < kFirst) {
            throw std::invalid_argument(fmt::format("event_time: '{}' is before 2000", text));
        }
        return gate_.check("event_time", *happened, clock_.system_now());
    }
    if (!counts_ || !is_count(text)) {
        throw std::invalid_argument(fmt::format("event_time: '{}' is no time: {}", text.substr(0, kShown),
                                                counts_ ? kTimes : "not of the form of event_time_format"));
    }
    if (const auto happened = unix_time_of(text)) {
        gate_.check("event_time", *happened, clock_.system_now());
    }
}

/// Empty when there is none and need not be.
std::string IotReadings::time_of(const json& reading, const std::string& sequence) const {
    std::string time = said_at(reading, time_.names, time_.configured, "event_time");
    if (time.empty() && time_.configured && sequence.empty()) {
        throw std::invalid_argument(
            fmt::format("event_time: the reading has no time at {}, and no sequence", fmt::join(time_.names, ", ")));
    }
    if (!time.empty()) {
        check_time(time);
    }
    return time;
}

std::string IotReadings::natural_key(const json& reading, const std::string& device) const {
    const std::string sequence = said_at(reading, sequence_.names, sequence_.configured, "sequence");
    const std::string time = time_of(reading, sequence);
    if (!time.empty() || !sequence.empty()) {
        json key = json::array({device, time, sequence});
        if (sequence.empty() && is_count(time) && !unix_time_of(time)) { // begins anew with the device
            key.push_back(streaming::json_content_hash(reading));
        }
        return streaming::json_text(key);
    }
    const auto minute = std::chrono::floor<std::chrono::minutes>(clock_.system_now()).time_since_epoch().count();
    return fmt::format("content|{}|{}", streaming::json_content_hash(reading), minute);
}

} // namespace services::ingest
