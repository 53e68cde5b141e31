#include "core/streaming/orchestration/lifecycle_coordinator.hpp"

#include <spdlog/logger.h>
#include <spdlog/sinks/null_sink.h>

#include <stdexcept>

#include "core/streaming/testing/fake_clock.hpp"

namespace {

using namespace streaming;
using testing::ElementsAre;

class LifecycleCoordinatorTest : public testing::Test {
protected:
    LifecycleCoordinator::Part part(const std::string& name, Status starts = {}) {
        return {.name = name,
                .start =
                    [this, name, starts](const std::stop_token&) {
                        calls_.push_back("start " + name);
                        return starts;
                    },
                .stop =
                    [this, name](Clock::steady_time deadline) {
                        calls_.push_back("stop " + name);
                        deadlines_.push_back(deadline - clock_.now());
                    }};
    }

    fakes::FakeClock clock_{};
    spdlog::logger log_{"test", std::make_shared<spdlog::sinks::null_sink_mt>()};
    LifecycleCoordinator lifecycle_{clock_, log_};
    std::vector<std::string> calls_{};
    std::vector<std::chrono::nanoseconds> deadlines_{};
};

TEST_F(LifecycleCoordinatorTest, StartsInOrderAndStopsInReverse) {
    lifecycle_.add(part("a"));
    lifecycle_.add(part("b"));
    ASSERT_TRUE(lifecycle_.start({}, std::chrono::seconds(1)).ok());
    lifecycle_.stop(std::chrono::seconds(25));
    EXPECT_THAT(calls_, ElementsAre("start a", "start b", "stop b", "stop a"));
    EXPECT_THAT(deadlines_, testing::Each(std::chrono::seconds(25)));
}

TEST_F(LifecycleCoordinatorTest, StopsWhatWasStartedWhenALaterPartFails) {
    lifecycle_.add(part("a"));
    lifecycle_.add(part("b", Error{.code = ErrorCode::unavailable, .message = "nobody there"}));
    lifecycle_.add(part("c"));
    const Status status = lifecycle_.start({}, std::chrono::seconds(1));
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.error().message, "b: nobody there");
    EXPECT_EQ(status.error().code, ErrorCode::unavailable);
    EXPECT_THAT(calls_, ElementsAre("start a", "start b", "stop a"));
}

TEST_F(LifecycleCoordinatorTest, APartThatThrowsIsAPartThatFailed) {
    lifecycle_.add(part("a"));
    lifecycle_.add({.name = "hook",
                    .start = [](const std::stop_token&) -> Status { throw std::runtime_error("refused"); },
                    .stop = [](Clock::steady_time) {}});
    EXPECT_EQ(lifecycle_.start({}, std::chrono::seconds(1)).error().message, "hook: refused");
    EXPECT_THAT(calls_, ElementsAre("start a", "stop a"));
}

TEST_F(LifecycleCoordinatorTest, StartsNothingMoreOnceAStopIsRequested) {
    std::stop_source stop;
    lifecycle_.add(part("a"));
    stop.request_stop();
    EXPECT_EQ(lifecycle_.start(stop.get_token(), std::chrono::seconds(1)).error().code, ErrorCode::stopped);
    EXPECT_TRUE(calls_.empty());
}

TEST_F(LifecycleCoordinatorTest, StopTwiceAndBeforeStartDoNothing) {
    lifecycle_.add(part("a"));
    lifecycle_.stop(std::chrono::seconds(1));
    EXPECT_TRUE(calls_.empty());
    ASSERT_TRUE(lifecycle_.start({}, std::chrono::seconds(1)).ok());
    lifecycle_.stop(std::chrono::seconds(1));
    lifecycle_.stop(std::chrono::seconds(1));
    EXPECT_THAT(calls_, ElementsAre("start a", "stop a"));
}

} // namespace
