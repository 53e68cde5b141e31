#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "core/streaming/ingestion/custom_params.hpp"

namespace streaming {

/// Refuses what says that it happened in the future: rows of the day before under today's date, a device whose clock is
/// wrong. Not for times that may well lie ahead, such as those of a forecast.
struct TimeGate {
    using Time = std::chrono::system_clock::time_point;

    std::chrono::seconds max_ahead = std::chrono::hours(1); ///< clocks differ

    /// `custom_params.max_ahead_seconds`. Throws what CustomParams throws.
    [[nodiscard]] static TimeGate of(const CustomParams& params);
    /// Throws std::invalid_argument that names the `member` and shows the time.
    void check(std::string_view member, Time happened, Time now) const;
    [[nodiscard]] bool lets_through(Time happened, Time now) const { return happened - now <= max_ahead; }
    /// What `check` says; `happened` is RFC 3339.
    [[nodiscard]] std::string reason(std::string_view member, std::string_view happened) const;
};

} // namespace streaming
