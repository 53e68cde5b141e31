#include "core/streaming/ingestion/http_date.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <vector>

namespace streaming {
namespace {

using std::chrono::year;

std::vector<std::string_view> words_of(std::string_view text) {
    constexpr std::string_view kBetween = " ,-";
    std::vector<std::string_view> words;
    std::size_t begin = text.find_first_not_of(kBetween);
    while (begin != std::string_view::npos && words.size() < 7) {
        const std::size_t end = std::min(text.find_first_of(kBetween, begin), text.size());
        words.push_back(text.substr(begin, end - begin));
        begin = text.find_first_not_of(kBetween, end);
    }
    return words;
}

std::optional<int> number(std::string_view text, std::size_t most_digits) {
    int value = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool whole = problem == std::errc() && end == text.data() + text.size();
    return whole && value >= 0 && text.size() <= most_digits ? std::optional(value) : std::nullopt;
}

std::optional<unsigned> month_of(std::string_view name) {
    constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const auto found = std::ranges::find(kMonths, name);
    return found == kMonths.end() ? std::nullopt : std::optional(static_cast<unsigned>(found - kMonths.begin()) + 1);
}

std::optional<std::chrono::seconds> time_of_day(std::string_view text) {
    if (text.size() != 8 || text[2] != ':' || text[5] != ':') {
        return std::nullopt;
    }
    const auto hours = number(text.substr(0, 2), 2);
    const auto minutes = number(text.substr(3, 2), 2);
    const auto seconds = number(text.substr(6, 2), 2);
    if (!hours || !minutes || !seconds || *hours > 23 || *minutes > 59 || *seconds > 60) {
        return std::nullopt;
    }
    return std::chrono::hours(*hours) + std::chrono::minutes(*minutes) + std::chrono::seconds(*seconds);
}

/// RFC 9110: a year of two digits that seems to be over 50 years ahead is the last one that ended so.
year century_of(int two_digits, Clock::system_time now) {
    const int this_year =
        static_cast<int>(std::chrono::year_month_day(std::chrono::floor<std::chrono::days>(now)).year());
    const int guess = this_year - this_year % 100 + two_digits;
    return year(guess > this_year + 50 ? guess - 100 : guess);
}

} // namespace

std::optional<Clock::system_time> parse_http_date(std::string_view text, Clock::system_time now) {
    const std::vector<std::string_view> words = words_of(text);
    const bool asctime = words.size() == 5;
    if (!asctime && (words.size() != 6 || words[5] != "GMT")) {
        return std::nullopt;
    }
    const auto day = number(words[asctime ? 2 : 1], 2);
    const auto month = month_of(words[asctime ? 1 : 2]);
    const std::string_view year_text = words[asctime ? 4 : 3];
    const auto year_number = number(year_text, 4);
    const auto time = time_of_day(words[asctime ? 3 : 4]);
    if (!day || !month || !year_number || !time || (year_text.size() != 4 && (asctime || year_text.size() != 2))) {
        return std::nullopt;
    }
    const std::chrono::year_month_day date(year_text.size() == 2 ? century_of(*year_number, now) : year(*year_number),
                                           std::chrono::month(*month), std::chrono::day(static_cast<unsigned>(*day)));
    return date.ok() ? std::optional<Clock::system_time>(std::chrono::sys_days(date) + *time) : std::nullopt;
}

} // namespace streaming
