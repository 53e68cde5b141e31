#pragma once

#include <string>
#include <string_view>

namespace services::weather {

/// RFC 3339, UTC, milliseconds; `end` is not included.
struct Interval {
    std::string start{};
    std::string end{};
    friend bool operator==(const Interval&, const Interval&) = default;
};

/// An ISO 8601 interval: "2024-02-20T11:00:00+00:00/P1DT9H", or with the end in place of the duration. A duration
/// counts weeks, days, hours, minutes and seconds; years and months have no fixed length and are refused. Of 366 days
/// at most. Throws std::invalid_argument that shows the text.
[[nodiscard]] Interval interval_of(std::string_view text);

} // namespace services::weather
