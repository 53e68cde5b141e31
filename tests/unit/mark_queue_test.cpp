#include "core/streaming/reliability/mark_queue.hpp"

#include <gmock/gmock.h>

namespace streaming {
namespace {

std::vector<std::string> listed(const MarkQueue& queue) {
    std::vector<std::string_view> views;
    queue.list(views);
    return {views.begin(), views.end()};
}

TEST(MarkQueue, ListsWhatWasAddedInOrder) {
    MarkQueue queue;
    queue.add("a");
    queue.add(std::string_view("\0b", 2));
    EXPECT_THAT(listed(queue), testing::ElementsAre("a", std::string("\0b", 2)));
    EXPECT_EQ(queue.size(), 2U);
}

TEST(MarkQueue, DropsTheOldest) {
    MarkQueue queue;
    queue.add("long one");
    queue.add("b");
    queue.add("c");
    queue.drop_oldest(2);
    EXPECT_THAT(listed(queue), testing::ElementsAre("c"));
    queue.drop_oldest(5);
    EXPECT_TRUE(queue.empty());
}

TEST(MarkQueue, AppendsWhatAnotherHoldsAndEmptiesIt) {
    MarkQueue queue;
    MarkQueue later;
    queue.add("a");
    later.add("b");
    queue.append(later);
    EXPECT_THAT(listed(queue), testing::ElementsAre("a", "b"));
    EXPECT_TRUE(later.empty());
}

} // namespace
} // namespace streaming
