#include "core/streaming/infrastructure/percent_decoding.hpp"

#include <gtest/gtest.h>

namespace streaming {
namespace {

TEST(PercentDecoding, DecodesEveryByte) {
    EXPECT_EQ(percent_decode("a%20b%2Fc%2f"), "a b/c/");
    EXPECT_EQ(percent_decode("%00%ff"), std::string("\0\xff", 2));
    EXPECT_EQ(percent_decode(""), "");
}

TEST(PercentDecoding, RefusesAHalfEscape) {
    for (const std::string_view text : {"%", "a%4", "%zz", "%4g", "%+1", "%%41"}) {
        EXPECT_EQ(percent_decode(text), std::nullopt) << text;
    }
}

} // namespace
} // namespace streaming
