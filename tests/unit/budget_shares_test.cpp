#include "core/streaming/ingestion/budget_shares.hpp"

#include <gtest/gtest.h>

namespace {

using namespace std::chrono_literals;
using namespace streaming;

/// What the store refused was not spent: it costs no share, and none of what others leave unused.
TEST(BudgetShares, WhatIsTakenBackCostsNothing) {
    BudgetShares shares(100, 600s);
    const Clock::steady_time now{1000s};
    const auto one = shares.join(1, now);
    const auto other = shares.join(1, now);
    EXPECT_TRUE(shares.spend(other, {.amount = 1}, 100, now).granted);
    for (int i = 0; i < 49; ++i) {
        EXPECT_TRUE(shares.spend(one, {.amount = 1}, 100, now).granted);
    }
    const auto before = shares.spend(one, {.amount = 5}, 100, now + 300s);
    ASSERT_TRUE(before.granted) << "lent: the other has hardly asked for anything";
    shares.take_back(one, {.amount = 5});
    for (int i = 0; i < 40; ++i) {
        const auto again = shares.spend(one, {.amount = 5}, 100, now + 300s);
        ASSERT_TRUE(again.granted) << i;
        shares.take_back(one, {.amount = 5});
    }
}

} // namespace
