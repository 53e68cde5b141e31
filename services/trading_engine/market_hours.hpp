#pragma once

#include <chrono>
#include <string_view>

namespace services::trading_engine {

/// When an exchange trades: Monday to Friday between two local times. Public holidays are not known.
class MarketHours {
public:
    /// always_open, NSE or NYSE. Throws ConfigError, listing these, for any other name.
    [[nodiscard]] static MarketHours named(std::string_view name);

    [[nodiscard]] bool is_open(std::chrono::system_clock::time_point time) const;

private:
    enum class DaylightSaving { none, united_states };

    bool always_ = false;
    std::chrono::minutes utc_offset_{0}; ///< of standard time
    DaylightSaving daylight_saving_ = DaylightSaving::none;
    std::chrono::minutes opens_{0};
    std::chrono::minutes closes_{0}; ///< the first minute that is closed again
};

} // namespace services::trading_engine
