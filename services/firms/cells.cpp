#include "services/firms/cells.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>

namespace services::firms {
namespace {

template <class Number>
std::optional<Number> parse(std::string_view text) {
    Number value{};
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
    return failure == std::errc{} && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

bool is_within(double value, double least, double most) { return value >= least && value <= most; } // false for NaN

/// With a plus sign, or a comma in place of the point.
std::optional<double> unusual_number(std::string_view cell, double least, double most) {
    if (cell.starts_with('+') && cell.substr(1, 1) != "-") {
        cell.remove_prefix(1);
    }
    const std::size_t comma = cell.find(',');
    if (comma == std::string_view::npos) {
        return parse<double>(cell);
    }
    std::string text(cell);
    const std::size_t end = text.find_first_not_of("0123456789", comma + 1);
    const std::size_t digits = std::min(end, text.size()) - comma - 1;
    if (digits == 0) {
        return std::nullopt;
    }
    if (digits == 3) {
        text.erase(comma, 1);
        const auto thousands = parse<double>(text);
        if (thousands && is_within(*thousands, least, most)) {
            return std::nullopt;
        }
        text.insert(comma, 1, '.');
    }
    text[comma] = '.';
    return parse<double>(text);
}

} // namespace

std::optional<double> number_in(std::string_view cell, double least, double most) {
    auto value = parse<double>(cell);
    if (!value) {
        value = unusual_number(cell, least, most);
    }
    return value && is_within(*value, least, most) ? value : std::nullopt;
}

std::optional<int> whole_number_in(std::string_view cell) {
    if (const auto whole = parse<int>(cell)) {
        return whole;
    }
    constexpr double kMost = 1e9;
    const auto value = parse<double>(cell);
    return value && is_within(*value, -kMost, kMost) && std::trunc(*value) == *value
               ? std::optional(static_cast<int>(*value))
               : std::nullopt;
}

std::string date_in(std::string_view cell) {
    const char separator = cell.size() > 4 ? cell[4] : '\0';
    const std::size_t second = separator == '-' || separator == '/' ? cell.find(separator, 5) : std::string_view::npos;
    if (second == std::string_view::npos || second > 7 || cell.size() > 10) {
        return {};
    }
    const auto year = parse<unsigned>(cell.substr(0, 4));
    const auto month = parse<unsigned>(cell.substr(5, second - 5));
    const auto day = parse<unsigned>(cell.substr(second + 1));
    if (!year || !month || !day ||
        !std::chrono::year_month_day(std::chrono::year(static_cast<int>(*year)), std::chrono::month(*month),
                                     std::chrono::day(*day))
             .ok()) {
        return {};
    }
    const bool as_it_should_be = separator == '-' && cell.size() == 10;
    return as_it_should_be ? std::string(cell) : fmt::format("{:04}-{:02}-{:02}", *year, *month, *day);
}

std::optional<unsigned> time_in(std::string_view cell) {
    std::optional<unsigned> hour;
    std::optional<unsigned> minute;
    if (const std::size_t colon = cell.find(':'); colon != std::string_view::npos) {
        hour = colon <= 2 ? parse<unsigned>(cell.substr(0, colon)) : std::nullopt;
        minute = parse<unsigned>(cell.substr(colon + 1, 2));
        const std::string_view seconds = cell.substr(std::min(colon + 3, cell.size()));
        if (!seconds.empty() && seconds != ":00") {
            return std::nullopt;
        }
    } else if (const auto digits = whole_number_in(cell); digits && *digits >= 0 && *digits <= 2359) {
        if (cell.size() > 4 && cell.find_first_not_of("0123456789") == std::string_view::npos) {
            return std::nullopt; // 00024
        }
        hour = static_cast<unsigned>(*digits) / 100;
        minute = static_cast<unsigned>(*digits) % 100;
    }
    return hour && minute && *hour <= 23 && *minute <= 59 ? std::optional(*hour * 60 + *minute) : std::nullopt;
}

bool is_name(std::string_view cell) {
    return !cell.empty() && cell.size() <= 32 && std::ranges::all_of(cell, [](char c) { return c > ' ' && c <= '~'; });
}

} // namespace services::firms
