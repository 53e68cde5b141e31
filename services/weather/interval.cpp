#include "services/weather/interval.hpp"

#include <fmt/format.h>
#include <charconv>
#include <chrono>
#include <optional>
#include <stdexcept>

#include "core/streaming/patterns/source_type.hpp"
#include "services/shown.hpp"
#include "services/weather/plausible.hpp"

namespace services::weather {
namespace {

using std::chrono::seconds;

constexpr long kMost = 1'000'000; // of a unit: more would overflow
constexpr std::chrono::hours kLongest = std::chrono::days(366);
constexpr std::chrono::sys_days kLastDay(std::chrono::year(2261) / 12 / 31);

/// Of one letter of a duration, before or behind its T; 0 = there is none.
seconds unit_of(char letter, bool behind_t) {
    using namespace std::chrono_literals;
    switch (letter) {
        case 'W':
            return behind_t ? 0s : 7 * 24h;
        case 'D':
            return behind_t ? 0s : 24h;
        case 'H':
            return behind_t ? 1h : 0s;
        case 'M':
            return behind_t ? 1min : 0s;
        case 'S':
            return behind_t ? 1s : 0s;
        default:
            return 0s;
    }
}

std::optional<seconds> duration_of(std::string_view text) {
    if (text.size() < 3 || text.front() != 'P') {
        return std::nullopt;
    }
    seconds sum{0};
    bool behind_t = false;
    for (text.remove_prefix(1); !text.empty();) {
        if (text.front() == 'T' && !behind_t && text.size() > 1) {
            behind_t = true;
            text.remove_prefix(1);
            continue;
        }
        long count = 0;
        const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), count);
        if (failure != std::errc{} || end == text.data() + text.size() || count < 0 || count > kMost) {
            return std::nullopt;
        }
        const seconds unit = unit_of(*end, behind_t);
        if (unit == seconds{0}) {
            return std::nullopt;
        }
        sum += count * unit;
        text.remove_prefix(static_cast<std::size_t>(end - text.data()) + 1);
    }
    return sum;
}

constexpr std::string_view kForm = "no interval such as 2024-02-20T11:00:00+00:00/PT1H, from 2000 to 2261";

[[noreturn]] void refuse(std::string_view text, std::string_view what) {
    throw std::invalid_argument(fmt::format("{} is {}", shown(text), what));
}

std::string written(std::chrono::system_clock::time_point time) {
    std::string text;
    streaming::append_rfc3339(text, time);
    return text;
}

} // namespace

Interval interval_of(std::string_view text) {
    const std::size_t slash = text.find('/');
    if (slash == std::string_view::npos) {
        refuse(text, kForm);
    }
    const std::string_view rest = text.substr(slash + 1);
    const auto start = plausible_time(text.substr(0, slash));
    const auto duration = duration_of(rest);
    const auto end = plausible_time(rest);
    if (!start || (!duration && !end)) {
        refuse(text, kForm);
    }
    if (duration ? *duration > kLongest : *end < *start || *end - *start > kLongest) {
        refuse(text, "not of 0 to 366 days");
    }
    // Compared before it is added: a time is nanoseconds, which end in 2262.
    if (duration && *start > kLastDay - *duration) {
        refuse(text, kForm);
    }
    return {.start = written(*start), .end = written(duration ? *start + *duration : *end)};
}

} // namespace services::weather
