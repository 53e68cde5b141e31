#include "core/streaming/ingestion/record_session.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string_view>

#include "core/streaming/ingestion/event_time.hpp"

namespace streaming {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::sys_days;

constexpr std::array<std::string_view, 7> kDays{"sun", "mon", "tue", "wed", "thu", "fri", "sat"};
constexpr std::string_view kDayForm = "a day such as 2026-12-25";

/// Digits alone, as many as the text has.
std::optional<unsigned> number(std::string_view text) {
    unsigned value = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
    return failure == std::errc{} && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

/// HH:MM, up to 24:00.
std::optional<minutes> minute_of_day(std::string_view text) {
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos || text.size() - colon != 3) {
        return std::nullopt;
    }
    const auto hour = number(text.substr(0, colon));
    const auto minute = number(text.substr(colon + 1));
    if (!hour || !minute || *minute > 59 || hours(*hour) + minutes(*minute) > hours(24)) {
        return std::nullopt;
    }
    return hours(*hour) + minutes(*minute);
}

/// HH:MM-HH:MM, later than the first.
std::optional<SessionHours::Hours> hours_of(std::string_view text) {
    const std::size_t dash = std::min(text.find('-'), text.size());
    const auto opens = minute_of_day(text.substr(0, dash));
    const auto closes = minute_of_day(text.substr(std::min(dash + 1, text.size())));
    return opens && closes && *closes > *opens ? std::optional(SessionHours::Hours{*opens, *closes}) : std::nullopt;
}

std::optional<sys_days> day_of(std::string_view text) {
    if (text.size() != 10 || text[4] != '-' || text[7] != '-') {
        return std::nullopt;
    }
    const auto year = number(text.substr(0, 4));
    const auto month = number(text.substr(5, 2));
    const auto day = number(text.substr(8));
    const std::chrono::year_month_day date(std::chrono::year(static_cast<int>(year.value_or(0))),
                                           std::chrono::month(month.value_or(0)), std::chrono::day(day.value_or(0)));
    return year && date.ok() ? std::optional(sys_days(date)) : std::nullopt;
}

void read_days(const CustomParams& params, SessionHours::Options& options) {
    const auto names = params.texts("days");
    if (names.empty()) {
        return;
    }
    options.days.fill(false);
    for (const std::string& name : names) {
        const auto* const day = std::ranges::find(kDays, name);
        if (day == kDays.end()) {
            params.refuse("days", "a list of mon, tue, wed, thu, fri, sat, sun");
        }
        options.days.at(static_cast<std::size_t>(day - kDays.begin())) = true;
    }
}

void read_hours(const CustomParams& params, SessionHours::Options& options) {
    for (const auto& [name, into] :
         {std::pair("open", &options.hours.opens), std::pair("close", &options.hours.closes)}) {
        if (params.has(name)) {
            const auto minute = minute_of_day(params.text(name));
            if (!minute) {
                params.refuse(name, "a time of the day from 00:00 to 24:00, such as \"09:15\"");
            }
            *into = *minute;
        }
    }
    if (options.hours.closes <= options.hours.opens) {
        params.refuse("close", "later than open: a session does not go over midnight");
    }
}

void read_other_days(const CustomParams& params, SessionHours::Options& options) {
    for (const std::string& holiday : params.texts("holidays")) {
        const auto day = day_of(holiday);
        if (!day) {
            params.refuse("holidays", kDayForm);
        }
        options.other_days[*day] = {};
    }
    if (!params.has("special_days")) {
        return;
    }
    const nlohmann::json& special = params.value("special_days");
    if (!special.is_object()) {
        params.refuse("special_days", R"(a section of days and hours, such as "2022-10-24": "18:15-19:15")");
    }
    for (const auto& [name, text] : special.items()) {
        const auto day = day_of(name);
        const auto session = text.is_string() ? hours_of(text.get_ref<const std::string&>()) : std::nullopt;
        if (!day || !session) {
            params.refuse("special_days", fmt::format("{} and hours such as \"18:15-19:15\". See {}", kDayForm, name));
        }
        options.other_days[*day] = *session;
    }
}

void read_zone(const CustomParams& params, SessionHours::Options& options) {
    if (params.has("utc_offset")) {
        const auto offset = parse_utc_offset(params.text("utc_offset"));
        if (!offset) {
            params.refuse("utc_offset", offset.error().message);
        }
        if (params.has("time_zone")) {
            params.refuse("utc_offset", "to be given beside time_zone");
        }
        options.utc_offset = offset.value();
    }
    options.time_zone = params.text("time_zone");
}

} // namespace

std::optional<SessionHours> record_session(const CustomParams& params, minutes utc_offset) {
    if (!params.has("session")) {
        return std::nullopt;
    }
    if (!params.value("session").is_object()) {
        params.refuse("session", R"(a section such as {open: "09:15", close: "15:30", time_zone: Asia/Kolkata})");
    }
    const CustomParams::Map section = params.value("session");
    const CustomParams session(section, "session.");
    session.only({{"days", "open", "close", "utc_offset", "time_zone", "holidays", "special_days"}});
    SessionHours::Options options{.utc_offset = utc_offset};
    read_days(session, options);
    read_hours(session, options);
    read_other_days(session, options);
    read_zone(session, options);
    try {
        return SessionHours(std::move(options));
    } catch (const std::invalid_argument& problem) {
        session.refuse("time_zone", fmt::format("a zone such as Asia/Kolkata: {}", problem.what()));
    }
}

std::string outside(const SessionHours& session, std::chrono::system_clock::time_point time) {
    using enum SessionHours::State;
    const SessionHours::Moment moment = session.look(time);
    const char* option = nullptr;
    switch (moment.state) {
        case open:
            return {};
        case no_day:
            option = "days";
            break;
        case other_day:
            option = "holidays or special_days";
            break;
        case no_hour:
            option = "open and close";
            break;
    }
    const std::chrono::year_month_day date(moment.day);
    const auto minute = std::chrono::floor<minutes>(moment.since_midnight).count();
    return fmt::format("{} {:04}-{:02}-{:02} {:02}:{:02} there (session: {})",
                       kDays.at(std::chrono::weekday(moment.day).c_encoding()), static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), minute / 60, minute % 60,
                       option);
}

} // namespace streaming
