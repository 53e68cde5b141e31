#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace bench {

/// The 16 bytes of a UUID.
using PackedId = std::array<char, 16>;

namespace detail {

constexpr std::uint8_t kNoDigit = 0xff;

constexpr std::array<std::uint8_t, 256> make_digits() {
    std::array<std::uint8_t, 256> digits{};
    digits.fill(kNoDigit);
    for (std::size_t value = 0; value < 16; ++value) {
        digits[static_cast<unsigned char>("0123456789abcdef"[value])] = static_cast<std::uint8_t>(value);
        digits[static_cast<unsigned char>("0123456789ABCDEF"[value])] = static_cast<std::uint8_t>(value);
    }
    return digits;
}

inline constexpr std::array<std::uint8_t, 256> kDigits = make_digits();
inline constexpr std::array<std::size_t, 16> kPlaces{0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34};

} // namespace detail

/// Reads the text of a UUID; false when it is none.
[[nodiscard]] inline bool pack(std::string_view text, PackedId& into) {
    if (text.size() != 36 || text[8] != '-' || text[13] != '-' || text[18] != '-' || text[23] != '-') {
        return false;
    }
    std::uint8_t wrong = 0;
    for (std::size_t index = 0; index < into.size(); ++index) {
        const std::size_t place = detail::kPlaces[index];
        const std::uint8_t high = detail::kDigits[static_cast<unsigned char>(text[place])];
        const std::uint8_t low = detail::kDigits[static_cast<unsigned char>(text[place + 1])];
        wrong = static_cast<std::uint8_t>(wrong | (high & 0xf0U) | (low & 0xf0U));
        into[index] = static_cast<char>((high << 4U) | (low & 0x0fU));
    }
    return wrong == 0;
}

} // namespace bench
