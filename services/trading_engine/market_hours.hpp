#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/streaming/patterns/source_type.hpp"
#include "services/trading_engine/exchange_calendar.hpp"

namespace services::trading_engine {

/// When an exchange trades, by its calendar: local time with the zone's own rules (the system's IANA data base),
/// weekends, holidays, half days and special sessions. Not changed after construction, then thread-safe.
class MarketHours {
public:
    /// always_open, NSE or NYSE. `closed_days` (YYYY-MM-DD) are closed beside the holidays that are known.
    /// Throws ConfigError, listing what there is, for any other name, for a day that is none, and when the system does
    /// not know the exchange's time zone.
    [[nodiscard]] static MarketHours named(std::string_view name, const std::vector<std::string>& closed_days = {});

    [[nodiscard]] bool is_open(std::chrono::system_clock::time_point time) const {
        return !hours_ || hours_->is_open(time);
    }
    /// Whether all holidays of that year are known. Of years before 2025 and of those to come they are not: there every
    /// weekday counts as open.
    [[nodiscard]] bool knows(std::chrono::system_clock::time_point time) const;
    [[nodiscard]] const std::string& name() const noexcept { return name_; }

private:
    std::string name_{};
    const ExchangeCalendar* calendar_ = nullptr; ///< null = always open
    std::optional<streaming::SessionHours> hours_{};
};

} // namespace services::trading_engine
