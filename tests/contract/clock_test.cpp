#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <ostream>
#include <string>
#include <thread>

#include "core/streaming/infrastructure/platform.hpp"
#include "core/streaming/testing/fake_clock.hpp"

namespace streaming::contract {
namespace {

using namespace std::chrono_literals;

class ClockUnderTest {
public:
    virtual ~ClockUnderTest() = default;
    virtual Clock& clock() = 0;
    virtual void let_time_pass() {} ///< to the deadline of the thread that waits; real time does that alone
};

class FakeClockUnderTest final : public ClockUnderTest {
public:
    Clock& clock() override { return clock_; }
    void let_time_pass() override {
        EXPECT_TRUE(clock_.await_waiter());
        clock_.advance_to_next_deadline();
    }

private:
    fakes::FakeClock clock_{};
};

class RealClockUnderTest final : public ClockUnderTest {
public:
    Clock& clock() override { return real_platform().clock(); }
};

struct ClockFactory {
    std::string name{};
    std::function<std::unique_ptr<ClockUnderTest>()> make{};
    friend std::ostream& operator<<(std::ostream& out, const ClockFactory& factory) { return out << factory.name; }
};

class ClockContract : public ::testing::TestWithParam<ClockFactory> {
protected:
    Clock& clock() { return under_test_->clock(); }

    std::unique_ptr<ClockUnderTest> under_test_ = GetParam().make();
    std::mutex mutex_{};
    std::condition_variable_any changed_{};
};

TEST_P(ClockContract, TimeDoesNotGoBack) {
    const auto before = clock().now();
    EXPECT_GE(clock().now(), before);
}

TEST_P(ClockContract, ATimeInThePastIsNotWaitedFor) {
    std::unique_lock lock(mutex_);
    clock().wait_until(lock, changed_, clock().now() - 1h, {});
    EXPECT_TRUE(lock.owns_lock());
}

TEST_P(ClockContract, WaitsUntilTheTimeIsReached) {
    const auto deadline = clock().now() + 20ms;
    std::jthread waiter([&](const std::stop_token& stop) {
        std::unique_lock lock(mutex_);
        while (clock().now() < deadline) {
            clock().wait_until(lock, changed_, deadline, stop);
        }
    });
    under_test_->let_time_pass();
    waiter.join();
    EXPECT_GE(clock().now(), deadline);
}

TEST_P(ClockContract, StampsMoveWithTheTime) {
    const auto before = clock().system_now();
    const auto deadline = clock().now() + 20ms;
    std::jthread waiter([&](const std::stop_token& stop) {
        std::unique_lock lock(mutex_);
        while (clock().now() < deadline) {
            clock().wait_until(lock, changed_, deadline, stop);
        }
    });
    under_test_->let_time_pass();
    waiter.join();
    EXPECT_GT(clock().system_now(), before);
}

TEST_P(ClockContract, ANotificationEndsTheWaitWithTheLockHeld) {
    bool told = false;
    bool waiting = false;
    std::jthread waiter([&](const std::stop_token& stop) {
        std::unique_lock lock(mutex_);
        waiting = true;
        changed_.notify_all();
        while (!told) {
            clock().wait_until(lock, changed_, clock().now() + 1h, stop);
        }
        EXPECT_TRUE(lock.owns_lock());
    });
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return waiting; });
    told = true;
    lock.unlock();
    changed_.notify_all();
    waiter.join();
    EXPECT_TRUE(told);
}

TEST_P(ClockContract, AStopEndsTheWaitForEver) {
    std::jthread waiter([&](const std::stop_token& stop) {
        std::unique_lock lock(mutex_);
        while (!stop.stop_requested()) {
            clock().wait_until(lock, changed_, Clock::steady_time::max(), stop);
        }
    });
    waiter.request_stop();
    waiter.join();
    SUCCEED();
}

TEST_P(ClockContract, AStopThatCameBeforeIsSeen) {
    std::stop_source stop;
    stop.request_stop();
    std::unique_lock lock(mutex_);
    clock().wait_until(lock, changed_, clock().now() + 1h, stop.get_token());
    EXPECT_TRUE(lock.owns_lock());
}

INSTANTIATE_TEST_SUITE_P(
    , ClockContract,
    ::testing::Values(ClockFactory{.name = "Fake", .make = [] { return std::make_unique<FakeClockUnderTest>(); }},
                      ClockFactory{.name = "Real", .make = [] { return std::make_unique<RealClockUnderTest>(); }}),
    [](const auto& instance) { return instance.param.name; });

} // namespace
} // namespace streaming::contract
