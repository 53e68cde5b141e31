#include "core/streaming/ingestion/json_records.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <stdexcept>
#include <utility>

#include "core/streaming/infrastructure/event_id.hpp"
#include "core/streaming/infrastructure/json_depth.hpp"
#include "core/streaming/infrastructure/permanent_error.hpp"
#include "core/streaming/ingestion/custom_params.hpp"
#include "core/streaming/ingestion/error_object.hpp"
#include "core/streaming/ingestion/exact_json.hpp"
#include "core/streaming/ingestion/record_event.hpp"

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

/// Whether the first of several lines is a record by itself. A document that is cut off or no JSON at all is not: it
/// is refused as a whole, rather than line by line.
bool is_by_lines(std::string_view body) {
    const std::size_t end = body.find('\n');
    if (end == std::string_view::npos) {
        return false;
    }
    const std::string_view first = trimmed(body.substr(0, end));
    return !nests_deeper_than(first, kMaxJsonDepth) && read_exactly(first).value.is_object();
}

using Use = std::function<void(const json& record)>;

/// Hands records out one by one and rejects those that are none, with their number.
class Rows {
public:
    Rows(SourceContext& context, const Use& use, std::size_t before = 0)
        : context_(context), use_(use), number_(before) {}
    [[nodiscard]] std::size_t number() const { return number_; } ///< of the last one
    /// What comes now may not be as JSON should be.
    void look_for_flaws(bool look) { flawed_ = look; }

    void take(const json& record) {
        ++number_;
        if (!record.is_object()) {
            reject(json_text(record), "the record is no JSON object");
            return;
        }
        if (const auto flaw = flawed_ ? flaw_of(record) : std::nullopt) {
            reject(json_text(record), *flaw);
            return;
        }
        try {
            use_(record);
        } catch (const std::exception& problem) {
            reject(json_text(record), problem.what());
        }
    }
    void take_line(std::string_view line) {
        if (nests_deeper_than(line, kMaxJsonDepth)) {
            ++number_;
            reject(line, fmt::format("the record nests deeper than {} levels", kMaxJsonDepth));
        } else if (const ExactJson record = read_exactly(line); record.value.is_discarded()) {
            ++number_;
            reject(line, "the line is no JSON");
        } else {
            look_for_flaws(record.flawed);
            take(record.value);
        }
    }
    /// One row of values; a null is no value.
    void take_values(const json& values, const json& names) {
        if (!values.is_array() || values.size() != names.size()) {
            ++number_;
            reject(json_text(values), fmt::format("the row has {} values, there are {} columns",
                                                  values.is_array() ? values.size() : 0, names.size()));
            return;
        }
        json record = json::object();
        for (std::size_t i = 0; i < names.size(); ++i) {
            if (!values[i].is_null()) {
                record[names[i].get_ref<const std::string&>()] = values[i];
            }
        }
        take(record);
    }
    /// A record that has a name where it is found.
    void take_member(const std::string& name, const json& value, const std::string& member) {
        if (!value.is_object() || value.contains(member)) {
            ++number_;
            const std::string_view what = stands_twice(value) ? "stands twice" : "is no JSON object";
            reject(json_text(json::object({{name, value}})),
                   value.is_object() ? fmt::format("records_keyed_by: {} has a member {} of its own", name, member)
                                     : fmt::format("{} {}", name, what));
            return;
        }
        json record = value;
        record[member] = name;
        take(record);
    }

private:
    void reject(std::string_view bytes, std::string_view why) {
        context_.reject(bytes, fmt::format("row {}: {}", number_, why));
    }

    SourceContext& context_;
    const Use& use_;
    std::size_t number_;
    bool flawed_ = false;
};

void use_lines(std::string_view body, Rows& rows) {
    while (!body.empty()) {
        const std::size_t end = std::min(body.find('\n'), body.size());
        if (const std::string_view line = trimmed(body.substr(0, end)); !line.empty()) {
            rows.take_line(line);
        }
        body.remove_prefix(std::min(end + 1, body.size()));
    }
}

