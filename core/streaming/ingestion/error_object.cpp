#include "core/streaming/ingestion/error_object.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <nlohmann/json.hpp>
#include <span>
#include <string>

namespace streaming {
namespace {

using nlohmann::json;

constexpr std::array<std::string_view, 2> kErrors{"error", "errors"};
constexpr std::array<std::string_view, 7> kTexts{"message", "msg",         "detail", "details",
                                                 "title",   "description", "reason"};
constexpr std::array<std::string_view, 6> kCodes{"code",        "status",    "statuscode",
                                                 "status_code", "errorcode", "error_code"};
constexpr std::array<std::string_view, 2> kSuccess{"success", "ok"};
constexpr std::array<std::string_view, 13> kBeside{"type",
                                                   "instance",
                                                   "timestamp",
                                                   "path",
                                                   "method",
                                                   "trace_id",
                                                   "traceid",
                                                   "request_id",
                                                   "requestid",
                                                   "correlationid",
                                                   "error_description",
                                                   "error_message",
                                                   "documentation_url"};
constexpr std::array<std::string_view, 3> kNames{"id", "event_id", "uuid"};

bool is_one_of(const std::string& name, std::span<const std::string_view> names) {
    std::string small = name;
    std::ranges::transform(small, small.begin(), [](unsigned char letter) { return std::tolower(letter); });
    return std::ranges::find(names, small) != names.end();
}

/// null, false, 0 and what is empty are no error.
bool says_something(const json& value) {
    return !value.empty() && value != json(false) && value != json(0) && value != json("");
}

} // namespace

std::string_view name_of_error(const json& object) {
    if (!object.is_object()) {
        return {};
    }
    std::string_view error;
    std::string_view text;
    bool code = false;
    bool other = false;
    bool named = false;
    for (const auto& [name, value] : object.items()) {
        if (is_one_of(name, kErrors)) {
            error = says_something(value) ? std::string_view(name) : error;
        } else if (is_one_of(name, kTexts)) {
            text = says_something(value) ? std::string_view(name) : text;
        } else if (is_one_of(name, kCodes)) {
            code = true;
        } else if (is_one_of(name, kSuccess)) {
            code = code || value == json(false);
        } else if (is_one_of(name, kNames)) {
            named = true;
        } else if (!is_one_of(name, kBeside)) {
            other = true;
        }
    }
    if (!error.empty()) {
        return named && other ? std::string_view() : error;
    }
    return !other && !named && code ? text : std::string_view();
}

} // namespace streaming
