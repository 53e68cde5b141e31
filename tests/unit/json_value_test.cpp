#include "core/streaming/infrastructure/json_value.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <string>

#include "core/streaming/infrastructure/event_envelope.hpp"

namespace streaming {
namespace {

using nlohmann::json;

std::string text_of(const json& value) {
    std::string text;
    append_json(text, value, NotUtf8::replaced);
    return text;
}

TEST(JsonValue, IsWrittenAsItsDump) {
    for (const json& value : {json(),
                              json(true),
                              json(false),
                              json(0),
                              json(-7),
                              json(18446744073709551615U),
                              json(1.0),
                              json(-0.0),
                              json(0.1),
                              json(1e-7),
                              json(1e300),
                              json(1e14),
                              json(-1e-4),
                              json(9e-5),
                              json(100000.0),
                              json(std::numeric_limits<double>::infinity()),
                              json(std::nan("")),
                              json(""),
                              json("a"),
                              json::object(),
                              json::array(),
                              json{{"b", 1}, {"a", {1, "x", nullptr}}},
                              json{{"", json::array({json::object(), json::array()})}, {"q\"\n", "\\"}}}) {
        EXPECT_EQ(text_of(value), value.dump());
    }
}

TEST(JsonValue, NumbersReadBackAsThemselves) {
    std::mt19937_64 random(11); // the same numbers each time
    for (int round = 0; round < 100'000; ++round) {
        const std::uint64_t bits = random();
        const double number = std::bit_cast<double>(bits);
        if (std::isfinite(number)) {
            const json back = json::parse(text_of(number));
            ASSERT_TRUE(back.is_number_float() && back.get<double>() == number) << text_of(number);
        }
        // Prices, places and temperatures.
        const json usual = static_cast<double>(static_cast<std::int64_t>(bits % 20'000'000) - 10'000'000) / 1e4;
        ASSERT_EQ(text_of(usual), usual.dump());
        ASSERT_EQ(text_of(bits), json(bits).dump());
        ASSERT_EQ(text_of(static_cast<std::int64_t>(bits)), json(static_cast<std::int64_t>(bits)).dump());
    }
}

/// Texts are looked at eight bytes at a time: each byte stands at each place of a text of each length.
TEST(JsonValue, FindsEachByteAtEachPlaceOfAText) {
    for (std::size_t size = 1; size <= 20; ++size) {
        for (std::size_t at = 0; at < size; ++at) {
            for (unsigned byte = 0; byte < 256; ++byte) {
                std::string text(size, 'x');
                text[at] = static_cast<char>(byte);
                ASSERT_EQ(text_of(text), json(text).dump(-1, ' ', false, json::error_handler_t::replace))
                    << "byte " << byte << " at " << at << " of " << size;
            }
        }
    }
}

TEST(JsonValue, KeepsTextsOfOtherScripts) {
    for (const std::string text : {"Zürich, 25 °C", "火事 火事 火事", "\xF0\x9F\x94\xA5 fire \xF0\x9F\x94\xA5",
                                   "\x7F~ and \xC2\x80\xC2\x80\xC2\x80\xC2\x80", "12345678\"12345678\\12345678"}) {
        EXPECT_EQ(text_of(text), json(text).dump());
    }
}

TEST(JsonValue, WhatIsNoUtf8IsRefusedAsByDump) {
    for (const json& value : {json("\xFF"), json{{"a\x80z", 1}}, json::array({"a", json{{"b", "\xC3"}}})}) {
        std::string text;
        EXPECT_THROW(append_json(text, value), json::type_error);
    }
}

TEST(JsonValue, IsAppended) {
    std::string text = "before";
    append_json(text, {1, 2});
    EXPECT_EQ(text, "before[1,2]");
}

} // namespace
} // namespace streaming
