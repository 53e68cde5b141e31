#pragma once

#include <cstdint>
#include <string_view>

namespace streaming {

/// 128 bits that stand for an id inside this process: XXH3 with a seed drawn at start, so that nobody outside can aim
/// for a collision.
struct IdFingerprint {
    std::uint64_t low = 0;
    std::uint64_t high = 0;
    friend bool operator==(const IdFingerprint&, const IdFingerprint&) = default;
};
[[nodiscard]] IdFingerprint fingerprint(std::string_view id) noexcept;

} // namespace streaming
