#include "core/streaming/infrastructure/json_value.hpp"

#include <fmt/compile.h>
#include <fmt/format.h>

#include <cmath>
#include <cstdint>
#include <iterator>
#include <string_view>

#include "core/streaming/infrastructure/event_envelope.hpp"

namespace streaming {
namespace {

using nlohmann::json;

void append_text(std::string& into, const std::string& text, NotUtf8 not_utf8) {
    if (!append_json_string(into, text) && not_utf8 == NotUtf8::refused) {
        (void)json(text).dump(); // throws
    }
}

/// dump() of a number alone costs more than the number: it sets up what a document needs.
template <class Number>
void append_whole(std::string& into, Number number) {
    const fmt::format_int text(number);
    into.append(text.data(), text.size());
}

/// fmt leaves out the ".0" that tells a reader what kind of number it is.
void append_float(std::string& into, double number) {
    if (!std::isfinite(number)) {
        into += "null"; // as dump() does: JSON has no such numbers
        return;
    }
    const std::size_t begin = into.size();
    fmt::format_to(std::back_inserter(into), FMT_COMPILE("{}"), number);
    if (into.find_first_of(".e", begin) == std::string::npos) {
        into += ".0";
    }
}

} // namespace

// NOLINTNEXTLINE(misc-no-recursion): as deep as the value
void append_json(std::string& into, const json& value, NotUtf8 not_utf8) {
    std::string_view before;
    switch (value.type()) {
        case json::value_t::object:
            before = "{";
            for (const auto& [name, member] : value.get_ref<const json::object_t&>()) {
                into += before;
                append_text(into, name, not_utf8);
                into += ':';
                append_json(into, member, not_utf8);
                before = ",";
            }
            into += value.empty() ? "{}" : "}";
            return;
        case json::value_t::array:
            before = "[";
            for (const json& element : value) {
                into += before;
                append_json(into, element, not_utf8);
                before = ",";
            }
            into += value.empty() ? "[]" : "]";
            return;
        case json::value_t::null:
            into += "null";
            return;
        case json::value_t::string:
            append_text(into, value.get_ref<const std::string&>(), not_utf8);
            return;
        case json::value_t::boolean:
            into += value.get<bool>() ? "true" : "false";
            return;
        case json::value_t::number_integer:
            append_whole(into, value.get<std::int64_t>());
            return;
        case json::value_t::number_unsigned:
            append_whole(into, value.get<std::uint64_t>());
            return;
        case json::value_t::number_float:
            append_float(into, value.get<double>());
            return;
        default:
            into += value.dump();
    }
}

} // namespace streaming
