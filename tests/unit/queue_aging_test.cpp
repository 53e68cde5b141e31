#include <gmock/gmock.h>

#include <map>
#include <optional>

#include "core/streaming/ingestion/queue_manager.hpp"
#include "tests/support/queue_fixture.hpp"

namespace streaming {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

using QueueAging = QueueTest;

TEST_F(QueueAging, ALongWaitingRecordIsOneOfEightAndNoMore) {
    QueueManager queue(clock_, {.max_wait = 10s});
    for (const char* id : {"l1", "n1", "l2"}) {
        fill(queue, {id});
        clock_.advance(1ms);
    }
    clock_.advance(10s);
    std::string order;
    for (int number = 0; number < 32; ++number) {
        fill(queue, {"c"});
        order += queue.dequeue_batch(1).front().id.front();
    }
    EXPECT_EQ(order,
              "ccccccclcccccccncccccccl" // the longest waiting first
              "cccccccc");
}

TEST_F(QueueAging, QuickUseKeepsStrictOrder) {
    QueueManager queue(clock_, {.max_wait = 10s});
    fill(queue, {"l1"});
    clock_.advance(10s);
    for (int number = 0; number < 100; ++number) {
        fill(queue, {"c"});
        EXPECT_THAT(ids_of(queue.dequeue_batch(1)), ElementsAre("c"));
    }
}

TEST_F(QueueAging, UnderAFloodOfCriticalRecordsEachLowerOneLeavesWithinTheBound) {
    constexpr auto kMaxWait = 100ms;
    QueueManager queue(clock_, {.max_size = 1'000'000, .max_wait = kMaxWait});
    struct Waiting {
        std::size_t ahead = 0; ///< p: longer-waiting records below critical
        Clock::steady_time since{};
        std::optional<std::size_t> departures_when_due{};
    };
    std::map<std::string, Waiting> waiting;
    std::size_t departures = 0;
    std::size_t lower = 0;
    for (int step = 0; step < 5000; ++step) {
        clock_.advance(1ms);
        fill(queue, {"c", "c", "c"}); // more than ever leave
        if (step % 3 == 0 && step < 4000) {
            const std::string id = std::string(1, "hnl"[step / 3 % 3]) + std::to_string(step);
            waiting[id] = {.ahead = waiting.size(), .since = clock_.now()};
            fill(queue, {id});
        }
        for (auto& [id, one] : waiting) {
            if (!one.departures_when_due && clock_.now() - one.since > kMaxWait) {
                one.departures_when_due = departures;
            }
        }
        for (const std::string& id : ids_of(queue.dequeue_batch(2))) {
            ++departures;
            if (const auto one = waiting.find(id); one != waiting.end()) {
                ASSERT_TRUE(one->second.departures_when_due)
                    << id << " left before critical ones without having waited";
                ASSERT_LE(departures - *one->second.departures_when_due, 8 * (one->second.ahead + 1)) << id;
                waiting.erase(one);
                ++lower;
            }
        }
    }
    EXPECT_EQ(lower, (departures - 200) / 8); // from the first that was due on
}

} // namespace
} // namespace streaming
