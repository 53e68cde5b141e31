#include "core/streaming/ingestion/token_bucket.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace streaming {
namespace {

using namespace std::chrono_literals;

constexpr Clock::steady_time kStart{1'000h};

TEST(TokenBucket, LetsABurstGoAndThenOneAnInterval) {
    TokenBucket bucket({.per_minute = 60, .burst = 3});
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(bucket.wait(kStart), 0s);
        EXPECT_LE(bucket.due(bucket.take(kStart)), kStart);
    }
    EXPECT_EQ(bucket.wait(kStart), 1s);
    EXPECT_EQ(bucket.due(bucket.take(kStart)), kStart + 1s);
    EXPECT_EQ(bucket.due(bucket.take(kStart)), kStart + 2s);
    EXPECT_EQ(bucket.wait(kStart + 500ms), 2500ms);
}

TEST(TokenBucket, APauseFillsItUpToTheBurst) {
    TokenBucket bucket({.per_minute = 60, .burst = 2});
    (void)bucket.take(kStart);
    (void)bucket.take(kStart);
    EXPECT_EQ(bucket.wait(kStart + 1s), 0s);
    (void)bucket.take(kStart + 1h);
    EXPECT_EQ(bucket.wait(kStart + 1h), 0s);
    (void)bucket.take(kStart + 1h);
    EXPECT_EQ(bucket.wait(kStart + 1h), 1s);
}

TEST(TokenBucket, EarlierTicketsAreDueEarlier) {
    TokenBucket bucket({.per_minute = 60, .burst = 1});
    const auto first = bucket.take(kStart);
    const auto second = bucket.take(kStart);
    const auto third = bucket.take(kStart);
    EXPECT_EQ(bucket.due(first), kStart);
    EXPECT_EQ(bucket.due(second), kStart + 1s);
    EXPECT_EQ(bucket.due(third), kStart + 2s);
}

TEST(TokenBucket, NoMinuteHasMoreThanRateAndBurst) {
    constexpr TokenBucket::Rate kRate{.per_minute = 7, .burst = 3};
    TokenBucket bucket(kRate);
    std::minstd_rand random(1);
    std::vector<Clock::steady_time> went;
    Clock::steady_time now = kStart;
    for (int i = 0; i < 5'000; ++i) {
        now += std::chrono::milliseconds(random() % 4 == 0 ? random() % 100'000 : random() % 100);
        now = std::max(now, bucket.due(bucket.take(now)));
        went.push_back(now);
    }
    for (std::size_t i = kRate.per_minute + kRate.burst; i < went.size(); ++i) {
        ASSERT_GE(went[i] - went[i - kRate.per_minute - kRate.burst], 1min) << i;
    }
    EXPECT_EQ(bucket.wait(now + 1h), 0s);
    TokenBucket asked_at_once(kRate);
    for (std::size_t i = 1; i < kRate.per_minute + kRate.burst; ++i) {
        (void)asked_at_once.take(kStart);
    }
    EXPECT_GE(asked_at_once.due(asked_at_once.take(kStart)), kStart + 1min) << "not even by a nanosecond";
}

TEST(TokenBucket, UnderDemandTheWholeRateIsUsed) {
    TokenBucket bucket({.per_minute = 5'000, .burst = 1});
    Clock::steady_time now = kStart;
    for (int i = 0; i < 50'001; ++i) {
        now = std::max(now, bucket.due(bucket.take(now)));
    }
    EXPECT_EQ(now - kStart, 10min);
}

TEST(TokenBucket, NewRateMovesWhoWaits) {
    TokenBucket bucket({.per_minute = 60, .burst = 1});
    (void)bucket.take(kStart);
    const auto second = bucket.take(kStart);
    const auto third = bucket.take(kStart);
    bucket.set_rate({.per_minute = 600, .burst = 1}, kStart);
    EXPECT_EQ(bucket.due(second), kStart + 100ms);
    EXPECT_EQ(bucket.due(third), kStart + 200ms);
    bucket.set_rate({.per_minute = 6, .burst = 1}, kStart);
    EXPECT_EQ(bucket.due(second), kStart + 10s);
    EXPECT_EQ(bucket.wait(kStart), 30s);
}

TEST(TokenBucket, NothingPerMinuteIsOnePerMinute) {
    TokenBucket bucket({.per_minute = 0, .burst = 0});
    EXPECT_EQ(bucket.due(bucket.take(kStart)), kStart);
    EXPECT_EQ(bucket.wait(kStart), 1min);
}

} // namespace
} // namespace streaming
