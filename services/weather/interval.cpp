#include "services/weather/interval.hpp"

#include <charconv>
#include <chrono>
#include <optional>
#include <stdexcept>

#include "core/streaming/patterns/source_type.hpp"

namespace services::weather {
namespace {

using std::chrono::seconds;

constexpr long kMost = 1'000'000; // of a unit: more is no forecast, and would overflow

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

std::string written(std::chrono::system_clock::time_point time) {
    std::string text;
    streaming::append_rfc3339(text, time);
    return text;
}

} // namespace

Interval interval_of(std::string_view text) {
    const std::size_t slash = text.find('/');
    if (slash != std::string_view::npos) {
        const std::string_view rest = text.substr(slash + 1);
        const auto start = streaming::parse_rfc3339(text.substr(0, slash));
        const auto duration = duration_of(rest);
        const auto end = streaming::parse_rfc3339(rest);
        if (start && duration) {
            return {.start = written(start.value()), .end = written(start.value() + *duration)};
        }
        if (start && end && end.value() >= start.value()) {
            return {.start = written(start.value()), .end = written(end.value())};
        }
    }
    throw std::invalid_argument("'" + std::string(text.substr(0, 80)) +
                                "' is no interval such as 2024-02-20T11:00:00+00:00/PT1H");
}

} // namespace services::weather
