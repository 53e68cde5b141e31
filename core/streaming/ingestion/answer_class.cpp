#include "core/streaming/ingestion/answer_class.hpp"

#include <fmt/format.h>
#include <simdjson.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>
#include <optional>
#include <utility>

namespace streaming {
namespace {

constexpr std::size_t kShortBody = 1024;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

std::string lower(std::string_view text) {
    std::string small(text);
    std::ranges::transform(small, small.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return small;
}

std::string_view trim(std::string_view text) {
    constexpr std::string_view kSpace = " \t\r\n";
    const std::size_t begin = text.find_first_not_of(kSpace);
    return begin == std::string_view::npos ? std::string_view()
                                           : text.substr(begin, text.find_last_not_of(kSpace) + 1 - begin);
}

std::string_view without_mark(std::string_view body) {
    return body.starts_with(kByteOrderMark) ? body.substr(kByteOrderMark.size()) : body;
}

/// A member of a small error document, when it is a plain name or, with `blanks`, a few plain words: nothing else may
/// get into texts.
std::string plain_member(const simdjson::dom::element& document, const char* name, bool blanks = false) {
    std::string_view value;
    if (document[name].get_string().get(value) != simdjson::SUCCESS) {
        return {};
    }
    value = blanks ? value : value.substr(value.rfind('/') + 1);
    const bool plain = !value.empty() && value.size() <= 64 && std::ranges::all_of(value, [blanks](unsigned char c) {
        return std::isalnum(c) != 0 || c == '-' || (blanks && c == ' ');
    });
    return plain ? std::string(value) : std::string();
}

bool is_small(const HttpResponse& answer) { return answer.body.size() <= 16 * kShortBody; }

/// What an error document (RFC 9457 application/problem+json) calls itself, such as ` (InvalidPoint, correlation id
/// 1)`.
std::string name_of(const simdjson::dom::element& problem) {
    std::string name = plain_member(problem, "type");
    if (name.empty()) {
        name = plain_member(problem, "title", true);
    }
    const std::string correlation = plain_member(problem, "correlationId");
    if (name.empty() && correlation.empty()) {
        return {};
    }
    return fmt::format(" ({}{}{}{})", name, !name.empty() && !correlation.empty() ? ", " : "",
                       correlation.empty() ? "" : "correlation id ", correlation);
}

std::string problem_of(const HttpResponse& answer) {
    if (!is_small(answer) || !lower(answer.header("content-type")).starts_with("application/")) {
        return {};
    }
    simdjson::dom::parser parser;
    simdjson::dom::element document;
    return parser.parse(answer.body).get(document) == simdjson::SUCCESS && document.is_object() ? name_of(document)
                                                                                                : std::string();
}

AnswerClass class_of_status(long status, bool html, const AnswerRules& rules) {
    if (status == 429) {
        return AnswerClass::quota;
    }
    if (status == 401) {
        return AnswerClass::auth;
    }
    if (status == 403) { // a CDN that blocks sends a page; the API itself would not
        return html ? AnswerClass::retry : AnswerClass::auth;
    }
    if (status == 404) {
        return html ? AnswerClass::retry : rules.not_found;
    }
    const bool passes = status == 408 || status == 425 || (status >= 500 && status < 600);
    return passes ? AnswerClass::retry : AnswerClass::config;
}

/// Whether JSON is an error document although its content type does not say so. Members of these names may well be
/// those of an event: it counts where they are all there is in place of the records, or where the NWS says so.
bool reads_as_problem(const simdjson::dom::element& document, bool has_status, const AnswerRules& rules) {
    constexpr std::string_view kNwsProblems = "https://api.weather.gov/problems/";
    const auto has = [&document](const std::string& name) { return document[name].error() == simdjson::SUCCESS; };
    if (!has_status || rules.content != ExpectedContent::json || has("features") || has("properties")) {
        return false;
    }
    std::string_view text;
    if (document["type"].get_string().get(text) == simdjson::SUCCESS && text.starts_with(kNwsProblems)) {
        return true;
    }
    return !rules.member.empty() && !has(rules.member) && document["title"].get_string().get(text) == simdjson::SUCCESS;
}

/// An error document that came with a status of success counts as with its own.
std::optional<Classified> classify_problem(const HttpResponse& answer, const AnswerRules& rules) {
    const bool typed = lower(answer.header("content-type")).starts_with("application/problem+json");
    const std::string_view body = without_mark(answer.body);
    if (!is_small(answer) || (!typed && !trim(body).starts_with('{'))) {
        return std::nullopt;
    }
    simdjson::dom::parser parser;
    simdjson::dom::element document;
    if (parser.parse(body.data(), body.size()).get(document) != simdjson::SUCCESS || !document.is_object()) {
        return std::nullopt;
    }
    std::int64_t status = 0;
    const bool has_status =
        document["status"].get_int64().get(status) == simdjson::SUCCESS && status >= 400 && status < 600;
    if (!typed && !reads_as_problem(document, has_status, rules)) {
        return std::nullopt;
    }
    if (!has_status) {
        return Classified{AnswerClass::schema, "an error document" + name_of(document)};
    }
    return Classified{class_of_status(status, false, rules),
                      fmt::format("an error document, status {}{}", status, name_of(document))};
}

Classified classify_csv(std::string_view body, const std::vector<std::string>& columns) {
    const std::size_t line_end = std::min(body.find('\n'), body.size());
    std::string_view header = trim(body.substr(0, line_end));
    std::vector<std::string_view> names;
    while (true) {
        const std::size_t comma = std::min(header.find(','), header.size());
        std::string_view name = trim(header.substr(0, comma));
        if (name.size() >= 2 && name.front() == '"' && name.back() == '"') {
            name = name.substr(1, name.size() - 2);
        }
        names.push_back(name);
        if (comma == header.size()) {
            break;
        }
        header.remove_prefix(comma + 1);
    }
    for (const std::string& column : columns) {
        if (std::ranges::find(names, column) == names.end()) {
            return {AnswerClass::schema, fmt::format("the first line has no column '{}'", column)};
        }
    }
    const bool rows = !trim(body.substr(line_end)).empty();
    return rows ? Classified{} : Classified{AnswerClass::empty, "no rows"};
}

/// JSON with numbers that do not fit 64 bits, which simdjson 3 does not read.
Classified classify_big_numbers(std::string_view text, const std::string& member) {
    const auto document = nlohmann::json::parse(text, nullptr, false);
    if (document.is_discarded()) {
        return {AnswerClass::schema, "no JSON"};
    }
    if (!member.empty() && (!document.is_object() || !document.contains(member))) {
        return {AnswerClass::schema, fmt::format("has no member '{}'", member)};
    }
    const nlohmann::json& records = member.empty() ? document : document.at(member);
    if (!member.empty() && !records.is_array()) {
        return {AnswerClass::schema, fmt::format("member '{}' is no array", member)};
    }
    return records.is_array() && records.empty() ? Classified{AnswerClass::empty, "no records"} : Classified{};
}

Classified classify_json(std::string_view body, const std::string& member) {
    const std::string_view text = trim(body);
    const bool open = text.front() == '{' || text.front() == '[';
    if (open && text.back() != (text.front() == '{' ? '}' : ']')) {
        return {AnswerClass::retry, "the JSON is cut off, or something follows it"};
    }
    simdjson::dom::parser parser;
    simdjson::dom::element document;
    const auto problem = parser.parse(text.data(), text.size()).get(document);
    if (problem == simdjson::NUMBER_ERROR) {
        return classify_big_numbers(text, member);
    }
    if (problem != simdjson::SUCCESS) {
        return {AnswerClass::schema, fmt::format("no JSON: {}", simdjson::error_message(problem))};
    }
    simdjson::dom::element records = document;
    if (!member.empty() && (!document.is_object() || document[member].get(records) != simdjson::SUCCESS)) {
        return {AnswerClass::schema, fmt::format("has no member '{}'", member)};
    }
    if (!member.empty() && !records.is_array()) {
        return {AnswerClass::schema, fmt::format("member '{}' is no array", member)};
    }
    simdjson::dom::array array;
    const bool nothing = records.get_array().get(array) == simdjson::SUCCESS && array.begin() == array.end();
    return nothing ? Classified{AnswerClass::empty, "no records"} : Classified{};
}

Classified classify_success(const HttpResponse& answer, const AnswerRules& rules) {
    if (answer.status == 206) {
        return {AnswerClass::retry, "a part of the answer only"};
    }
    if (auto problem = classify_problem(answer, rules)) {
        return std::move(*problem);
    }
    const std::string_view body = without_mark(answer.body);
    const bool nothing = trim(body).empty();
    if (rules.content == ExpectedContent::any) {
        return nothing ? Classified{AnswerClass::empty, "no content"} : Classified{};
    }
    if (nothing) { // it would have a header line, or brackets, if there were no records
        return {AnswerClass::retry, "an empty body"};
    }
    if (is_html(answer)) {
        return {AnswerClass::retry, "a page of HTML instead of data"};
    }
    if (rules.content == ExpectedContent::records) { // of which each may be wrong by itself
        return {};
    }
    if (!simdjson::validate_utf8(body.data(), body.size())) {
        return {AnswerClass::schema, "the text is not UTF-8"};
    }
    return rules.content == ExpectedContent::csv ? classify_csv(body, rules.columns)
                                                 : classify_json(body, rules.member);
}

} // namespace

std::string_view to_string(AnswerClass answer) noexcept {
    constexpr std::array<std::string_view, kAnswerClasses> kNames = {"ok",   "empty",  "retry", "quota",
                                                                     "auth", "config", "schema"};
    return kNames[static_cast<std::size_t>(answer)];
}

/// FIRMS: https://firms.modaps.eosdis.nasa.gov/api/area, as clients report it; PurpleAir: the fixtures of aiopurpleair.
std::vector<AnswerMarker> known_markers() {
    return {{"Exceeding allowed transaction limit", AnswerClass::quota},
            {"Invalid MAP_KEY", AnswerClass::auth},
            {"RateLimitExceededError", AnswerClass::quota},
            {"ApiKeyInvalidError", AnswerClass::auth},
            {"ApiKeyMissingError", AnswerClass::auth}};
}

bool says(const HttpResponse& answer, const AnswerMarker& marker) {
    const std::string_view body = without_mark(answer.body);
    return body.size() <= kShortBody ? body.find(marker.text) != std::string_view::npos
                                     : trim(body.substr(0, kShortBody)).starts_with(marker.text);
}

bool is_html(const HttpResponse& answer) {
    if (lower(answer.header("content-type")).starts_with("text/html")) {
        return true;
    }
    const std::string head = lower(trim(without_mark(answer.body).substr(0, 256)));
    return head.starts_with("<!doctype html") || head.starts_with("<html");
}

Classified classify(const HttpResponse& answer, const AnswerRules& rules) {
    if (answer.status == 304) {
        return {AnswerClass::empty, "unchanged"};
    }
    if (answer.status == 204 || answer.status == 205) {
        return {AnswerClass::empty, "no content"};
    }
    for (const AnswerMarker& marker : rules.markers) {
        if (says(answer, marker)) {
            return {marker.answer, fmt::format("answered {}: {}", answer.status, marker.text)};
        }
    }
    if (answer.status >= 200 && answer.status < 300) {
        Classified found = classify_success(answer, rules);
        if (!found.reason.empty()) {
            found.reason = fmt::format("answered {}: {}", answer.status, found.reason);
        }
        return found;
    }
    return {class_of_status(answer.status, is_html(answer), rules),
            fmt::format("answered {}{}", answer.status, problem_of(answer))};
}

Error error_of(const Classified& classified, std::string_view host) {
    constexpr std::array<ErrorCode, kAnswerClasses> kCodes = {
        ErrorCode::unavailable,    ErrorCode::unavailable,      ErrorCode::unavailable, ErrorCode::rate_limited,
        ErrorCode::not_authorized, ErrorCode::invalid_argument, ErrorCode::malformed};
    return {.code = kCodes[static_cast<std::size_t>(classified.answer)],
            .message = fmt::format("{} {}", host, classified.reason),
            .retryable = classified.answer == AnswerClass::retry || classified.answer == AnswerClass::quota};
}

} // namespace streaming
