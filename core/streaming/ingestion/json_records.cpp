#include "core/streaming/ingestion/json_records.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <utility>

#include "core/streaming/infrastructure/event_id.hpp"
#include "core/streaming/infrastructure/json_depth.hpp"
#include "core/streaming/infrastructure/permanent_error.hpp"
#include "core/streaming/ingestion/custom_params.hpp"

namespace streaming {
namespace {

using nlohmann::json;

constexpr std::string_view kBlank = " \t\r\n";

std::optional<json::json_pointer> pointer_of(const std::string& place) {
    try {
        return json::json_pointer(place);
    } catch (const json::exception&) {
        return std::nullopt;
    }
}

bool is_place(const std::string& place) { return !place.starts_with('/') || pointer_of(place); }

std::string_view trimmed(std::string_view text) {
    const std::size_t first = text.find_first_not_of(kBlank);
    return first == std::string_view::npos ? "" : text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

/// Checked before parsing: copying and writing a document recurse once for each level.
void refuse_deep(std::string_view text) {
    if (nests_deeper_than(text, kMaxJsonDepth)) {
        throw PermanentError(fmt::format("the answer nests deeper than {} levels", kMaxJsonDepth));
    }
}

json parsed(std::string_view text) { return json::parse(text, nullptr, false); }

/// Whether the first of several lines is a record by itself. A document that is cut off or no JSON at all is not: it
/// is refused as a whole, rather than line by line.
bool is_by_lines(std::string_view body) {
    const std::size_t end = body.find('\n');
    if (end == std::string_view::npos) {
        return false;
    }
    const std::string_view first = trimmed(body.substr(0, end));
    return !nests_deeper_than(first, kMaxJsonDepth) && parsed(first).is_object();
}

using Use = std::function<void(const json& record)>;

void use_record(const json& record, SourceContext& context, const Use& use) {
    try {
        if (!record.is_object()) {
            throw std::invalid_argument("the record is no JSON object");
        }
        use(record);
    } catch (const std::exception& problem) {
        context.reject(json_text(record), problem.what());
    }
}

void use_line(std::string_view line, SourceContext& context, const Use& use) {
    if (nests_deeper_than(line, kMaxJsonDepth)) {
        context.reject(line, fmt::format("the record nests deeper than {} levels", kMaxJsonDepth));
    } else if (const json record = parsed(line); record.is_discarded()) {
        context.reject(line, "the line is no JSON");
    } else {
        use_record(record, context, use);
    }
}

void use_lines(std::string_view body, SourceContext& context, const Use& use) {
    while (!body.empty()) {
        const std::size_t end = std::min(body.find('\n'), body.size());
        if (const std::string_view line = trimmed(body.substr(0, end)); !line.empty()) {
            use_line(line, context, use);
        }
        body.remove_prefix(std::min(end + 1, body.size()));
    }
}

struct Key {
    std::string natural{};
    std::string shown{}; ///< as a Kafka key
};

Key key_of(const json& record, const std::vector<std::string>& places) {
    json values = json::array(); // so that ("a|b", "c") and ("a", "b|c") are two keys
    Key key;
    for (const std::string& place : places) {
        const json& value = value_at(record, place);
        const std::string text = scalar_text(value);
        if (text.empty()) {
            throw std::invalid_argument(fmt::format("natural_key: the record has no text or number at {}", place));
        }
        values.push_back(value);
        key.shown += (key.shown.empty() ? "" : "|") + text;
    }
    key.natural = json_text(values);
    return key;
}

Key own_key_of(const json& record) {
    for (const char* name : {"id", "event_id", "uuid"}) {
        if (!scalar_text(value_at(record, name)).empty()) {
            return key_of(record, {name});
        }
    }
    const std::string hash = json_content_hash(record);
    return {.natural = "content|" + hash, .shown = hash};
}

void emit_record(const json& record, const JsonRecordsOptions& options, SourceContext& context) {
    Key key = options.natural_key.empty() ? own_key_of(record) : key_of(record, options.natural_key);
    if (!options.kafka_key.empty()) {
        key.shown = scalar_text(value_at(record, options.kafka_key));
        if (key.shown.empty()) {
            throw std::invalid_argument("kafka_key: the record has no text or number at " + options.kafka_key);
        }
    }
    context.emit_data(options.event_type, key.natural, {.key = std::move(key.shown)}, json_text(record));
}

std::string place_param(const CustomParams& params, const std::string& name) {
    std::string place = params.text(name);
    if (!is_place(place)) {
        params.refuse(name, "a JSON pointer such as /data/items, or a member's name");
    }
    return place;
}

bool is_type_letter(unsigned char letter) {
    return std::isalnum(letter) != 0 || letter == '.' || letter == '_' || letter == '-';
}

JsonRecordsOptions read_options(const CustomParams& params, std::string_view source_type) {
    JsonRecordsOptions options{.records = place_param(params, "records"),
                               .natural_key = params.texts("natural_key"),
                               .kafka_key = place_param(params, "kafka_key"),
                               .event_type = params.text("event_type", fmt::format("{}.recorded", source_type))};
    if (!std::ranges::all_of(options.natural_key, is_place)) {
        params.refuse("natural_key", "a member's name or a JSON pointer such as /data/id, or a list of them");
    }
    if (!std::ranges::all_of(options.event_type, is_type_letter)) {
        params.refuse("event_type", "a name of letters, digits and . _ -, such as sensor.reading.recorded");
    }
    return options;
}

} // namespace

std::vector<std::string_view> json_records_params() { return {"records", "natural_key", "kafka_key", "event_type"}; }

Result<JsonRecordsOptions> json_records_options(const std::map<std::string, nlohmann::json>& custom_params,
                                                std::string_view source_type) {
    try {
        return read_options(CustomParams(custom_params), source_type);
    } catch (const std::invalid_argument& problem) {
        return Error{.code = ErrorCode::invalid_argument, .message = problem.what()};
    }
}

SourceHandler json_records(JsonRecordsOptions options) {
    return [options = std::move(options)](const Response& answer, SourceContext& context) {
        for_each_record(answer.body, options.records, context,
                        [&](const json& record) { emit_record(record, options, context); });
    };
}

void for_each_record(std::string_view body, const std::string& records, SourceContext& context, const Use& use) {
    if (body.starts_with("\xEF\xBB\xBF")) {
        body.remove_prefix(3);
    }
    body = trimmed(body);
    if (body.empty()) {
        return;
    }
    if (records.empty() && is_by_lines(body)) {
        use_lines(body, context, use);
        return;
    }
    refuse_deep(body);
    const json document = parsed(body);
    if (document.is_discarded()) {
        throw PermanentError("the answer is no JSON");
    }
    const json& found = records.empty() ? document : value_at(document, records);
    if (found.is_object()) {
        use_record(found, context, use);
        return;
    }
    if (!found.is_array()) {
        throw PermanentError(records.empty() ? "the answer is neither an array of records nor a record"
                                             : "records: the answer has no array at " + records);
    }
    for (const json& record : found) {
        use_record(record, context, use);
    }
}

const json& value_at(const json& record, const std::string& place) {
    static const json kNothing{};
    if (!place.starts_with('/')) {
        const auto found = record.find(place);
        return found == record.end() ? kNothing : *found;
    }
    const auto pointer = pointer_of(place);
    return pointer && record.contains(*pointer) ? record.at(*pointer) : kNothing;
}

std::string scalar_text(const json& value) {
    if (value.is_string()) {
        return value.get<std::string>();
    }
    return value.is_number() || value.is_boolean() ? value.dump() : "";
}

std::string json_text(const json& value) { return value.dump(-1, ' ', false, json::error_handler_t::replace); }

std::string json_content_hash(const json& value) {
    const std::string text = json_text(value);
    const std::array<std::string_view, 1> parts{text};
    return to_string(derive_uuid_v8({}, parts, 0));
}

} // namespace streaming
