#include "services/trading_engine/market_hours.hpp"

#include <charconv>
#include <stdexcept>
#include <utility>

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

streaming::SessionHours::Options options_of(const ExchangeCalendar& calendar,
                                            const std::vector<std::string>& closed_days) {
    streaming::SessionHours::Options options{.hours = {.opens = calendar.opens, .closes = calendar.closes},
                                             .time_zone = std::string(calendar.zone)};
    for (const SpecialDay& day : calendar.days) {
        options.other_days[sys_days(day.date)] = {.opens = day.opens, .closes = day.closes};
    }
    for (const std::string& day : closed_days) {
        options.other_days[parse_day(day)] = {};
    }
    return options;
}

} // namespace

MarketHours MarketHours::named(std::string_view name, const std::vector<std::string>& closed_days) {
    MarketHours market;
    market.name_ = name;
    market.calendar_ = find_calendar(name);
    if (market.calendar_ == nullptr) {
        if (name != "always_open") {
            throw streaming::ConfigError(
                {"flag --market-hours: '" + std::string(name) + "' must be always_open, " + calendar_names()});
        }
        for (const std::string& day : closed_days) {
            (void)parse_day(day); // refused wherever it stands
        }
        return market;
    }
    try {
        market.hours_.emplace(options_of(*market.calendar_, closed_days));
    } catch (const std::invalid_argument& problem) {
        throw streaming::ConfigError({std::string("flag --market-hours: ") + problem.what()});
    }
    return market;
}

bool MarketHours::knows(system_clock::time_point time) const {
    if (!hours_) {
        return true;
    }
    const year of_day = year_month_day(hours_->look(time).day).year();
    return of_day >= kFirstYear && of_day <= calendar_->last_year;
}

} // namespace services::trading_engine
