#include "services/trading_engine/exchange_calendar.hpp"

#include <algorithm>
#include <array>

namespace services::trading_engine {
namespace {

using namespace std::chrono;

constexpr SpecialDay closed(int of_year, unsigned of_month, unsigned on_day) {
    return {.date = year(of_year) / month(of_month) / day(on_day)};
}

constexpr SpecialDay open(int of_year, unsigned of_month, unsigned on_day, minutes from, minutes to) {
    return {.date = year(of_year) / month(of_month) / day(on_day), .opens = from, .closes = to};
}

constexpr minutes kNseOpens = 9h + 15min;
constexpr minutes kNseCloses = 15h + 30min;
constexpr minutes kNyseOpens = 9h + 30min;
constexpr minutes kNyseCloses = 16h;
constexpr minutes kNyseEarlyClose = 13h;

/// Equity segment. Source: NSE's circulars "Trading holidays for the calendar year" 2025 and 2026 with their amendments
/// (nseindia.com, Resources, Exchange Communications, Holidays). The list of 2027 comes out in December 2026: until it
/// is added here, of 2027 only the days are known that no moon decides. The hour of muhurat trading on 2026-11-08, a
/// Sunday, was not known when this was written.
constexpr std::array kNse = {
    open(2025, 2, 1, kNseOpens, kNseCloses),      // Saturday, Union Budget
    closed(2025, 2, 26),                          // Mahashivratri
    closed(2025, 3, 14),                          // Holi
    closed(2025, 3, 31),                          // Id-ul-Fitr
    closed(2025, 4, 10),                          // Mahavir Jayanti
    closed(2025, 4, 14),                          // Dr. Ambedkar Jayanti
    closed(2025, 4, 18),                          // Good Friday
    closed(2025, 5, 1),                           // Maharashtra Day
    closed(2025, 8, 15),                          // Independence Day
    closed(2025, 8, 27),                          // Ganesh Chaturthi
    closed(2025, 10, 2),                          // Gandhi Jayanti, Dussehra
    open(2025, 10, 21, 13h + 45min, 14h + 45min), // Diwali Laxmi Pujan, muhurat trading
    closed(2025, 10, 22),                         // Diwali Balipratipada
    closed(2025, 11, 5),                          // Guru Nanak Jayanti
    closed(2025, 12, 25),                         // Christmas
    closed(2026, 1, 15),                          // municipal elections in Maharashtra
    closed(2026, 1, 26),                          // Republic Day
    open(2026, 2, 1, kNseOpens, kNseCloses),      // Sunday, Union Budget
    closed(2026, 3, 3),                           // Holi
    closed(2026, 3, 26),                          // Ram Navami
    closed(2026, 3, 31),                          // Mahavir Jayanti
    closed(2026, 4, 3),                           // Good Friday
    closed(2026, 4, 14),                          // Dr. Ambedkar Jayanti
    closed(2026, 5, 1),                           // Maharashtra Day
    closed(2026, 5, 28),                          // Bakri Id
    closed(2026, 6, 26),                          // Muharram
    closed(2026, 9, 14),                          // Ganesh Chaturthi
    closed(2026, 10, 2),                          // Gandhi Jayanti
    closed(2026, 10, 20),                         // Dussehra
    closed(2026, 11, 10),                         // Diwali Balipratipada
    closed(2026, 11, 24),                         // Guru Nanak Jayanti
    closed(2026, 12, 25),                         // Christmas
    closed(2027, 1, 26),                          // Republic Day
    closed(2027, 3, 26),                          // Good Friday
    closed(2027, 4, 14),                          // Dr. Ambedkar Jayanti
};

/// Source: NYSE Group, "NYSE Group Announces 2025, 2026 and 2027 Holiday and Early Closings Calendar", 2024-11-08, and
/// the day of mourning of 2025-01-09. Half days end at 13:00.
constexpr std::array kNyse = {
    closed(2025, 1, 1),                              // New Year's Day
    closed(2025, 1, 9),                              // day of mourning for President Carter
    closed(2025, 1, 20),                             // Martin Luther King, Jr. Day
    closed(2025, 2, 17),                             // Washington's Birthday
    closed(2025, 4, 18),                             // Good Friday
    closed(2025, 5, 26),                             // Memorial Day
    closed(2025, 6, 19),                             // Juneteenth
    open(2025, 7, 3, kNyseOpens, kNyseEarlyClose),   // before Independence Day
    closed(2025, 7, 4),                              // Independence Day
    closed(2025, 9, 1),                              // Labor Day
    closed(2025, 11, 27),                            // Thanksgiving Day
    open(2025, 11, 28, kNyseOpens, kNyseEarlyClose), // after it
    open(2025, 12, 24, kNyseOpens, kNyseEarlyClose), // Christmas Eve
    closed(2025, 12, 25),                            // Christmas Day
    closed(2026, 1, 1),                              // New Year's Day
    closed(2026, 1, 19),                             // Martin Luther King, Jr. Day
    closed(2026, 2, 16),                             // Washington's Birthday
    closed(2026, 4, 3),                              // Good Friday
    closed(2026, 5, 25),                             // Memorial Day
    closed(2026, 6, 19),                             // Juneteenth
    closed(2026, 7, 3),                              // Independence Day, observed
    closed(2026, 9, 7),                              // Labor Day
    closed(2026, 11, 26),                            // Thanksgiving Day
    open(2026, 11, 27, kNyseOpens, kNyseEarlyClose), // after it
    open(2026, 12, 24, kNyseOpens, kNyseEarlyClose), // Christmas Eve
    closed(2026, 12, 25),                            // Christmas Day
    closed(2027, 1, 1),                              // New Year's Day
    closed(2027, 1, 18),                             // Martin Luther King, Jr. Day
    closed(2027, 2, 15),                             // Washington's Birthday
    closed(2027, 3, 26),                             // Good Friday
    closed(2027, 5, 31),                             // Memorial Day
    closed(2027, 6, 18),                             // Juneteenth, observed
    closed(2027, 7, 5),                              // Independence Day, observed
    closed(2027, 9, 6),                              // Labor Day
    closed(2027, 11, 25),                            // Thanksgiving Day
    open(2027, 11, 26, kNyseOpens, kNyseEarlyClose), // after it
    closed(2027, 12, 24),                            // Christmas Day, observed
};

constexpr std::array kCalendars = {
    ExchangeCalendar{.name = "NSE",
                     .zone = "Asia/Kolkata",
                     .opens = kNseOpens,
                     .closes = kNseCloses,
                     .last_year = year(2026),
                     .days = kNse},
    ExchangeCalendar{.name = "NYSE",
                     .zone = "America/New_York",
                     .opens = kNyseOpens,
                     .closes = kNyseCloses,
                     .last_year = year(2027),
                     .days = kNyse},
};

} // namespace

const ExchangeCalendar* find_calendar(std::string_view name) {
    const auto* const found = std::ranges::find(kCalendars, name, &ExchangeCalendar::name);
    return found == kCalendars.end() ? nullptr : found;
}

std::string calendar_names() {
    std::string names;
    for (const ExchangeCalendar& calendar : kCalendars) {
        names += names.empty() ? "" : " or ";
        names += calendar.name;
    }
    return names;
}

} // namespace services::trading_engine
