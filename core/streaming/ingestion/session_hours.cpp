#include "core/streaming/ingestion/session_hours.hpp"

#include <date/tz.h>
#include <fmt/format.h>

#include <stdexcept>
#include <utility>

namespace streaming {

using std::chrono::days;
using std::chrono::floor;
using std::chrono::system_clock;

/// The compiler's own library has no time zones yet.
struct SessionHours::Zone {
    const date::time_zone& rules;
};

SessionHours::SessionHours(Options options) : options_(std::move(options)) {
    if (options_.time_zone.empty()) {
        return;
    }
    try {
        zone_ = std::make_shared<const Zone>(Zone{*date::locate_zone(options_.time_zone)});
    } catch (const std::exception& error) {
        throw std::invalid_argument(
            fmt::format("time zone {} is not known here, is tzdata installed? {}", options_.time_zone, error.what()));
    }
}

SessionHours::Moment SessionHours::look(system_clock::time_point time) const {
    const auto wall = zone_ != nullptr ? zone_->rules.to_local(time).time_since_epoch()
                                       : (time + options_.utc_offset).time_since_epoch();
    const auto day = floor<days>(wall);
    Moment moment{.day = std::chrono::sys_days(day), .since_midnight = wall - day};
    const auto is_in = [&moment](const Hours& hours) {
        return moment.since_midnight >= hours.opens && moment.since_midnight < hours.closes;
    };
    if (const auto other = options_.other_days.find(moment.day); other != options_.other_days.end()) {
        moment.state = is_in(other->second) ? State::open : State::other_day;
    } else if (!options_.days.at(std::chrono::weekday(moment.day).c_encoding())) {
        moment.state = State::no_day;
    } else if (!is_in(options_.hours)) {
        moment.state = State::no_hour;
    }
    return moment;
}

} // namespace streaming
