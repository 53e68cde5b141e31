#include <gmock/gmock.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <map>
#include <thread>

#include "core/streaming/ingestion/queue_manager.hpp"
#include "tests/support/queue_fixture.hpp"

namespace streaming {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

using QueueOverflow = QueueTest;

TEST_F(QueueOverflow, BlockKeepsAProducerWaitingUntilSomethingLeaves) {
    QueueManager queue(clock_, {.max_size = 2});
    fill(queue, {"n1", "n2"});
    EnqueueOutcome outcome = EnqueueOutcome::stopped;
    {
        std::jthread producer([&] { outcome = offer(queue, "n3"); });
        await_producers(queue, 1);
        EXPECT_EQ(queue.size(), 2U);
        EXPECT_THAT(ids_of(queue.dequeue_batch(1)), ElementsAre("n1"));
    }
    EXPECT_EQ(outcome, EnqueueOutcome::queued);
    EXPECT_THAT(drain(queue), ElementsAre("n2", "n3"));
}

TEST_F(QueueOverflow, AStopOrAClosedQueueLeavesTheRecordWithItsProducer) {
    QueueManager queue(clock_, {.max_size = 1});
    fill(queue, {"n1"});
    std::stop_source stop;
    stop.request_stop();
    IngestionRecord kept = record("n2");
    EXPECT_EQ(queue.enqueue(std::move(kept), stop.get_token()), EnqueueOutcome::stopped);
    EXPECT_EQ(kept.id, "n2"); // NOLINT(bugprone-use-after-move): what the outcome means
    queue.close();
    EXPECT_EQ(queue.enqueue(std::move(kept)), EnqueueOutcome::stopped);
    EXPECT_EQ(queue.counts().stopped, 2U);
    EXPECT_THAT(drain(queue), ElementsAre("n1"));
    EXPECT_THAT(settled_->ids, IsEmpty());
}

TEST_F(QueueOverflow, ClosingEndsTheWaitsOfProducers) {
    QueueManager queue(clock_, {.max_size = 1});
    fill(queue, {"n1"});
    EnqueueOutcome outcome = EnqueueOutcome::queued;
    {
        std::jthread producer([&] { outcome = offer(queue, "n2"); });
        await_producers(queue, 1);
        queue.close();
    }
    EXPECT_EQ(outcome, EnqueueOutcome::stopped);
}

TEST_F(QueueOverflow, AtTheDoorAHigherPriorityGoesFirst) {
    QueueManager queue(clock_, {.max_size = 1});
    fill(queue, {"n1"});
    std::jthread low([&] { EXPECT_EQ(offer(queue, "l1"), EnqueueOutcome::queued); });
    await_producers(queue, 1);
    std::jthread critical([&] { EXPECT_EQ(offer(queue, "c1"), EnqueueOutcome::queued); });
    await_producers(queue, 2);
    EXPECT_THAT(ids_of(queue.dequeue_batch(1)), ElementsAre("n1"));
    EXPECT_THAT(ids_of(queue.dequeue_batch(1, 1h)), ElementsAre("c1"));
    EXPECT_THAT(ids_of(queue.dequeue_batch(1, 1h)), ElementsAre("l1"));
}

TEST_F(QueueOverflow, NewcomersDoNotPassAHigherOneAtTheDoorNorOneThatWaitedLong) {
    QueueManager queue(clock_, {.max_bytes = 100, .max_wait = 10s});
    EXPECT_EQ(offer(queue, "n1", 40), EnqueueOutcome::queued);
    std::jthread large([&] { EXPECT_EQ(offer(queue, "h1", 80), EnqueueOutcome::queued); });
    await_producers(queue, 1);
    std::stop_source stop; // whoever cannot enter at once stops
    stop.request_stop();
    EXPECT_EQ(queue.enqueue(record("n2"), stop.get_token()), EnqueueOutcome::stopped);
    EXPECT_EQ(queue.enqueue(record("h2"), stop.get_token()), EnqueueOutcome::queued);
    clock_.advance(10s + 1ms);
    EXPECT_EQ(queue.enqueue(record("c1"), stop.get_token()), EnqueueOutcome::stopped);
    EXPECT_THAT(drain(queue), ElementsAre("h2", "n1"));
    EXPECT_THAT(ids_of(queue.dequeue_batch(1, 1h)), ElementsAre("h1"));
}

TEST_F(QueueOverflow, WhoWaitedForAnotherAtTheDoorEntersWhenThatOneGivesUp) {
    QueueManager queue(clock_, {.max_bytes = 100});
    EXPECT_EQ(offer(queue, "n1", 40), EnqueueOutcome::queued);
    std::stop_source stop;
    std::jthread large([&] { EXPECT_EQ(queue.enqueue(record("h1", 80), stop.get_token()), EnqueueOutcome::stopped); });
    await_producers(queue, 1);
    std::jthread low([&] { EXPECT_EQ(offer(queue, "l1"), EnqueueOutcome::queued); });
    await_producers(queue, 2);
    stop.request_stop();
    low.join();
    EXPECT_THAT(drain(queue), ElementsAre("n1", "l1"));
}

TEST_F(QueueOverflow, ABatchGoesInAsFarAsThereIsRoomAndTheRestStaysAtAStop) {
    QueueManager queue(clock_, {.max_size = 2});
    std::stop_source stop;
    stop.request_stop();
    std::vector<IngestionRecord> records;
    for (const char* id : {"n1", "n2", "n3", "n4", "n5"}) {
        records.push_back(record(id));
    }
    EXPECT_EQ(queue.enqueue_batch(records, stop.get_token()), 2U);
    EXPECT_THAT(ids_of(records), ElementsAre("n3", "n4", "n5"));
    const QueueCounts counts = queue.counts();
    EXPECT_EQ(counts.stopped, 3U);
    EXPECT_EQ(counts.offered(), 5U);
}

TEST_F(QueueOverflow, ABatchLargerThanTheQueueGoesInPieceByPiece) {
    QueueManager queue(clock_, {.max_size = 10});
    std::vector<IngestionRecord> records;
    for (int number = 0; number < 2000; ++number) {
        records.push_back(record("n" + std::to_string(number)));
    }
    const auto expected = ids_of(records);
    std::jthread producer([&] { EXPECT_EQ(queue.enqueue_batch(records), 2000U); });
    std::vector<std::string> left;
    while (left.size() < expected.size()) {
        queue.wait(1, Clock::steady_time::max(), {});
        const auto batch = ids_of(queue.dequeue_batch(7));
        left.insert(left.end(), batch.begin(), batch.end());
    }
    EXPECT_EQ(left, expected);
}

TEST_F(QueueOverflow, DropOldestDropsTheLowestFirstAndNeverAHigherOneThanTheNewcomer) {
    QueueManager queue(clock_, {.max_size = 3, .overflow_strategy = OverflowStrategy::drop_oldest});
    fill(queue, {"l1", "n1", "h1", "n2", "n3", "h2", "h3"});
    EXPECT_THAT(settled_->ids, ElementsAre("l1", "n1", "n2", "n3"));
    EXPECT_EQ(offer(queue, "n4"), EnqueueOutcome::dropped);
    EXPECT_EQ(settled_->ids.back(), "n4");
    const QueueCounts counts = queue.counts();
    EXPECT_EQ(counts.displaced, 4U);
    EXPECT_EQ(counts.refused, 1U);
    expect_exact(counts);
    EXPECT_THAT(counts.drops,
                UnorderedElementsAre(QueueDrops{"api", Priority::low, DropReason::overflow_oldest, 1},
                                     QueueDrops{"api", Priority::normal, DropReason::overflow_oldest, 4}));
    EXPECT_THAT(drain(queue), ElementsAre("h1", "h2", "h3"));
}

TEST_F(QueueOverflow, DropNewestDropsTheNewcomerUnlessLowerOnesWait) {
    QueueManager queue(clock_, {.max_size = 3, .overflow_strategy = OverflowStrategy::drop_newest});
    fill(queue, {"n1", "n2", "l1"});
    EXPECT_EQ(offer(queue, "l2"), EnqueueOutcome::dropped);
    fill(queue, {"n3", "c1"});
    EXPECT_EQ(offer(queue, "n4"), EnqueueOutcome::dropped);
    EXPECT_THAT(settled_->ids, ElementsAre("l2", "l1", "n3", "n4"));
    EXPECT_THAT(queue.counts().drops,
                UnorderedElementsAre(QueueDrops{"api", Priority::low, DropReason::overflow_newest, 2},
                                     QueueDrops{"api", Priority::normal, DropReason::overflow_newest, 2}));
    EXPECT_THAT(drain(queue), ElementsAre("c1", "n1", "n2"));
}

TEST_F(QueueOverflow, WithoutPrioritiesTheOldestOrTheNewcomerIsDropped) {
    QueueManager oldest(
        clock_, {.max_size = 2, .overflow_strategy = OverflowStrategy::drop_oldest, .enable_priorities = false});
    fill(oldest, {"c1", "l1", "l2"});
    EXPECT_THAT(drain(oldest), ElementsAre("l1", "l2"));
    QueueManager newest(
        clock_, {.max_size = 2, .overflow_strategy = OverflowStrategy::drop_newest, .enable_priorities = false});
    fill(newest, {"l1", "l2"});
    EXPECT_EQ(offer(newest, "c1"), EnqueueOutcome::dropped);
}

TEST_F(QueueOverflow, BytesAreABoundToo) {
    QueueManager queue(clock_, {.max_bytes = 100, .overflow_strategy = OverflowStrategy::drop_oldest});
    EXPECT_EQ(offer(queue, "n1", 40), EnqueueOutcome::queued);
    EXPECT_EQ(offer(queue, "n2", 40), EnqueueOutcome::queued);
    EXPECT_EQ(queue.bytes(), 90U); // id and source are 5
    EXPECT_FALSE(queue.is_full());
    EXPECT_EQ(offer(queue, "h1", 90), EnqueueOutcome::queued);
    EXPECT_THAT(settled_->ids, ElementsAre("n1", "n2"));
    EXPECT_EQ(offer(queue, "n3", 40), EnqueueOutcome::dropped);
    EXPECT_EQ(queue.bytes(), 95U);
    EXPECT_DOUBLE_EQ(queue.counts().utilization_percent(), 95.0);
    EXPECT_THAT(drain(queue), ElementsAre("h1"));
    EXPECT_EQ(queue.bytes(), 0U);
}

TEST_F(QueueOverflow, ARecordLargerThanAllEntersAnEmptyQueueOnly) {
    QueueManager queue(clock_, {.max_bytes = 100, .overflow_strategy = OverflowStrategy::drop_oldest});
    fill(queue, {"l1"});
    EXPECT_EQ(offer(queue, "c1", 200), EnqueueOutcome::dropped);
    EXPECT_THAT(drain(queue), ElementsAre("l1"));
    EXPECT_EQ(offer(queue, "c2", 200), EnqueueOutcome::queued);
    EXPECT_TRUE(queue.is_full());
    EXPECT_EQ(offer(queue, "n1"), EnqueueOutcome::dropped);
    EXPECT_EQ(offer(queue, "c3", 150), EnqueueOutcome::dropped);
    EXPECT_THAT(drain(queue), ElementsAre("c2"));
}

TEST_F(QueueOverflow, ASmallerBoundDropsNothingByItself) {
    QueueManager queue(clock_, {.max_size = 4});
    fill(queue, {"n1", "n2", "n3", "n4"});
    queue.configure({.max_size = 2, .overflow_strategy = OverflowStrategy::drop_oldest});
    EXPECT_EQ(queue.size(), 4U);
    EXPECT_DOUBLE_EQ(queue.counts().utilization_percent(), 200.0);
    fill(queue, {"n5"}); // takes the place of one
    EXPECT_THAT(drain(queue), ElementsAre("n2", "n3", "n4", "n5"));
}

TEST_F(QueueOverflow, ALargerBoundLetsWaitingProducersIn) {
    QueueManager queue(clock_, {.max_size = 1});
    fill(queue, {"n1"});
    {
        std::jthread producer([&] { EXPECT_EQ(offer(queue, "n2"), EnqueueOutcome::queued); });
        await_producers(queue, 1);
        queue.configure({.max_size = 2});
    }
    EXPECT_EQ(queue.size(), 2U);
}

/// Takes what was dropped, from many producers at once.
class DropTally final : public SettlementListener {
public:
    void on_settled(std::string_view, Settlement settlement) noexcept override {
        dropped += settlement == Settlement::dropped ? 1 : 1'000'000;
    }
    std::atomic<std::uint64_t> dropped{0};
};

/// How long the flood is, in units of 4800 records: for a look by hand at what a minute of it does to the memory.
std::size_t flood_length() {
    const char* const given = std::getenv("TRIBUTARY_FLOOD_LENGTH");
    return given == nullptr ? 1 : std::stoul(given);
}

/// Four producers bring ten times what the queue takes while one consumer takes a tenth of it.
class QueueFlood : public testing::TestWithParam<OverflowStrategy> {
protected:
    static constexpr std::size_t kSize = 480;
    static constexpr std::size_t kProducers = 4;
    const std::size_t length_ = flood_length();
    const std::size_t each_ = length_ * 10 * kSize / kProducers;

