#include <array>
#include <cstdint>
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

void append_escape(std::string& into, std::uint8_t c) {
    constexpr std::string_view kHex = "0123456789abcdef";
    switch (c) {
        case '"':
            into += "\\\"";
            break;
        case '\\':
            into += "\\\\";
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

void append_json_string(std::string& into, std::string_view text) {
    constexpr std::string_view kReplacement = "\xEF\xBF\xBD"; // U+FFFD
    into += '"';
    std::size_t plain = 0; // start of what was not copied yet
    for (std::size_t i = 0; i < text.size();) {
        const auto c = static_cast<std::uint8_t>(text[i]);
        if (!kSpecial[c]) {
            ++i;
            continue;
        }
        const std::size_t sequence = c >= 0x80 ? utf8_sequence(text.substr(i)) : 0;
        if (sequence != 0) {
            i += sequence;
            continue;
        }
        into.append(text.substr(plain, i - plain));
        if (c >= 0x80) {
            into += kReplacement;
        } else {
            append_escape(into, c);
        }
        plain = ++i;
    }
    into.append(text.substr(plain));
    into += '"';
}

} // namespace streaming