/// The body without byte order mark and blanks around it.
std::string_view text_of(std::string_view body) {
    if (body.starts_with("\xEF\xBB\xBF")) {
        body.remove_prefix(3);
    }
    return trimmed(body);
}

json document_of(std::string_view body, Rows& rows) {
    refuse_deep(body);
    ExactJson document = read_exactly(body);
    if (document.value.is_discarded()) {
        throw PermanentError("the answer is no JSON");
    }
    rows.look_for_flaws(document.flawed);
    return std::move(document.value);
}

/// What is at a place where there must be one thing.
const json& place_of(const json& document, const std::string& place) {
    const json& found = value_at(document, place);
    if (stands_twice(found)) {
        throw PermanentError(fmt::format("records: {} stands twice in the answer", place));
    }
    return found;
}

/// Names that are none, or come twice, are nobody's to guess.
const json& names_at(const json& document, const std::string& place) {
    const json& names = place_of(document, place);
    if (!names.is_array() || !std::ranges::all_of(names, [](const json& name) { return name.is_string(); })) {
        throw PermanentError("records: the answer has no list of names at " + place);
    }
    const std::set<json> different(names.begin(), names.end());
    if (different.size() != names.size()) {
        throw PermanentError("records: the answer has a name twice at " + place);
    }
    return names;
}

/// A column that is nowhere would make every row a bad one: the answer is not what it should be.
void require_columns(const json& names, const RecordOptions& options) {
    for (const std::string& place : options.places()) {
        if (!place.starts_with('/') && std::ranges::find(names, json(place)) == names.end()) {
            throw PermanentError("records: the answer has no column " + place);
        }
    }
}

/// What an API answers in place of records, with a status of success, becomes no event.
void refuse_error(const json& document, const JsonRecordsOptions& options) {
    const bool is_record = !options.record.natural_key.empty() && options.keyed_by.empty() &&
                           std::ranges::all_of(options.record.natural_key, [&](const std::string& place) {
                               return !scalar_text(value_at(document, place)).empty();
                           });
    if (!options.may_be_error || !options.records.empty() || is_record) {
        return;
    }
    if (const std::string_view name = name_of_error(document); !name.empty()) {
        throw PermanentError(fmt::format(
            "the answer is an error, it has a member {}; one that is a record has all of natural_key, which names its "
            "members",
            name));
    }
}

void use_columns(std::string_view body, const JsonRecordsOptions& options, Rows& rows) {
    body = text_of(body);
    if (body.empty()) {
        return;
    }
    const json document = document_of(body, rows);
    const json given = options.names;
    const json& names = options.names.empty() ? names_at(document, options.columns) : given;
    require_columns(names, options.record);
    const json& found = place_of(document, options.records);
    if (!found.is_array()) {
        throw PermanentError("records: the answer has no array at " + options.records);
    }
    for (const json& values : found) {
        rows.take_values(values, names);
    }
}

void use_members(std::string_view body, const JsonRecordsOptions& options, Rows& rows) {
    body = text_of(body);
    if (body.empty()) {
        return;
    }
    const json document = document_of(body, rows);
    const json& found = options.records.empty() ? document : place_of(document, options.records);
    if (!found.is_object()) {
        throw PermanentError("records: the answer has no object at " +
                             (options.records.empty() ? "its top" : options.records));
    }
    refuse_error(found, options);
    for (const auto& [name, value] : found.items()) {
        rows.take_member(name, value, options.keyed_by);
    }
}

using Look = std::function<void(const json& document)>;

