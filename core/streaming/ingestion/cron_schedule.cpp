#include "core/streaming/ingestion/cron_schedule.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace streaming {

namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::sys_days;
using std::chrono::year_month_day;

constexpr std::array<std::string_view, 12> kMonths{"jan", "feb", "mar", "apr", "may", "jun",
                                                   "jul", "aug", "sep", "oct", "nov", "dec"};
constexpr std::array<std::string_view, 7> kWeekdays{"sun", "mon", "tue", "wed", "thu", "fri", "sat"};
constexpr std::string_view kFieldNames = "minute hour day-of-month month day-of-week";
constexpr std::size_t kFieldCount = 5;
constexpr unsigned kSundayAsSeven = 7;

struct Field {
    std::string_view name{};
    unsigned least = 0;
    unsigned most = 0;
    std::span<const std::string_view> names{}; ///< of `least` and on
};

constexpr std::array<Field, kFieldCount> kFields{Field{"minute", 0, 59, {}}, Field{"hour", 0, 23, {}},
                                                 Field{"day-of-month", 1, 31, {}}, Field{"month", 1, 12, kMonths},
                                                 Field{"day-of-week", 0, kSundayAsSeven, kWeekdays}};

struct Range {
    unsigned first = 0;
    unsigned last = 0;
};

std::vector<std::string_view> split(std::string_view text, std::string_view separators) {
    std::vector<std::string_view> parts;
    for (;;) {
        const std::size_t end = text.find_first_of(separators);
        parts.push_back(text.substr(0, end));
        if (end == std::string_view::npos) {
            return parts;
        }
        text.remove_prefix(end + 1);
    }
}

std::optional<unsigned> number(std::string_view text) {
    unsigned value = 0;
    const char* const end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, value);
    return error == std::errc{} && rest == end ? std::optional(value) : std::nullopt;
}

bool same_word(std::string_view a, std::string_view b) {
    const auto lower = [](unsigned char letter) { return std::tolower(letter); };
    return std::ranges::equal(a, b, {}, lower, lower);
}

Error refuse(std::string what) { return {.code = ErrorCode::invalid_argument, .message = std::move(what)}; }

/// Reads one field. The errors name it and its whole text.
class FieldParser {
public:
    FieldParser(const Field& field, std::string_view text) : field_(field), text_(text) {}

    Result<std::uint64_t> parse() const {
        std::uint64_t values = 0;
        for (const std::string_view part : split(text_, ",")) {
            const auto some = item(part);
            if (!some) {
                return some.error();
            }
            values |= some.value();
        }
        return values;
    }

private:
    [[nodiscard]] Error error(std::string_view what) const {
        return refuse(fmt::format("{} '{}': {}", field_.name, text_, what));
    }

    [[nodiscard]] Result<unsigned> value(std::string_view text) const {
        for (std::size_t i = 0; i < field_.names.size(); ++i) {
            if (same_word(field_.names[i], text)) {
                return field_.least + static_cast<unsigned>(i);
            }
        }
        const auto value = number(text);
        if (value && *value >= field_.least && *value <= field_.most) {
            return *value;
        }
        const std::string names =
            field_.names.empty() ? "" : fmt::format(" or a name, {} to {}", field_.names.front(), field_.names.back());
        return error(fmt::format("'{}' is not a number from {} to {}{}", text, field_.least, field_.most, names));
    }

    [[nodiscard]] Result<Range> range(std::string_view text) const {
        if (text == "*") {
            return Range{field_.least, field_.most};
        }
        const std::size_t dash = text.find('-');
        const auto first = value(text.substr(0, dash));
        if (!first) {
            return first.error();
        }
        if (dash == std::string_view::npos) {
            return Range{first.value(), first.value()};
        }
        const auto last = value(text.substr(dash + 1));
        if (!last) {
            return last.error();
        }
        Range range{first.value(), last.value()};
        if (field_.most == kSundayAsSeven && range.last == 0) {
            range.last = kSundayAsSeven; // fri-sun
        }
        if (range.first > range.last) {
            return error(fmt::format("the range {} goes backwards", text));
        }
        return range;
    }

