#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "core/streaming/infrastructure/result.hpp"

namespace streaming {

/// Reads the times of records in the form that a configuration names:
/// - `rfc3339`: 2026-01-05T10:00:00Z
/// - `unix_seconds`, `unix_milliseconds`: a number, seconds with a fraction if need be
/// - `date_time`: a date 2026-01-05 and a time 10:00, 10:00:00.5 or 1000, the latter without its leading zeros too; the
///   others may have an offset: 10:00:00+05:30
/// - a pattern as of strptime with %Y %m %d %e %H %I %p %M %S %f (digits of a fraction) %b %B %a %A %z %F %T %R %%; a
///   blank stands for any number of them.
/// A time without an offset of its own is `utc_offset` ahead of UTC. Times before 1900 and after 2199 are refused, and
/// unix times within 100,000,000 s of 1970: they are mistakes, such as milliseconds read as seconds, or the other way
/// round, a 0 for none, or the number that a spreadsheet has for a date. Thread-safe.
class EventTimeFormat {
public:
    /// The error says what is allowed.
    [[nodiscard]] static Result<EventTimeFormat> of(std::string name, std::chrono::minutes utc_offset);

    /// Throws std::invalid_argument that shows the text.
    [[nodiscard]] std::chrono::system_clock::time_point read(std::string_view text) const;

private:
    enum class Form { rfc3339, unix_seconds, unix_milliseconds, date_time, pattern };
    EventTimeFormat(Form form, std::string pattern, std::chrono::minutes utc_offset)
        : form_(form), pattern_(std::move(pattern)), utc_offset_(utc_offset) {}

    Form form_;
    std::string pattern_;
    std::chrono::minutes utc_offset_;
};

/// Minutes of an offset such as +05:30, -0800 or Z.
[[nodiscard]] Result<std::chrono::minutes> parse_utc_offset(std::string_view text);

} // namespace streaming
