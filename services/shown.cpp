#include "services/shown.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace services {
namespace {

using nlohmann::json;

/// At most kMostShown bytes, not within a letter, as UTF-8.
std::string begin_of(std::string_view text) {
    std::string_view begin = text.substr(0, kMostShown);
    while (begin.size() < text.size() && !begin.empty() && (text[begin.size()] & 0xC0) == 0x80) {
        begin.remove_suffix(1);
    }
    return json::parse(json(begin).dump(-1, ' ', false, json::error_handler_t::replace)).get<std::string>();
}

std::string cut(std::string_view text, std::string_view quote) {
    const std::string begin = begin_of(text);
    std::string into(quote);
    for (const char letter : begin) {
        const auto code = static_cast<unsigned char>(letter);
        into += code < 0x20 || code == 0x7F ? fmt::format("\\x{:02x}", code) : std::string(1, letter);
    }
    into += quote;
    return text.size() <= kMostShown ? into : fmt::format("{}... ({} bytes)", into, text.size());
}

} // namespace

std::string shown(std::string_view text) { return cut(text, "'"); }

std::string shown_json(const json& value) {
    return value.is_string() ? shown(value.get_ref<const std::string&>())
                             : cut(value.dump(-1, ' ', false, json::error_handler_t::replace), "");
}

} // namespace services
