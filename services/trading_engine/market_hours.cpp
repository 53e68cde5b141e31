#include "services/trading_engine/market_hours.hpp"

#include <date/tz.h>
#include <algorithm>
#include <charconv>

#include "core/streaming/patterns/config_error.hpp"

namespace services::trading_engine {
namespace {

using namespace std::chrono;

constexpr year kFirstYear{2025}; // of the tables

sys_days parse_day(const std::string& text) {
    int parts[3] = {0, 0, 0};
    const char* at = text.data();
    const char* const end = at + text.size();
    for (int& part : parts) {
        const auto [next, failure] = std::from_chars(at, end, part);
        const bool last = &part == &parts[2];
        if (failure != std::errc{} || part < 1 || (last ? next != end : next == end || *next != '-')) {
            throw streaming::ConfigError({"flag --closed-days: '" + text + "' must be YYYY-MM-DD"});
        }
        at = next + 1;
    }
    const year_month_day date =
        year(parts[0]) / month(static_cast<unsigned>(parts[1])) / day(static_cast<unsigned>(parts[2]));
    if (!date.ok()) {
        throw streaming::ConfigError({"flag --closed-days: '" + text + "' is no day of the calendar"});
    }
    return sys_days(date);
}

const date::time_zone& zone_of(const ExchangeCalendar& calendar) {
    try {
        return *date::locate_zone(std::string(calendar.zone));
    } catch (const std::exception& error) {
        throw streaming::ConfigError({"flag --market-hours: time zone " + std::string(calendar.zone) +
                                      " is not known here, is tzdata installed? " + error.what()});
    }
}

} // namespace

struct MarketHours::LocalTime {
    sys_days day{}; ///< of the exchange's wall calendar
    system_clock::duration since_midnight{};
};

MarketHours MarketHours::named(std::string_view name, const std::vector<std::string>& closed_days) {
    MarketHours hours;
    hours.name_ = name;
    hours.calendar_ = find_calendar(name);
    if (hours.calendar_ != nullptr) {
        (void)zone_of(*hours.calendar_);
    } else if (name != "always_open") {
        throw streaming::ConfigError(
            {"flag --market-hours: '" + std::string(name) + "' must be always_open, " + calendar_names()});
    }
    for (const std::string& day : closed_days) {
        hours.closed_.insert(parse_day(day));
    }
    return hours;
}

MarketHours::LocalTime MarketHours::local(system_clock::time_point time) const {
    const auto wall = zone_of(*calendar_).to_local(time).time_since_epoch();
    const auto day = floor<days>(wall);
    return {.day = sys_days(day), .since_midnight = wall - day};
}

bool MarketHours::is_open(system_clock::time_point time) const {
    if (calendar_ == nullptr) {
        return true;
    }
    const auto [day, now] = local(time);
    if (closed_.contains(day)) {
        return false;
    }
    const auto special = std::ranges::find(calendar_->days, year_month_day(day), &SpecialDay::date);
    if (special != calendar_->days.end()) {
        return now >= special->opens && now < special->closes;
    }
    const weekday on(day);
    return on != Saturday && on != Sunday && now >= calendar_->opens && now < calendar_->closes;
}

bool MarketHours::knows(system_clock::time_point time) const {
    if (calendar_ == nullptr) {
        return true;
    }
    const year of_day = year_month_day(local(time).day).year();
    return of_day >= kFirstYear && of_day <= calendar_->last_year;
}

} // namespace services::trading_engine
