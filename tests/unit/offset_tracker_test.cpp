#include "core/streaming/reliability/offset_tracker.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

namespace streaming {
namespace {

TEST(OffsetTracker, HasNothingToCommitAtFirst) {
    OffsetTracker tracker;
    EXPECT_EQ(tracker.committable(), -1);
    EXPECT_EQ(tracker.oldest_unfinished(), -1);
    tracker.push(7);
    EXPECT_EQ(tracker.committable(), -1);
    EXPECT_EQ(tracker.oldest_unfinished(), 7);
}

TEST(OffsetTracker, CommitsOnePastTheLastRecordBeforeTheFirstUnfinished) {
    OffsetTracker tracker;
    const auto first = tracker.push(10);
    const auto second = tracker.push(15); // compacted away: 11 to 14
    tracker.push(20);
    tracker.complete(second);
    EXPECT_EQ(tracker.committable(), -1);
    tracker.complete(first);
    EXPECT_EQ(tracker.committable(), 16);
    EXPECT_EQ(tracker.oldest_unfinished(), 20);
    EXPECT_EQ(tracker.unfinished(), 1U);
}

TEST(OffsetTracker, CountsACompletionOnce) {
    OffsetTracker tracker;
    tracker.push(1);
    const auto second = tracker.push(2);
    tracker.complete(second);
    tracker.complete(second);
    EXPECT_EQ(tracker.unfinished(), 1U);
    tracker.complete(99); // never pushed
    EXPECT_EQ(tracker.unfinished(), 1U);
}

TEST(OffsetTracker, GrowsWhileItIsFullAndHalfDone) {
    OffsetTracker tracker(64);
    std::vector<std::uint64_t> sequences;
    for (std::int64_t offset = 0; offset < 100; ++offset) { // the head stands in the middle of a word when it grows
        if (offset == 40) {
            std::ranges::for_each(sequences, [&](auto sequence) { tracker.complete(sequence); });
        }
        sequences.push_back(tracker.push(offset));
    }
    tracker.complete(sequences[41]);
    for (std::int64_t offset = 100; offset < 1000; ++offset) {
        sequences.push_back(tracker.push(offset));
    }
    EXPECT_EQ(tracker.committable(), 40);
    tracker.complete(sequences[40]);
    EXPECT_EQ(tracker.committable(), 42);
    for (std::size_t i = 42; i < 1000; ++i) {
        tracker.complete(sequences[i]);
    }
    EXPECT_EQ(tracker.committable(), 1000);
    EXPECT_EQ(tracker.unfinished(), 0U);
}

/// What the tracker has to be equal to, written for its meaning: unfinished offsets in a set.
struct Model {
    std::set<std::int64_t> unfinished{};
    std::set<std::int64_t> finished{};

    [[nodiscard]] std::int64_t committable() const {
        const auto before = unfinished.empty() ? finished.end() : finished.lower_bound(*unfinished.begin());
        return before == finished.begin() ? -1 : *std::prev(before) + 1;
    }
};

TEST(OffsetTracker, NeverCommitsPastAnUnfinishedRecord) {
    for (unsigned seed = 0; seed < 60; ++seed) {
        std::mt19937 random(seed);
        OffsetTracker tracker(1 + seed % 3 * 64);
        Model model;
        std::vector<std::pair<std::uint64_t, std::int64_t>> open;
        std::int64_t offset = random() % 1000;
        const std::size_t depth = 1U << (random() % 9U);
        for (int step = 0; step < 1500; ++step) {
            if (open.size() < depth && random() % 8U != 0) {
                offset += 1 + (random() % 4U == 0 ? random() % 50U : 0);
                open.emplace_back(tracker.push(offset), offset);
                model.unfinished.insert(offset);
            } else if (!open.empty()) {
                const std::size_t chosen = random() % open.size();
                std::swap(open[chosen], open.back());
                tracker.complete(open.back().first);
                model.unfinished.erase(open.back().second);
                model.finished.insert(open.back().second);
                open.pop_back();
            }
            ASSERT_EQ(tracker.committable(), model.committable()) << "seed " << seed << " step " << step;
            ASSERT_EQ(tracker.unfinished(), model.unfinished.size()) << "seed " << seed << " step " << step;
            ASSERT_EQ(tracker.oldest_unfinished(), model.unfinished.empty() ? -1 : *model.unfinished.begin());
        }
    }
}

TEST(OffsetTracker, PassesOffsetsWithoutRecordsOnceTheEndIsReached) {
    OffsetTracker tracker;
    tracker.reach(0); // an empty partition
    EXPECT_EQ(tracker.committable(), 0);
    const auto first = tracker.push(3);
    tracker.reach(6); // 4 and 5 are transaction markers
    EXPECT_EQ(tracker.committable(), 0);
    EXPECT_EQ(tracker.unfinished(), 1U);
    tracker.complete(first);
    EXPECT_EQ(tracker.committable(), 6);
    tracker.reach(6);
    EXPECT_EQ(tracker.committable(), 6);
}

} // namespace
} // namespace streaming
