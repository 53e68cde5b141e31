#include "services/weather/plausible.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include "core/streaming/patterns/source_type.hpp"

namespace services::weather {
namespace {

using std::chrono::system_clock;

// Records are those of the WMO's archive of weather and climate extremes.
constexpr std::array kRanges{
    std::pair<std::string_view, Range>{"degC", {-120, 100}},        // -89.2 to 56.7; felt, by wind or damp, more
    std::pair<std::string_view, Range>{"percent", {0, 110}},        // humidity worked out from rounded ones passes 100
    std::pair<std::string_view, Range>{"km_h-1", {0, 1'000}},       // 408; stations have sent 804.67 as verified
    std::pair<std::string_view, Range>{"degree_(angle)", {0, 360}}, // 0 = calm, 360 = north
    std::pair<std::string_view, Range>{"Pa", {30'000, 115'000}},    // the top of Mount Everest to 108,480 at sea level
    std::pair<std::string_view, Range>{"m", {-1'000, 200'000}},     // visibility, heights; snow levels below the sea
    std::pair<std::string_view, Range>{"mm", {0, 20'000}},          // 1,825 of rain in a day; snow is deeper
};
constexpr Range kAnything{-1e9, 1e9};

constexpr std::string_view kFirstYear = "2000";
constexpr std::string_view kLastYear = "2261";

} // namespace

Range plausible(std::string_view unit) {
    const auto found = std::ranges::find(kRanges, unit, &std::pair<std::string_view, Range>::first);
    return found == kRanges.end() ? kAnything : found->second;
}

std::string implausible(double value, std::string_view unit) {
    const Range range = plausible(unit);
    const std::string_view gap = unit.empty() ? "" : " ";
    return fmt::format("{}{}{} is not from {} to {}{}{}", value, gap, unit, range.least, range.most, gap, unit);
}

std::optional<system_clock::time_point> plausible_time(std::string_view text) {
    const auto time = streaming::parse_rfc3339(text);
    return time && text.substr(0, 4) >= kFirstYear ? std::optional(time.value()) : std::nullopt;
}

bool is_behind_last_time(std::string_view text) {
    const std::string_view year = text.substr(0, 4);
    const bool later =
        std::ranges::all_of(year, [](unsigned char c) { return std::isdigit(c) != 0; }) && year > kLastYear;
    // A leap year, so that it has any day that the other has.
    return later && streaming::parse_rfc3339("2260" + std::string(text.substr(4))).ok();
}

} // namespace services::weather
