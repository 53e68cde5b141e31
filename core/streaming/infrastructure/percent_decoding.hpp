#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace streaming {

/// RFC 3986 percent-decoding; nullopt when a '%' is not followed by two hexadecimal digits.
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view text);

} // namespace streaming
