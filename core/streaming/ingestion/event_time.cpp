#include "core/streaming/ingestion/event_time.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <optional>
#include <stdexcept>

#include "core/streaming/infrastructure/event_envelope.hpp"

namespace streaming {
namespace {

using std::chrono::minutes;
using std::chrono::nanoseconds;
using Time = std::chrono::system_clock::time_point;

constexpr std::string_view kBlank = " \t\r\n";
constexpr std::string_view kDirectives = "YmdeHIpMSfbBaAzFTR%";
constexpr std::array<std::string_view, 12> kMonths{"january",   "february", "march",    "april",
                                                   "may",       "june",     "july",     "august",
                                                   "september", "october",  "november", "december"};
constexpr std::array<std::string_view, 7> kWeekdays{"sunday",   "monday", "tuesday", "wednesday",
                                                    "thursday", "friday", "saturday"};

/// What a text said, part by part.
struct Parts {
    int year = 1970;
    unsigned month = 1;
    unsigned day = 1;
    unsigned hour = 0;
    unsigned minute = 0;
    unsigned second = 0;
    nanoseconds fraction{0};
    std::optional<bool> afternoon{};
    std::optional<minutes> offset{};
};

/// Takes a text apart from the left; throws nothing: `ok` turns false.
class Reader {
public:
    explicit Reader(std::string_view text) : rest_(text) {}

    [[nodiscard]] bool ok() const { return ok_; }
    [[nodiscard]] bool ended() const { return ok_ && rest_.empty(); }

    unsigned number(std::size_t least_digits, std::size_t most_digits, unsigned most) {
        unsigned value = 0;
        std::size_t digits = 0;
        for (; digits < most_digits && digits < rest_.size() && is_digit(rest_[digits]); ++digits) {
            value = value * 10 + static_cast<unsigned>(rest_[digits] - '0');
        }
        rest_.remove_prefix(digits);
        ok_ = ok_ && digits >= least_digits && value <= most;
        return value;
    }
    nanoseconds fraction() {
        nanoseconds value{0};
        nanoseconds digit = std::chrono::milliseconds(100);
        ok_ = ok_ && !rest_.empty() && is_digit(rest_.front());
        for (; !rest_.empty() && is_digit(rest_.front()); rest_.remove_prefix(1), digit /= 10) {
            value += digit * (rest_.front() - '0');
        }
        return value;
    }
    /// Which of the names comes, whole or its first three letters; case does not count.
    template <std::size_t N>
    unsigned name(const std::array<std::string_view, N>& names) {
        for (unsigned i = 0; i < N; ++i) {
            for (const std::string_view shown : {names[i], names[i].substr(0, 3)}) {
                const auto same = [](unsigned char one, unsigned char other) { return std::tolower(one) == other; };
                if (std::ranges::equal(rest_.substr(0, shown.size()), shown, same)) {
                    rest_.remove_prefix(shown.size());
                    return i;
                }
            }
        }
        ok_ = false;
        return 0;
    }
    minutes offset() {
        if (take('Z') || take('z')) {
            return minutes{0};
        }
        const bool minus = take('-');
        ok_ = ok_ && (minus || take('+'));
        const minutes hours{60 * static_cast<int>(number(2, 2, 23))};
        (void)take(':');
        const minutes value = hours + minutes{static_cast<int>(number(2, 2, 59))};
        return minus ? -value : value;
    }
    bool take(char letter) {
        const bool there = ok_ && rest_.starts_with(letter);
        rest_.remove_prefix(there ? 1 : 0);
        return there;
    }
    void expect(char letter) { ok_ = take(letter); }
    void skip_blanks() { rest_.remove_prefix(std::min(rest_.find_first_not_of(kBlank), rest_.size())); }
    [[nodiscard]] std::string_view rest() const { return rest_; }

private:
    static bool is_digit(char letter) { return letter >= '0' && letter <= '9'; }

