#pragma once

#include <cstdint>
#include <string_view>

#include "core/streaming/infrastructure/clock.hpp"
#include "core/streaming/infrastructure/result.hpp"

namespace streaming {

/// Five fields, minute hour day-of-month month day-of-week, as cron has them, in UTC. Each is a list of `*`, values,
/// ranges (9-17) and ranges with a step (*/15, 8-18/2); months and days of the week also by name (jan, mon), Sunday is
/// 0 and 7. As in Vixie cron (crontab(5)), a day fits when day-of-month or day-of-week fits, if neither begins with
/// `*`; otherwise both must fit. A value; thread-safe.
class CronSchedule {
public:
    /// The error (invalid_argument) names the field, its text and what is allowed. A schedule that never comes, such as
    /// 30 February, is refused.
    [[nodiscard]] static Result<CronSchedule> parse(std::string_view text);
    /// The first full minute after `after` that fits.
    [[nodiscard]] Clock::system_time next(Clock::system_time after) const;

private:
    CronSchedule() = default;
    [[nodiscard]] bool fits(std::chrono::sys_days day) const;

    /// Bit i = the value i.
    std::uint64_t minutes_ = 0;
    std::uint64_t hours_ = 0;
    std::uint64_t days_ = 0;
    std::uint64_t months_ = 0;
    std::uint64_t weekdays_ = 0; ///< 0-6
    bool either_day_ = false;    ///< days_ or weekdays_
};

} // namespace streaming
