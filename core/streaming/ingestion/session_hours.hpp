#pragma once

#include <array>
#include <chrono>
#include <map>
#include <memory>
#include <string>

namespace streaming {

/// When something happens that does not happen always, such as trading at an exchange: hours of local time on some days
/// of the week, and days that are not like the others. Not changed after construction, then thread-safe.
class SessionHours {
public:
    struct Hours {
        std::chrono::minutes opens{0};  ///< since midnight
        std::chrono::minutes closes{0}; ///< the first minute that is closed again; equal to `opens` = closed all day
    };
    struct Options {
        std::array<bool, 7> days{false, true, true, true, true, true, false}; ///< Sunday is the first
        Hours hours{.closes = std::chrono::hours(24)};
        std::map<std::chrono::sys_days, Hours> other_days{}; ///< holidays, half days, sessions on a Sunday
        std::chrono::minutes utc_offset{0};
        std::string time_zone{}; ///< IANA name, with its own rules (the system's data base) in place of `utc_offset`
    };
    enum class State {
        open,
        no_day,    ///< of the week
        other_day, ///< closed by what is said of that day alone
        no_hour
    };
    /// A moment as the wall clock there shows it.
    struct Moment {
        std::chrono::sys_days day{};
        std::chrono::system_clock::duration since_midnight{};
        State state = State::open;
    };

    /// Throws std::invalid_argument when the system does not know the time zone.
    explicit SessionHours(Options options);

    [[nodiscard]] Moment look(std::chrono::system_clock::time_point time) const;
    [[nodiscard]] bool is_open(std::chrono::system_clock::time_point time) const {
        return look(time).state == State::open;
    }

private:
    struct Zone;

    Options options_;
    std::shared_ptr<const Zone> zone_{}; ///< null = utc_offset
};

} // namespace streaming
