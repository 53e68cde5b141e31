#include "core/streaming/ingestion/record_options.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/streaming/ingestion/record_session.hpp"

namespace streaming {
namespace {

using nlohmann::json;
using Type = RecordField::Type;

constexpr std::string_view kFieldForms =
    "a section of names and places, such as lat: latitude or lat: {from: latitude, type: number, optional: true}";

bool is_type_letter(unsigned char letter) {
    return std::isalnum(letter) != 0 || letter == '.' || letter == '_' || letter == '-';
}

bool is_text_place(const json& value) {
    return value.is_string() && !value.get_ref<const std::string&>().empty() &&
           is_place(value.get_ref<const std::string&>());
}

std::optional<Type> type_of(const json& name) {
    constexpr std::array<std::string_view, 5> kNames{"", "text", "number", "integer", "boolean"};
    const auto found = name.is_string() ? std::ranges::find(kNames, name.get_ref<const std::string&>()) : kNames.end();
    return found == kNames.end() ? std::nullopt : std::optional(static_cast<Type>(found - kNames.begin()));
}

std::optional<RecordField> field_of(const std::string& name, const json& value) {
    RecordField field{.name = name};
    if (is_text_place(value)) {
        field.from = value.get<std::string>();
        return field;
    }
    if (!value.is_object() || !is_text_place(value.value("from", json()))) {
        return std::nullopt;
    }
    for (const auto& [key, said] : value.items()) {
        const auto type = key == "type" ? type_of(said) : std::nullopt;
        if (key == "from") {
            field.from = said.get<std::string>();
        } else if (type) {
            field.type = *type;
        } else if (key == "optional" && said.is_boolean()) {
            field.optional = said.get<bool>();
        } else if ((key == "min" || key == "max") && said.is_number()) {
            (key == "min" ? field.least : field.most) = said.get<double>();
        } else {
            return std::nullopt;
        }
    }
    const bool bounded = field.least || field.most;
    const bool is_number = field.type == Type::number || field.type == Type::integer;
    return bounded && !is_number ? std::nullopt : std::optional(std::move(field));
}

std::vector<RecordField> fields_of(const CustomParams& params) {
    std::vector<RecordField> fields;
    if (!params.has("fields")) {
        return fields;
    }
    const json& section = params.value("fields");
    if (!section.is_object() || section.empty()) {
        params.refuse("fields", kFieldForms);
    }
    for (const auto& [name, value] : section.items()) {
        auto field = field_of(name, value);
        if (!field || name.empty()) {
            params.refuse("fields", fmt::format("{}; type: text, number, integer, boolean; min, max: of a number or an "
                                                "integer. See {}",
                                                kFieldForms, name));
        }
        fields.push_back(std::move(*field));
    }
    return fields;
}

std::optional<RecordTime> time_of(const CustomParams& params) {
    std::vector<std::string> places = params.texts("event_time");
    if (places.empty()) {
        for (const char* alone : {"event_time_format", "utc_offset", "max_ahead_seconds", "session"}) {
            if (params.has(alone)) {
                CustomParams::refuse_unseen(alone, "means nothing without event_time");
            }
        }
        return std::nullopt;
    }
    if (!std::ranges::all_of(places, is_place)) {
        params.refuse("event_time", "a member's name or a JSON pointer such as /data/time, or a list of them");
    }
    const auto offset = parse_utc_offset(params.text("utc_offset", "Z"));
    if (!offset) {
        params.refuse("utc_offset", offset.error().message);
    }
    auto format = EventTimeFormat::of(params.text("event_time_format", places.size() > 1 ? "date_time" : "rfc3339"),
                                      offset.value());
    if (!format) {
        params.refuse("event_time_format", format.error().message);
    }
    return RecordTime{.places = std::move(places),
                      .format = std::move(format).value(),
                      .gate = TimeGate::of(params),
                      .session = record_session(params, offset.value())};
}

} // namespace

std::vector<std::string> RecordOptions::places() const {
    std::vector<std::string> all = natural_key;
    if (!kafka_key.empty()) {
        all.push_back(kafka_key);
    }
    for (const RecordField& field : fields) {
        all.push_back(field.from);
    }
    if (event_time) {
        all.insert(all.end(), event_time->places.begin(), event_time->places.end());
    }
    return all;
}

std::vector<std::string_view> record_params() {
    return {"natural_key",       "kafka_key",  "event_type",        "fields", "event_time",
            "event_time_format", "utc_offset", "max_ahead_seconds", "session"};
}

RecordOptions record_options(const CustomParams& params, std::string_view source_type) {
    RecordOptions options{.natural_key = params.texts("natural_key"),
                          .kafka_key = place_param(params, "kafka_key"),
                          .event_type = params.text("event_type", fmt::format("{}.recorded", source_type)),
                          .fields = fields_of(params),
                          .event_time = time_of(params)};
    if (!std::ranges::all_of(options.natural_key, is_place)) {
        params.refuse("natural_key", "a member's name or a JSON pointer such as /data/id, or a list of them");
    }
    if (!std::ranges::all_of(options.event_type, is_type_letter)) {
        params.refuse("event_type", "a name of letters, digits and . _ -, such as sensor.reading.recorded");
    }
    return options;
}

bool is_place(std::string_view place) {
    if (!place.starts_with('/')) {
        return true;
    }
    try {
        (void)json::json_pointer(std::string(place));
        return true;
    } catch (const json::exception&) {
        return false;
    }
}

std::string place_param(const CustomParams& params, const std::string& name) {
    std::string place = params.text(name);
    if (!is_place(place)) {
        params.refuse(name, "a JSON pointer such as /data/items, or a member's name");
    }
    return place;
}

} // namespace streaming
