#include "core/streaming/ingestion/record_event.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <utility>

#include "core/streaming/infrastructure/event_envelope.hpp"
#include "core/streaming/ingestion/exact_json.hpp"
#include "core/streaming/ingestion/json_records.hpp"
#include "core/streaming/ingestion/record_session.hpp"

namespace streaming {
namespace {

using nlohmann::json;

constexpr std::string_view kTimeMember = "event_time";

struct Key {
    std::string natural{};
    std::string shown{}; ///< as a Kafka key
};

/// 1.23E+11: what a spreadsheet leaves of a long number, and of many others beside it.
bool is_rounded(std::string_view text) {
    const std::size_t exponent = text.find_first_of("eE");
    constexpr std::string_view kDigits = "0123456789";
    return exponent != std::string_view::npos && exponent > 0 && text.substr(exponent + 1).starts_with('+') &&
           text.size() > exponent + 2 && text.find_first_not_of("0123456789.,-", 0) == exponent &&
           text.find_first_not_of(kDigits, exponent + 2) == std::string_view::npos;
}

/// What spreadsheets and scripts write where they have no value.
bool is_nothing(std::string text) {
    constexpr std::array<std::string_view, 10> kNothing{"nan",     "null",   "undefined", "#n/a",  "#ref!",
                                                        "#value!", "#name?", "#div/0!",   "#num!", "#null!"};
    constexpr std::size_t kLongest = 9;
    if (text.starts_with("####") || text.size() > kLongest) {
        return text.starts_with("####");
    }
    std::ranges::transform(text, text.begin(), [](unsigned char letter) { return std::tolower(letter); });
    return std::ranges::find(kNothing, text) != kNothing.end();
}

Key key_of(const json& record, const std::vector<std::string>& places) {
    json values = json::array(); // so that ("a|b", "c") and ("a", "b|c") are two keys
    Key key;
    for (const std::string& place : places) {
        const json& value = value_at(record, place);
        const std::string text = scalar_text(value);
        if (text.empty()) {
            throw std::invalid_argument(fmt::format("natural_key: the record has no text or number at {}", place));
        }
        refuse_mangled(value, text, "natural_key", place);
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

template <class Number>
std::optional<Number> parsed(std::string_view text) {
    Number value{};
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
    return failure == std::errc{} && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

/// Null when it is none.
json number_of(std::string_view text) {
    const std::size_t first = std::min(text.find_first_not_of(" \t"), text.size());
    text = text.substr(first, text.find_last_not_of(" \t") + 1 - first);
    if (const auto whole = parsed<std::int64_t>(text)) {
        return *whole;
    }
    const auto value = parsed<double>(text);
    if (!value || !std::isfinite(*value)) {
        return {};
    }
    if (text.size() <= std::numeric_limits<double>::digits10) {
        return *value;
    }
    json exact = exact_number(text);
    return exact.is_null() ? json(*value) : exact; // 007.5 is no JSON
}

/// 5 for 5.0, as spreadsheets write it; null when it is no whole number.
json integer_of(const json& number) {
    constexpr double kExact = 9'007'199'254'740'992; // 2^53
    if (const std::string_view digits = kept_digits(number); !digits.empty()) {
        return digits.find_first_of(".eE") == std::string_view::npos ? number : json();
    }
    if (!number.is_number_float()) {
        return number.is_number() ? number : json();
    }
    const auto value = number.get<double>();
    return std::trunc(value) == value && std::abs(value) <= kExact ? json(static_cast<std::int64_t>(value)) : json();
}

json truth_of(std::string text) {
    std::ranges::transform(text, text.begin(), [](unsigned char letter) { return std::tolower(letter); });
    const bool yes = text == "true" || text == "yes" || text == "1";
    return yes || text == "false" || text == "no" || text == "0" ? json(yes) : json();
}

/// 2,5 is 2.5 where a comma is the decimal sign, and nothing else is there.
json number_of(const std::string& text, char decimal) {
    if (decimal != ',') {
        return number_of(text);
    }
    if (text.find('.') != std::string::npos) { // of thousands, or of another table
        return {};
    }
    std::string with_point = text;
    std::ranges::replace(with_point, ',', '.');
    return number_of(with_point);
}

/// Null when it cannot be one.
json converted(const json& value, RecordField::Type type, char decimal) {
    using enum RecordField::Type;
    switch (type) {
        case as_it_is:
            return value;
        case text:
            return value.is_string() || value.is_boolean() || is_any_number(value) ? json(scalar_text(value)) : json();
        case number:
            return value.is_string() ? number_of(value.get_ref<const std::string&>(), decimal)
                                     : (is_any_number(value) ? value : json());
        case integer: // 1.23E+11 is what is left of one
            return value.is_string() && value.get_ref<const std::string&>().find_first_of("eE") != std::string::npos
                       ? json()
                       : integer_of(converted(value, number, decimal));
        case boolean:
            return truth_of(scalar_text(value));
    }
    return {};
}

void refuse_out_of_bounds(const json& value, const RecordField& field) {
    const bool low = field.least && nearest_double(value) < *field.least;
    if (low || (field.most && nearest_double(value) > *field.most)) {
        throw std::invalid_argument(fmt::format(
            "fields.{}: {} at {} is {}", field.name, json_text(value), field.from,
            low ? fmt::format("less than {} (min)", *field.least) : fmt::format("more than {} (max)", *field.most)));
    }
}

/// What would make a number of it.
std::string other_decimal(const json& value, const RecordField& field) {
    const char other = field.decimal == ',' ? '.' : ',';
    const bool is_number = field.type == RecordField::Type::number || field.type == RecordField::Type::integer;
    return field.decimal != 0 && is_number && !converted(value, field.type, other).is_null()
               ? fmt::format(" (decimal is \"{}\", see that parameter)", field.decimal)
               : "";
}

std::string shown_of(const json& value) { return value.is_string() ? value.get<std::string>() : json_text(value); }

json chosen_fields(const json& record, const std::vector<RecordField>& fields) {
    constexpr std::array<std::string_view, 5> kNames{"", "text", "number", "whole number", "truth value"};
    json data = json::object();
    for (const RecordField& field : fields) {
        const json& value = value_at(record, field.from);
        const bool typed = field.type != RecordField::Type::as_it_is;
        if (value.is_null() || (typed && value.is_string() && value.get_ref<const std::string&>().empty())) {
            if (!field.optional) {
                throw std::invalid_argument(
                    fmt::format("fields.{}: the record has nothing at {}", field.name, field.from));
            }
            continue;
        }
        json converted_value = converted(value, field.type, field.decimal);
        if (converted_value.is_null()) {
            constexpr std::size_t kShown = 80;
            throw std::invalid_argument(
                fmt::format("fields.{}: '{}' at {} is no {}{}", field.name, shown_of(value).substr(0, kShown),
                            field.from, kNames.at(static_cast<std::size_t>(field.type)), other_decimal(value, field)));
        }
        refuse_out_of_bounds(converted_value, field);
        data[field.name] = std::move(converted_value);
    }
    return data;
}

std::string time_of(const json& record, const RecordTime& options, SourceContext& context) {
    const auto happened = event_time_of(record, options);
    options.gate.check("event_time", happened, context.now());
    std::string time;
    append_rfc3339(time, happened);
    if (const std::string shown = options.session ? outside(*options.session, happened) : ""; !shown.empty()) {
        throw std::invalid_argument(fmt::format("event_time: {} is outside the session, {}", time, shown));
    }
    context.payload_is_of(happened);
    return time;
}

std::string data_of(const json& record, const RecordOptions& options, SourceContext& context) {
    if (options.fields.empty() && !options.event_time) {
        return json_text(record);
    }
    json data = options.fields.empty() ? record : chosen_fields(record, options.fields);
    if (options.event_time) {
        data[kTimeMember] = time_of(record, *options.event_time, context);
    }
    return json_text(data);
}

/// Where the data says when: the time itself, and what it was made of.
std::vector<std::string> stamps_of(const RecordOptions& options) {
    std::vector<std::string> stamps{std::string(kTimeMember)};
    for (const std::string& place : options.event_time->places) {
        if (options.fields.empty()) {
            stamps.push_back(place);
        }
        for (const RecordField& field : options.fields) {
            if (field.from == place) {
                stamps.push_back(field.name);
            }
        }
    }
    return stamps;
}

} // namespace

void refuse_mangled(const json& value, const std::string& text, std::string_view what, std::string_view place) {
    constexpr double kExact = 9'007'199'254'740'992; // 2^53
    const bool is_float = is_any_number(value) && !value.is_number_integer();
    const char* const why = is_float && std::abs(nearest_double(value)) >= kExact
                                ? "is too large a number to be exact: it must be a text"
                            : value.is_string() && is_rounded(text) ? "is a number that was rounded"
                            : value.is_string() && is_nothing(text) ? "is no value"
                                                                    : nullptr;
    if (why != nullptr) {
        throw std::invalid_argument(fmt::format("{}: '{}' at {} {}", what, text, place, why));
    }
}

void emit_record(const json& record, const RecordOptions& options, SourceContext& context) {
    Key key = options.natural_key.empty() ? own_key_of(record) : key_of(record, options.natural_key);
    if (!options.kafka_key.empty()) {
        key.shown = scalar_text(value_at(record, options.kafka_key));
        if (key.shown.empty()) {
            throw std::invalid_argument("kafka_key: the record has no text or number at " + options.kafka_key);
        }
    }
    if (options.event_time && context.stamps().empty()) {
        context.stamps_at(stamps_of(options));
    }
    context.emit_data(options.event_type, key.natural, {.key = std::move(key.shown)},
                      data_of(record, options, context));
}

std::chrono::system_clock::time_point event_time_of(const json& record, const RecordTime& options) {
    std::string text;
    for (const std::string& place : options.places) {
        const std::string part = scalar_text(value_at(record, place));
        if (part.empty()) {
            throw std::invalid_argument("event_time: the record has no text or number at " + place);
        }
        text += (text.empty() ? "" : " ") + part;
    }
    try {
        return options.format.read(text);
    } catch (const std::invalid_argument& problem) {
        throw std::invalid_argument(fmt::format("event_time: {}", problem.what()));
    }
}

} // namespace streaming