/// `look` sees a body that is one document before it is used.
void use_body(std::string_view body, const std::string& records, Rows& rows, const Look& look) {
    body = text_of(body);
    if (body.empty()) {
        return;
    }
    if (records.empty() && is_by_lines(body)) {
        use_lines(body, rows);
        return;
    }
    const json document = document_of(body, rows);
    look(document);
    const json& found = records.empty() ? document : place_of(document, records);
    if (found.is_object()) {
        rows.take(found);
        return;
    }
    if (!found.is_array()) {
        throw PermanentError(records.empty() ? "the answer is neither an array of records nor a record"
                                             : "records: the answer has no array at " + records);
    }
    for (const json& record : found) {
        rows.take(record);
    }
}

} // namespace

std::vector<std::string_view> json_records_params() {
    auto params = record_params();
    params.insert(params.begin(), {"records", "records_keyed_by"});
    return params;
}

Result<JsonRecordsOptions> json_records_options(const std::map<std::string, nlohmann::json>& custom_params,
                                                std::string_view source_type) {
    try {
        return json_records_options(CustomParams(custom_params), source_type);
    } catch (const std::invalid_argument& problem) {
        return Error{.code = ErrorCode::invalid_argument, .message = problem.what()};
    }
}

JsonRecordsOptions json_records_options(const CustomParams& params, std::string_view source_type) {
    JsonRecordsOptions options{.keyed_by = params.text("records_keyed_by"),
                               .record = record_options(params, source_type)};
    const json& records = params.value("records");
    if (!records.is_object()) {
        options.records = place_param(params, "records");
        return options;
    }
    if (!options.keyed_by.empty()) {
        params.refuse("records_keyed_by", "for records of columns and rows, which have no names");
    }
    const CustomParams::Map section = records;
    const CustomParams places(section, "records.");
    if (section.size() != 2 || !places.has("columns") || !places.has("rows")) {
        params.refuse("records",
                      "a place, or {columns: place of the names, or a list of them, rows: place of the rows}");
    }
    if (places.value("columns").is_array()) {
        options.names = places.texts("columns");
    } else {
        options.columns = place_param(places, "columns");
    }
    options.records = place_param(places, "rows");
    return options;
}

SourceHandler json_records(JsonRecordsOptions options) {
    return [options = std::move(options)](const Response& answer, SourceContext& context) {
        const Use emit = [&](const json& record) { emit_record(record, options.record, context); };
        Rows rows(context, emit);
        if (!options.keyed_by.empty()) {
            use_members(answer.body, options, rows);
        } else if (!options.columns.empty() || !options.names.empty()) {
            use_columns(answer.body, options, rows);
        } else {
            use_body(answer.body, options.records, rows,
                     [&](const json& document) { refuse_error(document, options); });
        }
    };
}

void for_each_record(std::string_view body, const std::string& records, SourceContext& context, const Use& use) {
    Rows rows(context, use);
    use_body(body, records, rows, [](const json& /*document*/) {});
}

std::size_t for_each_line(std::string_view body, std::size_t rows_before, SourceContext& context, const Use& use) {
    Rows rows(context, use, rows_before);
    use_lines(text_of(body), rows);
    return rows.number() - rows_before;
}

const json* find_at(const json& record, const std::string& place) {
    if (!place.starts_with('/')) {
        const auto found = record.find(place);
        return found == record.end() ? nullptr : &*found;
    }
    const auto pointer = pointer_of(place);
    return pointer && record.contains(*pointer) ? &record.at(*pointer) : nullptr;
}

const json& value_at(const json& record, const std::string& place) {
    static const json nothing{};
    const json* const found = find_at(record, place);
    return found == nullptr ? nothing : *found;
}

std::string scalar_text(const json& value) {
    if (value.is_string()) {
        return value.get<std::string>();
    }
    return is_any_number(value) || value.is_boolean() ? exact_text(value) : "";
}

std::string json_text(const json& value) { return exact_text(value); }

std::string json_content_hash(const json& value) {
    const std::string text = json_text(value);
    const std::array<std::string_view, 1> parts{text};
    return to_string(derive_uuid_v8({}, parts, 0));
}

} // namespace streaming
