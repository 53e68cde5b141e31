#pragma once

#include <cstddef>
#include <string_view>

namespace streaming {

/// No document from outside may nest deeper: building one is fine, but copying or writing it recurses.
inline constexpr std::size_t kMaxJsonDepth = 128;

/// Whether brackets outside strings nest deeper than `limit`. Works on any bytes.
[[nodiscard]] bool nests_deeper_than(std::string_view json, std::size_t limit) noexcept;

} // namespace streaming
