#pragma once

#include <optional>
#include <string_view>

#include "core/streaming/infrastructure/clock.hpp"

namespace streaming {

/// A time as HTTP writes it (RFC 9110, 5.6.7): `Sun, 06 Nov 1994 08:49:37 GMT`, or one of the two older forms that are
/// to be understood, `Sunday, 06-Nov-94 08:49:37 GMT` and `Sun Nov  6 08:49:37 1994`. `now` tells the century of a
/// year of two digits. nullopt = it is none of them.
[[nodiscard]] std::optional<Clock::system_time> parse_http_date(std::string_view text, Clock::system_time now);

} // namespace streaming
