#include "core/streaming/patterns/config_scalar.hpp"

#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <string>

namespace streaming::detail {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// A digit first, and no zero before another digit: 0123 may be meant octal.
bool begins_like_a_number(std::string_view text) {
    if (text.starts_with('-')) {
        text.remove_prefix(1);
    }
    return !text.empty() && is_digit(text[0]) && !(text.size() > 1 && text[0] == '0' && is_digit(text[1]));
}

template <class T>
std::optional<T> read(std::string_view text) {
    T value{};
    const char* const end = text.data() + text.size();
    const auto [stopped, failure] = std::from_chars(text.data(), end, value);
    return failure == std::errc() && stopped == end && begins_like_a_number(text) ? std::optional(value) : std::nullopt;
}

} // namespace

std::optional<bool> read_flag(std::string_view text) {
    if (text == "true" || text == "True" || text == "TRUE") {
        return true;
    }
    if (text == "false" || text == "False" || text == "FALSE") {
        return false;
    }
    return std::nullopt;
}

std::optional<std::int64_t> read_whole(std::string_view text) { return read<std::int64_t>(text); }

std::optional<double> read_number(std::string_view text) {
    const auto value = read<double>(text);
    return value && std::isfinite(*value) ? value : std::nullopt;
}

nlohmann::json plain_scalar(std::string_view text) {
    if (const auto flag = read_flag(text)) {
        return *flag;
    }
    if (const auto whole = read_whole(text)) {
        return *whole;
    }
    if (const auto number = read_number(text)) {
        return *number;
    }
    return std::string(text);
}

} // namespace streaming::detail
