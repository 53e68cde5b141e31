#include "core/streaming/ingestion/queue_manager.hpp"

#include <gmock/gmock.h>

#include <thread>

#include "tests/support/queue_fixture.hpp"

namespace streaming {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using testing::UnorderedElementsAre;

using QueueManagerTest = QueueTest;

TEST_F(QueueManagerTest, TheHighestPriorityLeavesFirstAndOneOfThemAsItCame) {
    QueueManager queue(clock_, {});
    fill(queue, {"n1", "l1", "c1", "n2", "h1", "c2", "l2"});
    EXPECT_THAT(ids_of(queue.dequeue_batch(3)), ElementsAre("c1", "c2", "h1"));
    EXPECT_THAT(drain(queue), ElementsAre("n1", "n2", "l1", "l2"));
}

TEST_F(QueueManagerTest, WithoutPrioritiesAllLeaveAsTheyCame) {
    QueueManager queue(clock_, {.enable_priorities = false});
    fill(queue, {"n1", "l1", "c1"});
    EXPECT_THAT(drain(queue), ElementsAre("n1", "l1", "c1"));
}

TEST_F(QueueManagerTest, PrioritiesCanBeSwitchedWhileRecordsWait) {
    QueueManager queue(clock_, {});
    for (const char* id : {"n1", "l1", "c1", "n2"}) {
        fill(queue, {id});
        clock_.advance(1ms);
    }
    queue.configure({.enable_priorities = false});
    EXPECT_THAT(ids_of(queue.dequeue_batch(1)), ElementsAre("n1"));
    queue.configure({});
    EXPECT_THAT(drain(queue), ElementsAre("c1", "n2", "l1"));
}

TEST_F(QueueManagerTest, KeepsOrderOverManyRecords) {
    QueueManager queue(clock_, {});
    std::vector<std::string> expected;
    for (int number = 0; number < 1000; ++number) {
        expected.push_back("n" + std::to_string(number));
    }
    fill(queue, expected);
    std::vector<std::string> left;
    while (queue.size() > 0) {
        const auto batch = ids_of(queue.dequeue_batch(70));
        left.insert(left.end(), batch.begin(), batch.end());
    }
    EXPECT_EQ(left, expected);
}

TEST_F(QueueManagerTest, WhatIsPutBackLeavesFirstAndInOrder) {
    QueueManager queue(clock_, {.max_size = 4});
    fill(queue, {"n1", "n2", "c1"});
    auto batch = queue.dequeue_batch(3);
    fill(queue, {"n3", "c2", "n4", "n5"});
    queue.put_back(std::move(batch));
    EXPECT_EQ(queue.size(), 7U);
    expect_exact(queue.counts());
    EXPECT_THAT(drain(queue), ElementsAre("c1", "c2", "n1", "n2", "n3", "n4", "n5"));
}

TEST_F(QueueManagerTest, DequeueWaitsForAFullBatchOrItsTime) {
    QueueManager queue(clock_, {});
    fill(queue, {"n1"});
    std::vector<std::string> taken;
    {
        std::jthread consumer([&] { taken = ids_of(queue.dequeue_batch(3, 5s)); });
        ASSERT_TRUE(clock_.await_waiter());
        fill(queue, {"n2", "n3"});
    }
    EXPECT_THAT(taken, ElementsAre("n1", "n2", "n3"));
    {
        std::jthread consumer([&] { taken = ids_of(queue.dequeue_batch(3, 5s)); });
        ASSERT_TRUE(clock_.await_waiter());
        clock_.advance(5s);
    }
    EXPECT_THAT(taken, IsEmpty());
    EXPECT_THAT(queue.dequeue_batch(3), IsEmpty());
}

TEST_F(QueueManagerTest, AFullQueueIsEnoughForAnyBatch) {
    QueueManager queue(clock_, {.max_size = 2});
    fill(queue, {"n1", "n2"});
    EXPECT_EQ(queue.dequeue_batch(500, 1h).size(), 2U);
}

TEST_F(QueueManagerTest, AnInterruptEndsOneWaitEvenOneThatBeginsLater) {
    QueueManager queue(clock_, {});
    const auto begin = clock_.now();
    queue.interrupt();
    queue.wait(1, begin + 1h, {});
    {
        std::jthread drain([&] { queue.wait(QueueManager::kNoCount, begin + 1h, {}); });
        ASSERT_TRUE(clock_.await_waiter());
        fill(queue, {"n1"});
        queue.interrupt();
    }
    {
        std::jthread drain([&] { queue.wait(QueueManager::kNoCount, begin + 1h, {}); });
        ASSERT_TRUE(clock_.await_waiter());
        clock_.advance(1h);
    }
    queue.wait(1, begin + 2h, {}); // one record is there
    queue.close();
    queue.wait(5, begin + 2h, {});
}

TEST_F(QueueManagerTest, CountsSourcesAndPriorities) {
    QueueManager queue(clock_, {});
    for (const char* source : {"a", "b", "a", "a"}) {
        ASSERT_EQ(queue.enqueue({.source = source, .priority = Priority::high}), EnqueueOutcome::queued);
    }
    ASSERT_EQ(queue.enqueue({.source = "b", .priority = Priority::low}), EnqueueOutcome::queued);
    (void)queue.dequeue_batch(1);
    const QueueCounts counts = queue.counts();
    EXPECT_THAT(counts.enqueued_by_source, ElementsAre(Pair("a", 3U), Pair("b", 2U)));
    EXPECT_THAT(counts.size_by_priority, ElementsAre(0U, 3U, 0U, 1U));
    EXPECT_THAT(counts.drops, IsEmpty());
    expect_exact(counts);
}

TEST_F(QueueManagerTest, SourcesBeyondAHundredCountAsOneLabel) {
    QueueManager queue(clock_, {});
    for (int round = 0; round < 2; ++round) {
        for (int number = 0; number < 150; ++number) {
            ASSERT_EQ(queue.enqueue({.source = "source" + std::to_string(number)}), EnqueueOutcome::queued);
        }
    }
    const auto by_source = queue.counts().enqueued_by_source;
    EXPECT_EQ(by_source.size(), kMaxLabelValues + 1);
    EXPECT_EQ(by_source.at("source7"), 2U);
    EXPECT_EQ(by_source.at(std::string(kOtherLabel)), 100U);
}

TEST_F(QueueManagerTest, KnowsSinceWhenTheOldestWaits) {
    QueueManager queue(clock_, {});
    EXPECT_EQ(queue.oldest(), std::nullopt);
    const auto begin = clock_.now();
    fill(queue, {"l1"});
    clock_.advance(1s);
    fill(queue, {"c1"});
    EXPECT_EQ(queue.oldest(), begin);
}

} // namespace
} // namespace streaming
