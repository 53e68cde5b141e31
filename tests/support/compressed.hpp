#pragma once

#include <string>
#include <string_view>

namespace streaming::testing_support {

[[nodiscard]] std::string gzip(std::string_view text);         ///< RFC 1952
[[nodiscard]] std::string zlib_deflate(std::string_view text); ///< RFC 1950
[[nodiscard]] std::string bare_deflate(std::string_view text); ///< RFC 1951

} // namespace streaming::testing_support