    [[nodiscard]] Result<std::uint64_t> item(std::string_view text) const {
        const std::size_t slash = text.find('/');
        const auto span = range(text.substr(0, slash));
        if (!span) {
            return span.error();
        }
        unsigned step = 1;
        if (slash != std::string_view::npos) {
            const auto given = number(text.substr(slash + 1));
            if (!given || *given == 0 || *given > field_.most) {
                return error(
                    fmt::format("the step '{}' is not a number from 1 to {}", text.substr(slash + 1), field_.most));
            }
            if (text.substr(0, slash).find_first_of("*-") == std::string_view::npos) {
                return error(fmt::format("a step needs a range or * before it, such as */{}", *given));
            }
            step = *given;
        }
        std::uint64_t values = 0;
        for (unsigned value = span.value().first; value <= span.value().last; value += step) {
            values |= std::uint64_t{1} << value;
        }
        return values;
    }

    const Field& field_;
    std::string_view text_;
};

std::vector<std::string_view> fields_of(std::string_view text) {
    std::vector<std::string_view> fields = split(text, " \t");
    std::erase(fields, std::string_view{});
    return fields;
}

/// The lowest value of `values` that is at least `from`; none = no such.
std::optional<unsigned> first_from(std::uint64_t values, unsigned from) {
    const std::uint64_t rest = values >> from << from;
    return rest == 0 ? std::nullopt : std::optional(static_cast<unsigned>(std::countr_zero(rest)));
}

bool has(std::uint64_t values, unsigned value) { return (values >> value & 1U) != 0; }

/// No date is without a match for longer: 29 February on one day of the week comes again after at most 40 years
/// (2096 is followed by 2104, 28 years otherwise).
constexpr std::chrono::years kLongestSearch{41};

} // namespace

Result<CronSchedule> CronSchedule::parse(std::string_view text) {
    const auto fields = fields_of(text);
    if (fields.size() != kFieldCount) {
        return refuse(fmt::format("has {} fields, not the 5 of cron: {}", fields.size(), kFieldNames));
    }
    std::array<std::uint64_t, kFieldCount> values{};
    for (std::size_t i = 0; i < kFieldCount; ++i) {
        const auto parsed = FieldParser(kFields[i], fields[i]).parse();
        if (!parsed) {
            return parsed.error();
        }
        values[i] = parsed.value();
    }
    CronSchedule schedule;
    schedule.minutes_ = values[0];
    schedule.hours_ = values[1];
    schedule.days_ = values[2];
    schedule.months_ = values[3];
    schedule.weekdays_ = (values[4] | values[4] >> kSundayAsSeven) & ~(std::uint64_t{1} << kSundayAsSeven);
    schedule.either_day_ = fields[2].front() != '*' && fields[4].front() != '*';
    if (schedule.next({}) == Clock::system_time::max()) {
        return refuse(fmt::format("day-of-month '{}' never comes in month '{}'", fields[2], fields[3]));
    }
    return schedule;
}

bool CronSchedule::fits(sys_days day) const {
    const bool by_day = has(days_, static_cast<unsigned>(year_month_day(day).day()));
    const bool by_weekday = has(weekdays_, std::chrono::weekday(day).c_encoding());
    return either_day_ ? by_day || by_weekday : by_day && by_weekday;
}

Clock::system_time CronSchedule::next(Clock::system_time after) const {
    const auto start = std::chrono::floor<minutes>(after) + minutes(1);
    sys_days day = std::chrono::floor<days>(start);
    auto time = start - day; // of that day, from which on a minute counts
    const sys_days end = day + std::chrono::duration_cast<days>(kLongestSearch);
    while (day < end) {
        const year_month_day date(day);
        if (!has(months_, static_cast<unsigned>(date.month()))) {
            day = sys_days((date.year() / date.month() + std::chrono::months(1)) / std::chrono::day(1));
            time = {};
            continue;
        }
        if (fits(day)) {
            const auto hour = static_cast<unsigned>(time / hours(1));
            const auto minute = static_cast<unsigned>(time % hours(1) / minutes(1));
            if (const auto late = first_from(minutes_, minute); has(hours_, hour) && late) {
                return day + hours(hour) + minutes(*late);
            }
            if (const auto later = first_from(hours_, hour + 1)) {
                return day + hours(*later) + minutes(std::countr_zero(minutes_));
            }
        }
        day += days(1);
        time = {};
    }
    return Clock::system_time::max();
}

} // namespace streaming
