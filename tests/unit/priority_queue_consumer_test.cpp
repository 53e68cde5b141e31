#include "core/streaming/ingestion/priority_queue_consumer.hpp"

#include <gmock/gmock.h>

#include <stdexcept>
#include <thread>

#include "core/streaming/testing/fake_clock.hpp"

namespace streaming {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

class PriorityQueueConsumerTest : public testing::Test {
protected:
    void offer(const std::string& id, Priority priority = Priority::normal) {
        ASSERT_EQ(queue_.enqueue({.id = id, .priority = priority}), EnqueueOutcome::queued);
    }
    void handle(std::vector<IngestionRecord>& records) {
        for (const IngestionRecord& record : records) {
            handled_.push_back(record.id);
        }
        if (failures_ > 0) {
            --failures_;
            throw std::runtime_error("no");
        }
    }

    fakes::FakeClock clock_;
    QueueManager queue_{clock_, {}};
    std::vector<std::string> handled_;
    int failures_ = 0;
    PriorityQueueConsumer consumer_{queue_,
                                    {.batch_size = 3, .batch_interval = 5s},
                                    [this](std::vector<IngestionRecord>& records) { handle(records); }};
};

TEST_F(PriorityQueueConsumerTest, HandsOverAFullBatchAtOnce) {
    for (const char* id : {"a", "b", "c", "d"}) {
        offer(id);
    }
    EXPECT_EQ(consumer_.run_once(), 3U);
    EXPECT_THAT(handled_, ElementsAre("a", "b", "c"));
    EXPECT_EQ(queue_.size(), 1U);
}

TEST_F(PriorityQueueConsumerTest, HandsOverASmallerBatchAfterTheInterval) {
    offer("a");
    std::size_t size = 0;
    {
        std::jthread consumer([&] { size = consumer_.run_once(); });
        ASSERT_TRUE(clock_.await_waiter());
        clock_.advance(5s);
    }
    EXPECT_EQ(size, 1U);
    EXPECT_THAT(handled_, ElementsAre("a"));
}

TEST_F(PriorityQueueConsumerTest, CallsNobodyWhenThereIsNothing) {
    queue_.close();
    EXPECT_EQ(consumer_.run_once(), 0U);
    EXPECT_THAT(handled_, IsEmpty());
}

TEST_F(PriorityQueueConsumerTest, AStopHandsOverWhatIsThere) {
    offer("a");
    std::stop_source stop;
    stop.request_stop();
    EXPECT_EQ(consumer_.run_once(stop.get_token()), 1U);
}

TEST_F(PriorityQueueConsumerTest, PutsBackInFrontAndInOrderWhatItsFunctionFailedOn) {
    for (const char* id : {"a", "b", "c", "d"}) {
        offer(id);
    }
    offer("urgent", Priority::critical);
    failures_ = 1;
    EXPECT_THROW(consumer_.run_once(), std::runtime_error);
    EXPECT_EQ(queue_.size(), 5U);
    EXPECT_EQ(queue_.counts().dequeued, 0U);
    handled_.clear();

    EXPECT_EQ(consumer_.run_once(), 3U);
    queue_.close();
    EXPECT_EQ(consumer_.run_once(), 2U);
    EXPECT_THAT(handled_, ElementsAre("urgent", "a", "b", "c", "d"));
}

} // namespace
} // namespace streaming
