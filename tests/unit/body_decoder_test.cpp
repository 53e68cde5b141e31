#include "core/streaming/infrastructure/body_decoder.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/support/compressed.hpp"

namespace streaming::detail {
namespace {

using Outcome = BodyDecoder::Outcome;

constexpr std::size_t kMost = 1'000'000;

struct Decoded {
    Outcome outcome = Outcome::ok;
    std::string body{};
    bool complete = false;
};

Decoded decode(std::string_view encoding, std::string_view bytes, std::size_t piece = 7, std::size_t most = kMost) {
    BodyDecoder decoder(encoding);
    Decoded decoded;
    while (!bytes.empty() && decoded.outcome == Outcome::ok) {
        const std::string_view next = bytes.substr(0, piece);
        decoded.outcome = decoder.add(next, decoded.body, most);
        bytes.remove_prefix(next.size());
    }
    decoded.complete = decoder.complete();
    return decoded;
}

std::string some_text() {
    std::string text;
    for (int line = 0; line < 3000; ++line) {
        text += std::to_string(line * 7919 % 10007) + (line % 3 == 0 ? ",high\n" : ",low\n");
    }
    return text;
}

struct Case {
    const char* encoding;
    std::string bytes;
};

std::vector<Case> cases_of(const std::string& text) {
    return {{"gzip", testing_support::gzip(text)},
            {"X-GZip", testing_support::gzip(text)},
            {"deflate", testing_support::zlib_deflate(text)},
            {"deflate", testing_support::bare_deflate(text)}};
}

TEST(BodyDecoder, DecodesWhateverThePieces) {
    for (const std::string& text : {std::string(), std::string("a"), some_text()}) {
        for (const auto& [encoding, bytes] : cases_of(text)) {
            for (const std::size_t piece : {std::size_t{1}, std::size_t{2}, std::size_t{1000}, bytes.size()}) {
                const Decoded decoded = decode(encoding, bytes, piece);
                EXPECT_EQ(decoded.outcome, Outcome::ok) << encoding;
                EXPECT_TRUE(decoded.complete) << encoding;
                EXPECT_EQ(decoded.body, text) << encoding;
            }
        }
    }
}

TEST(BodyDecoder, WhatIsCutOffAnywhereIsNotComplete) {
    for (const auto& [encoding, bytes] : cases_of("id,v\nr1,100000\nr2,100007\nr3,100014\n")) {
        for (std::size_t size = 1; size < bytes.size(); ++size) {
            const Decoded decoded = decode(encoding, bytes.substr(0, size));
            EXPECT_FALSE(decoded.outcome == Outcome::ok && decoded.complete) << encoding << " of " << size << " bytes";
        }
    }
}

TEST(BodyDecoder, AGzipMayHaveSeveralMembersAndPadding) {
    const std::string two = testing_support::gzip("one,") + testing_support::gzip("two");
    EXPECT_EQ(decode("gzip", two).body, "one,two");
    EXPECT_TRUE(decode("gzip", two).complete);
    EXPECT_FALSE(decode("gzip", two.substr(0, two.size() - 3)).complete);
    const Decoded padded = decode("gzip", two + std::string(20, '\0'));
    EXPECT_EQ(padded.outcome, Outcome::ok);
    EXPECT_TRUE(padded.complete);
    EXPECT_EQ(padded.body, "one,two");
}

TEST(BodyDecoder, ARefusedByteIsMalformed) {
    std::string bytes = testing_support::gzip(some_text());
    for (const std::size_t at : {std::size_t{0}, bytes.size() / 2, bytes.size() - 6, bytes.size() - 1}) {
        std::string broken = bytes;
        broken[at] = static_cast<char>(broken[at] ^ 0x55);
        EXPECT_EQ(decode("gzip", broken).outcome, Outcome::malformed) << "byte " << at;
    }
    EXPECT_EQ(decode("br", "x").outcome, Outcome::malformed);
    EXPECT_EQ(decode("gzip, gzip", "x").outcome, Outcome::malformed);
}

TEST(BodyDecoder, CountsWhatComesOut) {
    const std::string text = some_text();
    for (const auto& [encoding, bytes] : cases_of(text)) {
        EXPECT_EQ(decode(encoding, bytes, 1000, text.size()).outcome, Outcome::ok);
        const Decoded over = decode(encoding, bytes, 1000, text.size() - 1);
        EXPECT_EQ(over.outcome, Outcome::too_large);
        EXPECT_LT(over.body.size(), text.size());
    }
    EXPECT_EQ(decode("", "abc", 1, 3).outcome, Outcome::ok);
    EXPECT_EQ(decode("identity", "abc", 1, 2).outcome, Outcome::too_large);
}

TEST(BodyDecoder, WithoutAnEncodingTheBytesAreTheBody) {
    const Decoded decoded = decode("", "\x1F\x8B plain");
    EXPECT_EQ(decoded.body, "\x1F\x8B plain");
    EXPECT_TRUE(decoded.complete);
    EXPECT_TRUE(BodyDecoder("gzip").complete()) << "of an answer without a body";
    EXPECT_EQ(decode("Identity, none", "abc").body, "abc");
    EXPECT_EQ(decode("identity, GZIP", testing_support::gzip("abc")).body, "abc");
}

} // namespace
} // namespace streaming::detail
