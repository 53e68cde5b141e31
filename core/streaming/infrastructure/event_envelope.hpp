#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "core/streaming/infrastructure/result.hpp"

namespace streaming {

/// What every event on a topic looks like: {"id","type","timestamp","source","correlation_id","data"}.
/// The timestamp is RFC 3339, UTC, milliseconds, `Z`. `data` is JSON text and is spliced in as it stands.
struct EventEnvelope {
    std::string id{};
    std::string type{};
    std::chrono::system_clock::time_point timestamp{};
    std::string source{};         ///< the service that made it
    std::string correlation_id{}; ///< empty = left out
    std::string data{"null"};

    [[nodiscard]] std::string to_json() const;
    /// Reads any valid envelope; the error (malformed) names the field.
    [[nodiscard]] static Result<EventEnvelope> parse(std::string_view json);
};

/// The same as views, for writing without copies.
struct EnvelopeFields {
    std::string_view id{};
    std::string_view type{};
    std::chrono::system_clock::time_point timestamp{};
    std::string_view source{};
    std::string_view correlation_id{};
};

/// Appends everything up to the value of `data`; the caller appends the JSON of data and then '}'.
void append_envelope_head(std::string& into, const EnvelopeFields& fields);
/// Appends a JSON string with quotes; each byte that is no UTF-8 is replaced by U+FFFD. False when one was.
bool append_json_string(std::string& into, std::string_view text);
/// "2026-01-31T12:34:56.789Z"
void append_rfc3339(std::string& into, std::chrono::system_clock::time_point time);
/// Reads RFC 3339 with any zone offset and 0-9 fraction digits.
[[nodiscard]] Result<std::chrono::system_clock::time_point> parse_rfc3339(std::string_view text);

} // namespace streaming
