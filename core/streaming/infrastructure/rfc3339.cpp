#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include "core/streaming/infrastructure/event_envelope.hpp"

namespace streaming {

namespace {

using std::chrono::days;
using std::chrono::system_clock;
using SysDays = std::chrono::sys_days;

void write_digits(char* into, unsigned value, int width) {
    for (int i = width - 1; i >= 0; --i) {
        into[i] = static_cast<char>('0' + value % 10);
        value /= 10;
    }
}

/// "2026-01-31T": nearly every stamp of a thread falls on the day of the one before.
struct DateText {
    SysDays day{days{-1'000'000'000}};
    std::array<char, 11> text{};

    void set(SysDays new_day) {
        const std::chrono::year_month_day date(new_day);
        write_digits(text.data(), static_cast<unsigned>(static_cast<int>(date.year())), 4);
        text[4] = '-';
        write_digits(text.data() + 5, static_cast<unsigned>(date.month()), 2);
        text[7] = '-';
        write_digits(text.data() + 8, static_cast<unsigned>(date.day()), 2);
        text[10] = 'T';
        day = new_day;
    }
};

/// Takes a text apart from the left; the first thing that does not fit makes the rest fail.
class Scanner {
public:
    explicit Scanner(std::string_view text) : rest_(text) {}

    int number(std::size_t digits) {
        int value = 0;
        const std::size_t available = std::min(digits, rest_.size());
        for (std::size_t i = 0; i < available; ++i) {
            if (rest_[i] < '0' || rest_[i] > '9') {
                return fail();
            }
            value = value * 10 + (rest_[i] - '0');
        }
        if (available < digits) {
            return fail();
        }
        rest_.remove_prefix(digits);
        return value;
    }
    bool take(std::string_view any_of) {
        if (rest_.empty() || any_of.find(rest_.front()) == std::string_view::npos) {
            return false;
        }
        rest_.remove_prefix(1);
        return true;
    }
    void expect(std::string_view any_of) {
        if (!take(any_of)) {
            fail();
        }
    }
    [[nodiscard]] std::size_t digits_ahead() const {
        return std::min(rest_.find_first_not_of("0123456789"), rest_.size());
    }
    [[nodiscard]] bool done() const { return !failed_ && rest_.empty(); }

private:
    int fail() {
        failed_ = true;
        rest_ = {};
        return 0;
    }
    std::string_view rest_;
    bool failed_ = false;
};

std::chrono::nanoseconds read_fraction(Scanner& scanner) {
    if (!scanner.take(".")) {
        return std::chrono::nanoseconds{0};
    }
    const std::size_t digits = scanner.digits_ahead();
    if (digits == 0 || digits > 9) {
        scanner.expect(""); // fails
        return std::chrono::nanoseconds{0};
    }
    std::int64_t value = scanner.number(digits);
    for (std::size_t i = digits; i < 9; ++i) {
        value *= 10;
    }
    return std::chrono::nanoseconds{value};
}

/// nullopt = no such zone.
std::optional<std::chrono::minutes> read_zone(Scanner& scanner) {
    if (scanner.take("Zz")) {
        return std::chrono::minutes{0};
    }
    const bool west = scanner.take("-");
    if (!west) {
        scanner.expect("+");
    }
    const int hours = scanner.number(2);
    scanner.expect(":");
    const int minutes = scanner.number(2);
    if (hours > 23 || minutes > 59) {
        return std::nullopt;
    }
    const std::chrono::minutes offset{hours * 60 + minutes};
    return west ? -offset : offset;
}

Error not_a_time(std::string_view text) {
    constexpr std::size_t kShown = 40;
    return {.code = ErrorCode::malformed,
            .message = fmt::format("not an RFC 3339 time: {:?}", text.substr(0, kShown)),
            .retryable = false};
}

} // namespace

void append_rfc3339(std::string& into, system_clock::time_point time) {
    static thread_local DateText date;
    const SysDays day = std::chrono::floor<days>(time);
    if (day != date.day) {
        date.set(day);
    }
    const auto since_midnight = std::chrono::floor<std::chrono::milliseconds>(time - day).count();
    const auto milliseconds = static_cast<unsigned>(since_midnight);
    std::array<char, 24> text; // NOLINT(cppcoreguidelines-pro-type-member-init): written whole
    std::memcpy(text.data(), date.text.data(), date.text.size());
    write_digits(text.data() + 11, milliseconds / 3'600'000, 2);
    text[13] = ':';
    write_digits(text.data() + 14, milliseconds / 60'000 % 60, 2);
    text[16] = ':';
    write_digits(text.data() + 17, milliseconds / 1'000 % 60, 2);
    text[19] = '.';
    write_digits(text.data() + 20, milliseconds % 1'000, 3);
    text[23] = 'Z';
    into.append(text.data(), text.size());
}

Result<system_clock::time_point> parse_rfc3339(std::string_view text) {
    Scanner scanner(text);
    const int year = scanner.number(4);
    scanner.expect("-");
    const int month = scanner.number(2);
    scanner.expect("-");
    const int day = scanner.number(2);
    scanner.expect("Tt ");
    const int hour = scanner.number(2);
    scanner.expect(":");
    const int minute = scanner.number(2);
    scanner.expect(":");
    const int second = scanner.number(2);
    const std::chrono::nanoseconds fraction = read_fraction(scanner);
    const auto zone = read_zone(scanner);
    const std::chrono::year_month_day date(std::chrono::year{year}, std::chrono::month{static_cast<unsigned>(month)},
                                           std::chrono::day{static_cast<unsigned>(day)});
    constexpr int kFirstYear = 1678; // what 64 bits of nanoseconds around 1970 can hold
    constexpr int kLastYear = 2261;
    constexpr int kLeapSecond = 60;
    if (!scanner.done() || !zone || !date.ok() || year < kFirstYear || year > kLastYear || hour > 23 || minute > 59 ||
        second > kLeapSecond) {
        return not_a_time(text);
    }
    return SysDays(date) + std::chrono::hours{hour} + std::chrono::minutes{minute} + std::chrono::seconds{second} +
           fraction - *zone;
}

} // namespace streaming