    void produce(std::size_t producer) {
        std::vector<IngestionRecord> portion;
        for (std::size_t number = 0; number < each_; ++number) {
            portion.push_back({.source = "source" + std::to_string(producer),
                               .key = std::to_string(producer),
                               .payload = std::to_string(number),
                               .priority = static_cast<Priority>(number % kPriorities),
                               .listener = drops_});
            if (number % 7 == 0) {
                queued_or_dropped_ += queue_.enqueue_batch(portion);
            }
        }
        queued_or_dropped_ += queue_.enqueue_batch(portion);
    }
    void check(const QueueCounts& counts) const {
        ASSERT_EQ(counts.enqueued, counts.dequeued + counts.displaced + counts.size);
        ASSERT_LE(counts.size, kSize);
        ASSERT_LE(counts.bytes, counts.max_bytes);
    }
    /// Those of one source and priority left in the order in which they were brought.
    void note(const IngestionRecord& record) {
        const std::int64_t number = std::stoll(record.payload);
        auto [last, first] = last_.try_emplace({record.source, record.priority}, number);
        if (!first) {
            ASSERT_LT(last->second, number);
            last->second = number;
        }
        ++taken_[static_cast<std::size_t>(record.priority)];
    }
    void take(std::size_t count) {
        for (const IngestionRecord& record : queue_.dequeue_batch(count)) {
            note(record);
        }
        check(queue_.counts());
    }

