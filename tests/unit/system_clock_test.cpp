#include "core/streaming/infrastructure/system_clock.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace streaming {
namespace {

using namespace std::chrono_literals;

class SystemClockTest : public ::testing::Test {
protected:
    void wait(Clock::steady_time until, std::stop_token stop = {}) {
        std::unique_lock lock(mutex);
        system_clock().wait_until(lock, changed, until, std::move(stop));
        EXPECT_TRUE(lock.owns_lock());
    }
    std::mutex mutex{};
    std::condition_variable_any changed{};
};

TEST_F(SystemClockTest, WaitsForTheTime) {
    const auto until = system_clock().now() + 5ms;
    wait(until);
    EXPECT_GE(system_clock().now(), until);
}

TEST_F(SystemClockTest, ReturnsAtOnceWhenTheTimeHasPassedOrAStopIsRequested) {
    wait(system_clock().now() - 1h);
    std::stop_source stop;
    stop.request_stop();
    wait(system_clock().now() + 1h, stop.get_token());
}

TEST_F(SystemClockTest, AStopEndsTheWait) {
    std::jthread waiter([this](const std::stop_token& stop) { wait(Clock::steady_time::max(), stop); });
    waiter.request_stop();
    waiter.join();
}

TEST_F(SystemClockTest, ANotificationEndsTheWait) {
    bool waiting = false;
    std::jthread waiter([&] {
        std::unique_lock lock(mutex);
        waiting = true;
        changed.notify_all();
        system_clock().wait_until(lock, changed, Clock::steady_time::max(), {});
    });
    {
        std::unique_lock lock(mutex);
        changed.wait(lock, [&] { return waiting; }); // from here on it holds no lock, so it waits
        changed.notify_all();
    }
    waiter.join();
}

} // namespace
} // namespace streaming
