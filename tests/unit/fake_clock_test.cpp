#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "core/streaming/testing/fake_clock.hpp"

namespace streaming::fakes {
namespace {

using namespace std::chrono_literals;

/// A thread that waits on the clock until the deadline or a stop, and then says so.
class Sleeper {
public:
    Sleeper(FakeClock& clock, Clock::steady_time deadline)
        : clock_(clock), thread_([this, deadline](const std::stop_token& stop) { sleep(deadline, stop); }) {}
    void join() { thread_.join(); }
    void request_stop() { thread_.request_stop(); }
    void notify() {
        { const std::lock_guard lock(mutex_); }
        changed_.notify_all();
    }
    [[nodiscard]] int waits() const { return waits_; }

private:
    void sleep(Clock::steady_time deadline, const std::stop_token& stop) {
        std::unique_lock lock(mutex_);
        while (clock_.now() < deadline && !stop.stop_requested()) {
            clock_.wait_until(lock, changed_, deadline, stop);
            ++waits_;
        }
    }

    FakeClock& clock_;
    std::mutex mutex_{};
    std::condition_variable_any changed_{};
    std::atomic<int> waits_{0};
    std::jthread thread_;
};

TEST(FakeClock, StandsStillUntilItIsMoved) {
    FakeClock clock;
    const auto steady = clock.now();
    const auto system = clock.system_now();
    clock.advance(1500ms);
    EXPECT_EQ(clock.now() - steady, 1500ms);
    EXPECT_EQ(clock.system_now() - system, 1500ms);
}

TEST(FakeClock, AdvanceWakesWhoseDeadlineIsReached) {
    FakeClock clock;
    Sleeper sleeper(clock, clock.now() + 30s);
    ASSERT_TRUE(clock.await_waiter());
    clock.advance(29s);
    EXPECT_EQ(clock.waiters(), 1U);
    clock.advance(1s);
    sleeper.join();
    EXPECT_EQ(sleeper.waits(), 1);
    EXPECT_EQ(clock.waiters(), 0U);
}

TEST(FakeClock, AdvancesToTheNextDeadlineOnly) {
    FakeClock clock;
    const auto start = clock.now();
    EXPECT_FALSE(clock.advance_to_next_deadline());
    Sleeper late(clock, start + 20s);
    ASSERT_TRUE(clock.await_waiter());
    EXPECT_TRUE(clock.advance_to_next_deadline());
    EXPECT_EQ(clock.now() - start, 20s);
    late.join();
}

TEST(FakeClock, DoesNotPassAThreadThatHasJustBeenWoken) {
    FakeClock clock;
    std::mutex mutex;
    std::condition_variable_any changed;
    std::atomic<bool> returned{false};
    std::jthread waiter([&](const std::stop_token& stop) {
        std::unique_lock lock(mutex);
        clock.wait_until(lock, changed, clock.now() + 1s, stop);
        returned = true;
    });
    ASSERT_TRUE(clock.await_waiter());
    // A listener runs when the waiter was notified; that has at most left its wait by then, and then there is no
    // deadline.
    clock.on_advance([&] { EXPECT_FALSE(clock.advance_to_next_deadline()); });
    EXPECT_TRUE(clock.advance_to_next_deadline());
    waiter.join();
    EXPECT_TRUE(returned);
}

TEST(FakeClock, StopEndsAWait) {
    FakeClock clock;
    Sleeper sleeper(clock, clock.now() + 30s);
    ASSERT_TRUE(clock.await_waiter());
    sleeper.request_stop();
    sleeper.join();
    EXPECT_EQ(clock.waiters(), 0U);
}

TEST(FakeClock, WaitingForEverIsNoDeadline) {
    FakeClock clock;
    Sleeper sleeper(clock, Clock::steady_time::max());
    EXPECT_EQ(clock.waiters(), 0U);
    EXPECT_FALSE(clock.advance_to_next_deadline());
    sleeper.request_stop();
    sleeper.join();
}

TEST(FakeClock, ManyThreadsLoseNoWakeUp) {
    FakeClock clock;
    constexpr int kRounds = 200;
    std::atomic<int> rounds{0};
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&clock, &rounds] {
            std::mutex mutex;
            std::condition_variable_any changed;
            std::unique_lock lock(mutex);
            for (int round = 0; round < kRounds; ++round) {
                const auto deadline = clock.now() + 10ms;
                while (clock.now() < deadline) {
                    clock.wait_until(lock, changed, deadline, {});
                }
                ++rounds;
            }
        });
    }
    while (rounds < 4 * kRounds) {
        if (!clock.advance_to_next_deadline()) {
            std::this_thread::yield();
        }
    }
    threads.clear();
    EXPECT_EQ(rounds, 4 * kRounds);
}

} // namespace
} // namespace streaming::fakes
