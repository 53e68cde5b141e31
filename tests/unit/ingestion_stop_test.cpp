#include <condition_variable>
#include <future>
#include <mutex>

#include "core/streaming/orchestration/periodic_work.hpp"
#include "core/streaming/testing/fake_platform.hpp"
#include "tests/support/stream_manager_fixture.hpp"

namespace {

using namespace streaming;
using namespace std::chrono_literals;

/// Holds back whoever passes until it is opened.
class Barrier {
public:
    void pass() {
        std::unique_lock lock(mutex_);
        here_ = true;
        changed_.notify_all();
        changed_.wait(lock, [this] { return open_; });
    }
    void await() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return here_; });
    }
    void open() {
        const std::scoped_lock lock(mutex_);
        open_ = true;
        changed_.notify_all();
    }

private:
    std::mutex mutex_{};
    std::condition_variable changed_{};
    bool here_ = false;
    bool open_ = false;
};

/// Lets time go by until it is done; returns how much did.
template <class T>
std::chrono::nanoseconds time_until(std::future<T>& done, fakes::FakeClock& clock) {
    const auto began = clock.now();
    while (done.wait_for(50ms) != std::future_status::ready) { // what goes on is not overtaken by time
        (void)clock.advance_to_next_deadline();
    }
    return clock.now() - began;
}

TEST(PeriodicWork, AStopDoesNotWaitForeverForWorkThatHangs) {
    fakes::FakeClock clock;
    Barrier barrier;
    bool last_done = false;
    {
        detail::PeriodicWork work(
            clock,
            [&](const std::stop_token&) {
                barrier.pass();
                return Clock::steady_time::max();
            },
            [&] { last_done = true; });
        work.start();
        barrier.await();
        auto stopped = std::async(std::launch::async, [&] { return work.stop(clock.now() + 5s); });
        EXPECT_EQ(time_until(stopped, clock), 5s);
        EXPECT_FALSE(stopped.get());
        barrier.open();
    }
    EXPECT_TRUE(last_done);
}

TEST(PeriodicWork, DoesItsLastWorkWhenItIsStopped) {
    fakes::FakeClock clock;
    int done = 0;
    detail::PeriodicWork work(
        clock, [](const std::stop_token&) { return Clock::steady_time::max(); }, [&] { ++done; });
    work.start();
    EXPECT_TRUE(work.stop(clock.now() + 5s));
    EXPECT_EQ(done, 1);
    EXPECT_TRUE(work.stop(clock.now()));
}

/// A connector the end of which hangs, as a store that does not answer does.
class Endless final : public Connector {
public:
    explicit Endless(Barrier& barrier) : barrier_(barrier) {}
    Result<Response> fetch(const Request&) override { return Response{.status = Response::kNothing}; }
    void end() noexcept override { barrier_.pass(); }

private:
    Barrier& barrier_;
};

class IngestionStop : public tests::StreamManagerFixture {};

TEST_F(IngestionStop, EndsInTimeAlthoughOneSourceHangsAndTheOthersAreSent) {
    Barrier barrier;
    Settings settings = settings_with("sensors", web_source());
    settings.ingestion.sources["endless"] = web_source();
    answer(R"([{"id": "a"}])");
    StreamManager& streams = manager(std::move(settings));
    ASSERT_TRUE(streams.start_stream("endless", std::make_unique<Endless>(barrier)).ok());
    ASSERT_TRUE(streams.start_stream("sensors").ok());
    await_records("readings", 1);
    await_idle();
    answer(R"([{"id": "b"}])");
    platform_.broker().hold_acks();
    platform_.clock().advance(31s);
    await_records("readings", 2);
    auto stopped = std::async(std::launch::async, [&] { return streams.stop(); });
    barrier.await();
    platform_.broker().release_acks();
    EXPECT_LE(time_until(stopped, platform_.clock()), 26s);
    EXPECT_EQ(stopped.get(), 1U) << "the one that hangs";
    EXPECT_EQ(streams.get_metrics()["flows"]["sensors"]["handled"], 2);
    barrier.open();
}

TEST_F(IngestionStop, AStreamThatWasStoppedWhileTheBrokerWasAwayStillSettles) {
    Settings settings = settings_with("sensors", web_source());
    settings.redis = RedisOptions{.url = "redis://fake:6379"};
    answer(R"([{"id": "a"}, {"id": "b"}])");
    StreamManager& streams = manager(std::move(settings));
    platform_.broker().hold_acks();
    const auto id = streams.start_stream("sensors");
    await_records("readings", 2);
    auto stopped = std::async(std::launch::async, [&] { return streams.stop_stream(id.value()); });
    EXPECT_LE(time_until(stopped, platform_.clock()), 26s);
    EXPECT_FALSE(stopped.get().ok());
    EXPECT_TRUE(streams.streams().empty());
    platform_.broker().release_acks();
    await([&] { return streams.get_metrics()["flows"]["sensors"]["handled"] == 2; });
    await([&] { return streams.service().in_flight() == 0; });
    ASSERT_TRUE(streams.start_stream("sensors").ok());
    await([&] { return streams.get_metrics()["flows"]["sensors"]["duplicate"] == 2; });
    EXPECT_EQ(ids("readings").size(), 2U) << "they were remembered";
}

} // namespace