    fakes::FakeClock clock_;
    QueueManager queue_{clock_, {.max_size = kSize, .overflow_strategy = GetParam()}};
    std::shared_ptr<DropTally> drops_ = std::make_shared<DropTally>();
    std::atomic<std::uint64_t> queued_or_dropped_{0};
    std::map<std::pair<std::string, Priority>, std::int64_t> last_;
    std::array<std::uint64_t, kPriorities> taken_{};
};

TEST_P(QueueFlood, CountsExactlyKeepsItsBoundsAndDropsNoCriticalRecordBeforeLowerOnes) {
    {
        std::vector<std::jthread> producers;
        for (std::size_t producer = 0; producer < kProducers; ++producer) {
            producers.emplace_back([this, producer] { produce(producer); });
        }
        const bool all_must_leave = GetParam() == OverflowStrategy::block;
        while (queued_or_dropped_ < kProducers * each_) {
            take(all_must_leave || taken_[0] < length_ * kSize / 10 ? 10 : 0);
        }
    }
    take(kSize);
    const QueueCounts counts = queue_.counts();
    EXPECT_EQ(counts.size, 0U);
    EXPECT_EQ(counts.offered(), kProducers * each_);
    EXPECT_EQ(counts.dequeued + counts.dropped(), counts.offered());
    EXPECT_EQ(counts.dropped(), drops_->dropped);
    std::array<std::uint64_t, kPriorities> dropped{};
    for (const QueueDrops& drop : counts.drops) {
        dropped[static_cast<std::size_t>(drop.priority)] += drop.count;
    }
    for (std::size_t priority = 0; priority < kPriorities; ++priority) {
        EXPECT_EQ(taken_[priority] + dropped[priority], kProducers * each_ / kPriorities);
    }
    if (GetParam() == OverflowStrategy::block) {
        EXPECT_EQ(counts.dropped(), 0U);
    } else {
        // More critical records came than the queue takes: whatever waits at the end is critical.
        EXPECT_GE(taken_[0], kSize);
        EXPECT_GT(dropped[3], dropped[0]);
    }
}

std::string name_of(const testing::TestParamInfo<OverflowStrategy>& strategy) {
    constexpr std::array<const char*, 3> kNames{"Block", "DropOldest", "DropNewest"};
    return kNames[static_cast<std::size_t>(strategy.param)];
}

INSTANTIATE_TEST_SUITE_P(Each, QueueFlood,
                         testing::Values(OverflowStrategy::block, OverflowStrategy::drop_oldest,
                                         OverflowStrategy::drop_newest),
                         name_of);

/// One thread, so that what waits is known at each drop.
TEST_F(QueueOverflow, NothingIsDroppedWhileALowerOneWaits) {
    for (const OverflowStrategy strategy : {OverflowStrategy::drop_oldest, OverflowStrategy::drop_newest}) {
        QueueManager queue(clock_, {.max_size = 50, .overflow_strategy = strategy});
        std::uint32_t random = 7;
        for (int number = 0; number < 5000; ++number) {
            random = random * 1664525U + 1013904223U; // Knuth's, in Numerical Recipes
            settled_->ids.clear();
            (void)offer(queue, std::string(1, "chnl"[random >> 30U]) + std::to_string(number));
            if (!settled_->ids.empty()) {
                const auto dropped = std::string_view("chnl").find(settled_->ids.front().front());
                const auto waiting = queue.counts().size_by_priority;
                for (std::size_t lower = dropped + 1; lower < kPriorities; ++lower) {
                    ASSERT_EQ(waiting[lower], 0U) << settled_->ids.front();
                }
            }
            if (number % 20 == 0) {
                (void)queue.dequeue_batch(15);
            }
        }
        EXPECT_GT(queue.counts().dropped(), 1000U);
        expect_exact(queue.counts());
    }
}

} // namespace
} // namespace streaming
