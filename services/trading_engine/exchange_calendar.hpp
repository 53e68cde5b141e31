#pragma once

#include <chrono>
#include <span>
#include <string>
#include <string_view>

namespace services::trading_engine {

/// A day that is not like the others of its exchange.
struct SpecialDay {
    std::chrono::year_month_day date{};
    std::chrono::minutes opens{0};
    std::chrono::minutes closes{0}; ///< equal to `opens` = closed all day
};

/// When an exchange trades. Times are local times of its zone; `closes` is the first minute that is closed again.
struct ExchangeCalendar {
    std::string_view name{};
    std::string_view zone{}; ///< IANA name
    std::chrono::minutes opens{0};
    std::chrono::minutes closes{0};
    std::chrono::year last_year{0}; ///< the last one whose holidays are all known
    std::span<const SpecialDay> days{};
};

/// Null when there is none of that name.
[[nodiscard]] const ExchangeCalendar* find_calendar(std::string_view name);
[[nodiscard]] std::string calendar_names(); ///< "NSE or NYSE"

} // namespace services::trading_engine
