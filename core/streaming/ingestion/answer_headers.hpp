#pragma once

#include <chrono>
#include <optional>

#include "core/streaming/infrastructure/clock.hpp"
#include "core/streaming/infrastructure/http_client.hpp"

namespace streaming {

/// What an answer says about being used again.
struct Freshness {
    bool may_be_kept = true; ///< false: `no-store`
    /// s-maxage, else max-age, less the Age; else Expires less Date; 0 with `no-cache`. Absent: it says nothing.
    std::optional<std::chrono::milliseconds> lifetime{};
    friend bool operator==(const Freshness&, const Freshness&) = default;
};

/// RFC 9111, of a shared cache: what a server offers all its clients is meant for a service too.
[[nodiscard]] Freshness freshness_of(const HttpResponse& answer, Clock::system_time now);

/// How long Retry-After asks to wait, given in seconds or as a date; never negative. Absent, or no such value: nullopt.
[[nodiscard]] std::optional<std::chrono::milliseconds> retry_after_of(const HttpResponse& answer,
                                                                      Clock::system_time now);

} // namespace streaming
