#include <array>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "core/streaming/infrastructure/event_envelope.hpp"

namespace streaming {

namespace {

/// Bytes that cannot go into a JSON string as they are, or have to be looked at: quotes, control characters, non-ASCII.
constexpr std::array<bool, 256> make_special() {
    std::array<bool, 256> special{};
    for (std::size_t c = 0; c < 256; ++c) {
        special[c] = c < 0x20 || c >= 0x80 || c == '"' || c == '\\';
    }
    return special;
}
constexpr std::array<bool, 256> kSpecial = make_special();

/// Whether one of eight bytes is special. After "Determine if a word has a byte less than n" and "has a zero byte" of
/// Sean Eron Anderson's Bit Twiddling Hacks; both are exact as to whether there is one.
bool has_special(std::uint64_t bytes) {
    constexpr std::uint64_t kOnes = 0x0101010101010101U;
    constexpr std::uint64_t kHighBits = 0x80 * kOnes;
    const auto has_zero = [](std::uint64_t word) { return (word - kOnes) & ~word & kHighBits; };
    const std::uint64_t control = (bytes - 0x20 * kOnes) & ~bytes & kHighBits;
    return ((bytes & kHighBits) | control | has_zero(bytes ^ ('"' * kOnes)) | has_zero(bytes ^ ('\\' * kOnes))) != 0;
}

/// The first special byte of `text` at or behind `from`; its size when there is none.
std::size_t find_special(std::string_view text, std::size_t from) {
    std::uint64_t bytes = 0;
    while (text.size() - from >= sizeof bytes) {
        std::memcpy(&bytes, text.data() + from, sizeof bytes);
        if (has_special(bytes)) {
            break;
        }
        from += sizeof bytes;
    }
    while (from < text.size() && !kSpecial[static_cast<std::uint8_t>(text[from])]) {
        ++from;
    }
    return from;
}

void append_escape(std::string& into, std::uint8_t c) {
    constexpr std::string_view kHex = "0123456789abcdef";
    switch (c) {
        case '"':
            into += "\\\"";
            break;
        case '\\':
            into += "\\\\";
            break;
        case '\b':
            into += "\\b";
            break;
        case '\f':
            into += "\\f";
            break;
        case '\n':
            into += "\\n";
            break;
        case '\r':
            into += "\\r";
            break;
        case '\t':
            into += "\\t";
            break;
        default:
            into += "\\u00";
            into += kHex[c >> 4U];
            into += kHex[c & 0xFU];
    }
}

/// Length of the UTF-8 sequence that `text` starts with, 0 when it starts with none (RFC 3629: no surrogates, no
/// overlong forms, nothing above U+10FFFF).
std::size_t utf8_sequence(std::string_view text) {
    const auto byte = [&](std::size_t i) {
        return i < text.size() ? static_cast<std::uint8_t>(text[i]) : std::uint8_t{0};
    };
    const auto continues = [&](std::size_t i) { return (byte(i) & 0xC0U) == 0x80U; };
    const std::uint8_t first = byte(0);
    const std::uint8_t second = byte(1);
    if (first >= 0xC2 && first <= 0xDF) {
        return continues(1) ? 2 : 0;
    }
    if (first >= 0xE0 && first <= 0xEF) {
        const bool overlong = first == 0xE0 && second < 0xA0;
        const bool surrogate = first == 0xED && second > 0x9F;
        return continues(1) && continues(2) && !overlong && !surrogate ? 3 : 0;
    }
    if (first >= 0xF0 && first <= 0xF4) {
        const bool overlong = first == 0xF0 && second < 0x90;
        const bool too_high = first == 0xF4 && second > 0x8F;
        return continues(1) && continues(2) && continues(3) && !overlong && !too_high ? 4 : 0;
    }
    return 0;
}

} // namespace

bool append_json_string(std::string& into, std::string_view text) {
    constexpr std::string_view kReplacement = "\xEF\xBF\xBD"; // U+FFFD
    bool is_utf8 = true;
    into += '"';
    std::size_t plain = 0; // start of what was not copied yet
    for (std::size_t i = find_special(text, 0); i < text.size(); i = find_special(text, i)) {
        const auto c = static_cast<std::uint8_t>(text[i]);
        const std::size_t sequence = c >= 0x80 ? utf8_sequence(text.substr(i)) : 0;
        if (sequence != 0) {
            i += sequence;
            continue;
        }
        into.append(text.substr(plain, i - plain));
        if (c >= 0x80) {
            into += kReplacement;
            is_utf8 = false;
        } else {
            append_escape(into, c);
        }
        plain = ++i;
    }
    into.append(text.substr(plain));
    into += '"';
    return is_utf8;
}

} // namespace streaming
