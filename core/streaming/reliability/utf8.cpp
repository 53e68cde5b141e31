#include "core/streaming/reliability/utf8.hpp"

#include <cstdint>

namespace streaming::detail {

namespace {

struct Sequence {
    std::size_t bytes = 0;
    std::uint8_t second_low = 0x80; // range of the second byte: keeps out overlong forms, surrogates, > U+10FFFF
    std::uint8_t second_high = 0xBF;
};

Sequence sequence_of(std::uint8_t lead) noexcept {
    if (lead < 0x80) {
        return {1};
    }
    if (lead >= 0xC2 && lead <= 0xDF) {
        return {2};
    }
    if (lead >= 0xE0 && lead <= 0xEF) {
        return {3, static_cast<std::uint8_t>(lead == 0xE0 ? 0xA0 : 0x80),
                static_cast<std::uint8_t>(lead == 0xED ? 0x9F : 0xBF)};
    }
    if (lead >= 0xF0 && lead <= 0xF4) {
        return {4, static_cast<std::uint8_t>(lead == 0xF0 ? 0x90 : 0x80),
                static_cast<std::uint8_t>(lead == 0xF4 ? 0x8F : 0xBF)};
    }
    return {0};
}

} // namespace

std::size_t utf8_character_bytes(std::string_view text) noexcept {
    if (text.empty()) {
        return 0;
    }
    const auto byte = [text](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
    const Sequence sequence = sequence_of(byte(0));
    if (sequence.bytes < 2) {
        return sequence.bytes;
    }
    if (text.size() < sequence.bytes || byte(1) < sequence.second_low || byte(1) > sequence.second_high) {
        return 0;
    }
    for (std::size_t i = 2; i < sequence.bytes; ++i) {
        if ((byte(i) & 0xC0U) != 0x80U) {
            return 0;
        }
    }
    return sequence.bytes;
}

void append_utf8(std::string& into, std::string_view text, std::size_t max_bytes) {
    const std::size_t end = into.size() + max_bytes;
    while (!text.empty()) {
        const std::size_t bytes = utf8_character_bytes(text);
        const std::string_view piece = bytes == 0 ? kReplacementCharacter : text.substr(0, bytes);
        if (into.size() + piece.size() > end) {
            return;
        }
        into += piece;
        text.remove_prefix(bytes == 0 ? 1 : bytes);
    }
}

} // namespace streaming::detail
