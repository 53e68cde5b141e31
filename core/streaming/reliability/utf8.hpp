#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace streaming::detail {

/// Bytes of the UTF-8 character that `text` begins with, as RFC 3629 defines it; 0 when there is no valid one.
[[nodiscard]] std::size_t utf8_character_bytes(std::string_view text) noexcept;

/// Appends at most `max_bytes` of `text`, whole characters only; each invalid byte becomes U+FFFD.
void append_utf8(std::string& into, std::string_view text, std::size_t max_bytes);

inline constexpr std::string_view kReplacementCharacter = "\xEF\xBF\xBD";

} // namespace streaming::detail
