#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace services::weather {

/// What a quantity can be on Earth, with room to spare: a number outside is a fault, such as a value in another unit or
/// that of a broken sensor.
struct Range {
    double least = 0;
    double most = 0;
    [[nodiscard]] bool has(double value) const { return value >= least && value <= most; } ///< false for NaN
};

/// Of values in `unit`, one of those of our events, without the prefix; any other text: of values without a known unit.
[[nodiscard]] Range plausible(std::string_view unit);

/// "1e300 degC is not from -120 to 100 degC".
[[nodiscard]] std::string implausible(double value, std::string_view unit);

/// When the weather of an answer can be: from 2000, long before the API, to 2261, the last year that a time of the
/// library holds. Nothing when the text is no such time.
[[nodiscard]] std::optional<std::chrono::system_clock::time_point> plausible_time(std::string_view text);
inline constexpr std::string_view kPlausibleTimes = "a time from 2000 to 2261 such as 2024-02-20T15:53:00Z";
inline constexpr std::string_view kLastTime = "2261-12-31T23:59:59.000Z";

/// Whether the text is a time, and behind the last one.
[[nodiscard]] bool is_behind_last_time(std::string_view text);

} // namespace services::weather