    std::string_view rest_;
    bool ok_ = true;
};

bool is_plausible(const std::chrono::year_month_day& date) {
    return date.year() >= std::chrono::year(1900) && date.year() < std::chrono::year(2200);
}

void read_pattern(Reader& reader, std::string_view pattern, Parts& parts);

void read_directive(Reader& reader, char directive, Parts& parts) {
    switch (directive) {
        case 'Y':
            parts.year = static_cast<int>(reader.number(4, 4, 9999));
            break;
        case 'm':
            parts.month = reader.number(1, 2, 12);
            break;
        case 'd':
            parts.day = reader.number(1, 2, 31);
            break;
        case 'e':
            reader.skip_blanks();
            parts.day = reader.number(1, 2, 31);
            break;
        case 'H':
            parts.hour = reader.number(1, 2, 23);
            break;
        case 'I':
            parts.hour = reader.number(1, 2, 12) % 12;
            break;
        case 'p':
            parts.afternoon = reader.name(std::array<std::string_view, 2>{"am", "pm"}) == 1;
            break;
        case 'M':
            parts.minute = reader.number(1, 2, 59);
            break;
        case 'S':
            parts.second = reader.number(1, 2, 59);
            break;
        case 'f':
            parts.fraction = reader.fraction();
            break;
        case 'b':
        case 'B':
            parts.month = reader.name(kMonths) + 1;
            break;
        case 'a':
        case 'A':
            (void)reader.name(kWeekdays);
            break;
        case 'z':
            parts.offset = reader.offset();
            break;
        case 'F':
            read_pattern(reader, "%Y-%m-%d", parts);
            break;
        case 'T':
            read_pattern(reader, "%H:%M:%S", parts);
            break;
        case 'R':
            read_pattern(reader, "%H:%M", parts);
            break;
        default:
            reader.expect(directive);
    }
}

void read_pattern(Reader& reader, std::string_view pattern, Parts& parts) {
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        if (pattern[i] == '%') {
            read_directive(reader, pattern[++i], parts);
        } else if (kBlank.find(pattern[i]) != std::string_view::npos) {
            reader.skip_blanks();
        } else {
            reader.expect(pattern[i]);
        }
    }
}

/// 10:00, 10:00:00.5, or up to four digits whose leading zeros are gone: 24 is 00:24.
void read_date_time(Reader& reader, Parts& parts) {
    read_pattern(reader, "%F", parts);
    if (!reader.take('T')) {
        reader.skip_blanks();
    }
    if (reader.rest().find(':') == std::string_view::npos) {
        const unsigned digits = reader.number(1, 4, 2359);
        parts.hour = digits / 100;
        parts.minute = digits % 100;
        return;
    }
    read_pattern(reader, "%R", parts);
    if (reader.take(':')) {
        read_pattern(reader, "%S", parts);
        if (reader.take('.')) {
            read_pattern(reader, "%f", parts);
        }
    }
    reader.skip_blanks();
    if (!reader.rest().empty()) {
        parts.offset = reader.offset();
    }
}

std::optional<Time> time_of(const Parts& parts, minutes utc_offset) {
    const std::chrono::year_month_day date(std::chrono::year(parts.year), std::chrono::month(parts.month),
                                           std::chrono::day(parts.day));
    if (!date.ok() || parts.minute > 59 || !is_plausible(date)) {
        return std::nullopt;
    }
    const unsigned hour = parts.hour + (parts.afternoon.value_or(false) ? 12 : 0);
    return std::chrono::sys_days(date) + std::chrono::hours(hour) + minutes(parts.minute) +
           std::chrono::seconds(parts.second) + parts.fraction - parts.offset.value_or(utc_offset);
}

std::optional<Time> unix_time(std::string_view text, double units_per_second) {
    double value = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
    constexpr double kEarliest = -2'208'988'800; // 1900
    constexpr double kLatest = 7'258'118'400;    // 2200
    constexpr double kNear1970 = 100'000'000;    // 1973-03-03
    const double seconds = value / units_per_second;
    if (failure != std::errc{} || end != text.data() + text.size() || !(seconds >= kEarliest && seconds < kLatest) ||
        std::abs(seconds) < kNear1970) {
        return std::nullopt;
    }
    // Not in one step: a double holds seconds of today to a microsecond only.
    return Time(std::chrono::milliseconds(std::llround(value * (1000 / units_per_second))));
}

} // namespace

Result<EventTimeFormat> EventTimeFormat::of(std::string name, minutes utc_offset) {
    for (const auto& [known, form] :
         {std::pair("rfc3339", Form::rfc3339), std::pair("unix_seconds", Form::unix_seconds),
          std::pair("unix_milliseconds", Form::unix_milliseconds), std::pair("date_time", Form::date_time)}) {
        if (name == known) {
            return EventTimeFormat(form, "", utc_offset);
        }
    }
    bool good = name.find('%') != std::string::npos;
    for (std::size_t i = name.find('%'); good && i != std::string::npos; i = name.find('%', i + 2)) {
        good = i + 1 < name.size() && kDirectives.find(name[i + 1]) != std::string_view::npos;
    }
    if (!good) {
        return Error{
            .code = ErrorCode::invalid_argument,
            .message = fmt::format("rfc3339, unix_seconds, unix_milliseconds, date_time, or a pattern of % and "
                                   "one of {} such as %Y-%m-%d %H:%M:%S",
                                   kDirectives)};
    }
    return EventTimeFormat(Form::pattern, std::move(name), utc_offset);
}

Time EventTimeFormat::read(std::string_view text) const {
    Reader reader(text);
    reader.skip_blanks();
    std::optional<Time> time;
    if (form_ == Form::rfc3339) {
        const auto parsed = parse_rfc3339(reader.rest());
        if (parsed && is_plausible(std::chrono::floor<std::chrono::days>(parsed.value()))) {
            time = parsed.value();
        }
    } else if (form_ == Form::unix_seconds || form_ == Form::unix_milliseconds) {
        time = unix_time(reader.rest(), form_ == Form::unix_seconds ? 1 : 1000);
    } else {
        Parts parts;
        if (form_ == Form::date_time) {
            read_date_time(reader, parts);
        } else {
            read_pattern(reader, pattern_, parts);
        }
        reader.skip_blanks();
        time = reader.ended() ? time_of(parts, utc_offset_) : std::nullopt;
    }
    if (!time) {
        constexpr std::array<std::string_view, 4> kNames{"rfc3339", "unix_seconds", "unix_milliseconds", "date_time"};
        const bool is_unix = form_ == Form::unix_seconds || form_ == Form::unix_milliseconds;
        throw std::invalid_argument(fmt::format(
            "'{}' is no time of the form {}, or none from 1900 to 2199{}", text.substr(0, 80),
            form_ == Form::pattern ? std::string_view(pattern_) : kNames.at(static_cast<std::size_t>(form_)),
            is_unix ? ", or one within three years of 1970" : ""));
    }
    return *time;
}

Result<minutes> parse_utc_offset(std::string_view text) {
    Reader reader(text);
    const minutes offset = reader.offset();
    if (!reader.ended()) {
        return Error{.code = ErrorCode::invalid_argument, .message = "an offset such as +05:30, -08:00 or Z"};
    }
    return offset;
}

} // namespace streaming
