#pragma once

#include <string>
#include <string_view>

namespace streaming {

/// SHA-256 (FIPS 180-4) of the bytes as 64 hexadecimal digits, lower case: for hashes that others compute too.
[[nodiscard]] std::string sha256_hex(std::string_view bytes);

} // namespace streaming
