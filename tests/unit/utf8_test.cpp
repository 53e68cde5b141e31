#include "core/streaming/reliability/utf8.hpp"

#include <gtest/gtest.h>

namespace streaming::detail {
namespace {

std::string cleaned(std::string_view text, std::size_t max_bytes = 1000) {
    std::string into("<");
    append_utf8(into, text, max_bytes);
    return into.substr(1);
}

TEST(Utf8, KeepsValidText) {
    EXPECT_EQ(cleaned("a\xC3\xA4\xE2\x82\xAC\xF0\x9F\x8C\xA7"), "a\xC3\xA4\xE2\x82\xAC\xF0\x9F\x8C\xA7");
}

TEST(Utf8, ReplacesEachInvalidByte) {
    const std::string bad(kReplacementCharacter);
    EXPECT_EQ(cleaned("a\xFFz"), "a" + bad + "z");
    EXPECT_EQ(cleaned("\xC0\xAF"), bad + bad);                     // overlong
    EXPECT_EQ(cleaned("\xED\xA0\x80"), bad + bad + bad);           // a surrogate
    EXPECT_EQ(cleaned("\xF4\x90\x80\x80"), bad + bad + bad + bad); // above U+10FFFF
    EXPECT_EQ(cleaned("\xE2\x82"), bad + bad);                     // cut off
}

TEST(Utf8, CutsBetweenCharacters) {
    EXPECT_EQ(cleaned("\xE2\x82\xAC\xE2\x82\xAC", 5), "\xE2\x82\xAC");
    EXPECT_EQ(cleaned("abc", 0), "");
}

} // namespace
} // namespace streaming::detail
