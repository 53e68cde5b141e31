#include "services/trading_engine/market_hours.hpp"

#include "core/streaming/patterns/run_service.hpp"

namespace services::trading_engine {
namespace {

using namespace std::chrono;

/// From the second Sunday of March to the first Sunday of November. Clocks change at 02:00 on a Sunday, when no
/// exchange is open, so the day decides.
bool is_summer_in_the_united_states(sys_days day) {
    const year this_year = year_month_day(day).year();
    return day >= sys_days(this_year / March / Sunday[2]) && day < sys_days(this_year / November / Sunday[1]);
}

} // namespace

MarketHours MarketHours::named(std::string_view name) {
    MarketHours hours;
    if (name == "always_open") {
        hours.always_ = true;
    } else if (name == "NSE") {
        hours.utc_offset_ = 5h + 30min;
        hours.opens_ = 9h + 15min;
        hours.closes_ = 15h + 30min;
    } else if (name == "NYSE") {
        hours.utc_offset_ = -5h;
        hours.daylight_saving_ = DaylightSaving::united_states;
        hours.opens_ = 9h + 30min;
        hours.closes_ = 16h;
    } else {
        throw streaming::ConfigError(
            {"flag --market-hours: '" + std::string(name) + "' must be always_open, NSE or NYSE"});
    }
    return hours;
}

bool MarketHours::is_open(system_clock::time_point time) const {
    if (always_) {
        return true;
    }
    auto local = time + utc_offset_;
    if (daylight_saving_ == DaylightSaving::united_states && is_summer_in_the_united_states(floor<days>(local))) {
        local += 1h;
    }
    const sys_days day = floor<days>(local);
    const weekday on(day);
    return on != Saturday && on != Sunday && local - day >= opens_ && local - day < closes_;
}

} // namespace services::trading_engine
