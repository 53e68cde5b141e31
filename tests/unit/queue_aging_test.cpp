#include <gmock/gmock.h>

#include <atomic>
#include <map>
#include <optional>
#include <thread>

#include "core/streaming/ingestion/queue_manager.hpp"
#include "tests/support/queue_fixture.hpp"

namespace streaming {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

using QueueAging = QueueTest;

/// Time passes between any two looks at it, and waiting for any takes a millisecond.
class CreepingClock final : public Clock {
public:
    steady_time now() const noexcept override { return steady_time(std::chrono::milliseconds(++milliseconds_)); }
    system_time system_now() const noexcept override { return {}; }
    void wait_until(std::unique_lock<std::mutex>& lock, std::condition_variable_any& changed, steady_time time,
                    std::stop_token) override {
        if (time == steady_time::max()) {
            changed.wait(lock);
            return;
        }
        changed.wait_for(lock, 1ms);
    }

private:
    mutable std::atomic<int> milliseconds_{0};
};

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

TEST_F(QueueAging, NobodyIsLeftAtTheDoorWhenSomebodyHasWaitedLongBetweenTheLooksOfTwo) {
    constexpr std::size_t kEach = 500;
    constexpr std::size_t kProducers = 8;
    CreepingClock clock;
    QueueManager queue(clock, {.max_size = 1, .max_wait = 20ms});
    std::vector<std::jthread> producers;
    for (std::size_t producer = 0; producer < kProducers; ++producer) {
        producers.emplace_back([&, id = std::string(1, "chnl"[producer % 4])] {
            for (std::size_t i = 0; i < kEach; ++i) {
                (void)offer(queue, id);
            }
        });
    }
    std::size_t taken = 0;
    const auto guard = std::chrono::steady_clock::now() + 50s; // who is left there waits for ever
    while (taken < kProducers * kEach && std::chrono::steady_clock::now() < guard) {
        taken += queue.dequeue_batch(1).size();
        std::this_thread::yield();
    }
    queue.close();
    producers.clear();
    EXPECT_EQ(taken, kProducers * kEach);
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
