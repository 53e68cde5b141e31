#include "services/firms/decimal.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <string>

namespace services::firms {
namespace {

std::string text_of(double value) {
    std::string text;
    append_decimal(text, value);
    return text;
}

TEST(FirmsDecimal, IsWrittenAsFmtDoes) {
    for (const double value : {0.0,
                               -0.0,
                               1.0,
                               -1.0,
                               10.0,
                               300.5,
                               283.65,
                               -179.99999,
                               0.1,
                               0.00001,
                               0.00009,
                               0.0001,
                               0.00012,
                               -0.00012,
                               1e-7,
                               0.123456,
                               99999.99999,
                               999999999.99999,
                               1e9,
                               1e14,
                               1e15,
                               1e16,
                               1e300,
                               1.0 / 3,
                               100000.0,
                               std::nextafter(300.5, 301.0),
                               std::numeric_limits<double>::infinity(),
                               std::nan("")}) {
        EXPECT_EQ(text_of(value), fmt::format("{}", value));
    }
}

TEST(FirmsDecimal, IsWrittenAsFmtDoesWhateverTheNumber) {
    std::mt19937_64 random(7); // the same numbers each time
    for (int round = 0; round < 100'000; ++round) {
        const auto whole = static_cast<double>(static_cast<std::int64_t>(random() % 20'000'000'000'000U));
        const double scale = std::pow(10.0, static_cast<double>(random() % 9));
        const double value = (random() % 2 == 0 ? whole : -whole) / scale;
        ASSERT_EQ(text_of(value), fmt::format("{}", value));
    }
}

TEST(FirmsDecimal, IsAppended) {
    std::string text = "x";
    append_decimal(text, 1.5);
    EXPECT_EQ(text, "x1.5");
}

} // namespace
} // namespace services::firms
