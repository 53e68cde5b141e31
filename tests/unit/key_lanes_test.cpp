#include "core/streaming/orchestration/key_lanes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <vector>

namespace {

using streaming::detail::KeyLanes;

TEST(KeyLanes, AKeyStaysWithItsLaneWhileItHasRecordsInFlight) {
    KeyLanes lanes(4);
    const std::size_t lane = lanes.enter(7);
    for (std::uint64_t other = 100; other < 140; ++other) {
        (void)lanes.enter(other);
    }
    EXPECT_EQ(lanes.enter(7), lane);
    lanes.leave(7, lane);
    EXPECT_EQ(lanes.enter(7), lane);
}

TEST(KeyLanes, ANewKeyGoesWhereThereIsLeastToDo) {
    KeyLanes lanes(4);
    std::map<std::size_t, int> keys_of_lane;
    for (std::uint64_t key = 0; key < 40; ++key) {
        ++keys_of_lane[lanes.enter(key)];
    }
    EXPECT_THAT(keys_of_lane, testing::Each(testing::Field(&std::pair<const std::size_t, int>::second, 10)));
}

TEST(KeyLanes, AKeyMayMoveOnceAllItsRecordsAreComplete) {
    KeyLanes lanes(2);
    const std::size_t lane = lanes.enter(1);
    lanes.leave(1, lane);
    EXPECT_EQ(lanes.keys(), 0U);
    const std::size_t busy = lanes.enter(2);
    EXPECT_NE(lanes.enter(1), busy);
}

/// Against a plain map: keys of equal lanes, loads and what is in flight.
TEST(KeyLanes, KeepsItsBooksOverManyKeys) {
    std::mt19937 random(11);
    KeyLanes lanes(7);
    std::map<std::uint64_t, std::pair<std::size_t, int>> model; // key -> lane, records
    std::vector<std::uint64_t> in_flight;
    for (int step = 0; step < 50'000; ++step) {
        if (in_flight.empty() || random() % 5 < 3) {
            const std::uint64_t key = random() % 3000;
            const std::size_t lane = lanes.enter(key);
            auto& [known_lane, records] = model[key];
            if (records++ > 0) {
                ASSERT_EQ(lane, known_lane) << "step " << step;
            }
            known_lane = lane;
            in_flight.push_back(key);
        } else {
            std::swap(in_flight[random() % in_flight.size()], in_flight.back());
            const std::uint64_t key = in_flight.back();
            in_flight.pop_back();
            lanes.leave(key, model[key].first);
            if (--model[key].second == 0) {
                model.erase(key);
            }
        }
        ASSERT_EQ(lanes.keys(), model.size()) << "step " << step;
    }
}

} // namespace
