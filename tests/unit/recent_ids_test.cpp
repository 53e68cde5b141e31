#include "core/streaming/reliability/recent_ids.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <random>

namespace streaming {
namespace {

IdFingerprint id(std::uint64_t number) { return fingerprint(std::to_string(number)); }

TEST(RecentIds, KnowsOnlyWhatWasInserted) {
    RecentIds recent(10);
    recent.insert(id(1), 5);
    EXPECT_TRUE(recent.contains(id(1), 5));
    EXPECT_FALSE(recent.contains(id(2), 5));
}

TEST(RecentIds, ForgetsWhatWasMarkedBeforeTheOldestBucket) {
    RecentIds recent(10);
    recent.insert(id(1), 5);
    EXPECT_FALSE(recent.contains(id(1), 6));
    recent.insert(id(1), 6);
    EXPECT_TRUE(recent.contains(id(1), 6));
    EXPECT_EQ(recent.size(), 1U);
}

TEST(RecentIds, TheOldestGoesFirst) {
    RecentIds recent(3);
    for (std::uint64_t number = 1; number <= 4; ++number) {
        recent.insert(id(number), 0);
    }
    EXPECT_FALSE(recent.contains(id(1), 0));
    EXPECT_TRUE(recent.contains(id(2), 0));
    EXPECT_EQ(recent.size(), 3U);
}

TEST(RecentIds, OneThatWasAskedForOutlivesOneThatWasNot) {
    RecentIds recent(3);
    for (std::uint64_t number = 1; number <= 3; ++number) {
        recent.insert(id(number), 0);
    }
    EXPECT_TRUE(recent.contains(id(1), 0));
    recent.insert(id(4), 0);
    EXPECT_TRUE(recent.contains(id(1), 0));
    EXPECT_FALSE(recent.contains(id(2), 0));
}

TEST(RecentIds, HoldsOneIdAtLeast) {
    RecentIds recent(0);
    recent.insert(id(1), 0);
    recent.insert(id(2), 0);
    EXPECT_TRUE(recent.contains(id(2), 0));
    EXPECT_FALSE(recent.contains(id(1), 0));
}

TEST(RecentIds, TellsIdsApartThatShareHalfOfTheHash) {
    RecentIds recent(10);
    recent.insert({.low = 7, .high = 1}, 0);
    EXPECT_FALSE(recent.contains({.low = 7, .high = 2}, 0));
    EXPECT_FALSE(recent.contains({.low = 7 + (std::uint64_t{1} << 32U), .high = 1}, 0));
    EXPECT_TRUE(recent.contains({.low = 7, .high = 1}, 0));
}

TEST(RecentIds, FindsEveryIdThroughManyEvictionsInCrowdedSlots) {
    constexpr std::size_t kCapacity = 64;
    RecentIds recent(kCapacity);
    std::deque<IdFingerprint> kept;
    std::mt19937_64 random(1);
    for (int i = 0; i < 20'000; ++i) {
        // Few different homes, so that runs of slots are long and wrap around.
        const IdFingerprint next{.low = random() % 8U == 0 ? 127U : random() % 6U, .high = random()};
        recent.insert(next, 0);
        kept.push_back(next);
        if (kept.size() > kCapacity) {
            ASSERT_FALSE(recent.contains(kept.front(), 1)); // asked about a later bucket: leaves the turn as it is
            kept.pop_front();
        }
        if (i % 997 == 0) {
            RecentIds copy = recent;
            for (const IdFingerprint& known : kept) {
                ASSERT_TRUE(copy.contains(known, 0)) << i;
            }
        }
    }
}

TEST(RecentIds, FindsEveryIdWhileTheIndexGrows) {
    constexpr std::uint64_t kIds = 5000;
    RecentIds recent(kIds);
    for (std::uint64_t number = 1; number <= kIds; ++number) {
        recent.insert(id(number), 0);
        ASSERT_TRUE(recent.contains(id(1), 0)) << number;
        ASSERT_TRUE(recent.contains(id(number / 2 + 1), 0)) << number;
    }
    EXPECT_EQ(recent.size(), kIds);
    EXPECT_FALSE(recent.contains(id(kIds + 1), 0));
}

TEST(Fingerprint, TellsIdsWithNulApart) {
    using namespace std::string_view_literals;
    EXPECT_EQ(fingerprint("a"), fingerprint("a"));
    EXPECT_NE(fingerprint("a\0b"sv), fingerprint("a\0c"sv));
    EXPECT_NE(fingerprint("a\0"sv), fingerprint("a"));
}

} // namespace
} // namespace streaming
