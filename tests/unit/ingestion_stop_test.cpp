#include <spdlog/logger.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <condition_variable>
#include <future>
#include <memory>
#include <mutex>
#include <new>
#include <sstream>
#include <utility>

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

/// Begins at once on a thread of its own. It returns how long that took, by the clock.
template <class Work>
std::future<std::chrono::nanoseconds> time_of(fakes::FakeClock& clock, Work work) {
    return std::async(std::launch::async, [&clock, work = std::move(work)] {
        const auto began = clock.now();
        work();
        return std::chrono::nanoseconds(clock.now() - began);
    });
}

/// Lets time go by until it is done, in small steps: what goes on is not overtaken by much.
std::chrono::nanoseconds pass(std::future<std::chrono::nanoseconds> done, fakes::FakeClock& clock) {
    while (done.wait_for(20ms) != std::future_status::ready) {
        clock.advance(500ms);
    }
    return done.get();
}
constexpr auto kInTime = 40s; ///< a stop takes 26 s, if no thread is held up

TEST(PeriodicWork, AStopDoesNotWaitForeverForWorkThatHangs) {
    fakes::FakeClock clock;
    detail::LoopTrouble trouble(*spdlog::default_logger(), "work");
    Barrier barrier;
    bool last_done = false;
    {
        detail::PeriodicWork work(
            clock, trouble,
            [&](const std::stop_token&) {
                barrier.pass();
                return Clock::steady_time::max();
            },
            [&] { last_done = true; });
        work.start();
        barrier.await();
        const auto deadline = clock.now() + 5s;
        (void)pass(time_of(clock, [&] { EXPECT_FALSE(work.stop(deadline)); }), clock);
        EXPECT_GE(clock.now(), deadline);
        barrier.open();
    }
    EXPECT_TRUE(last_done);
}

TEST(PeriodicWork, DoesItsLastWorkWhenItIsStopped) {
    fakes::FakeClock clock;
    detail::LoopTrouble trouble(*spdlog::default_logger(), "work");
    int done = 0;
    detail::PeriodicWork work(
        clock, trouble, [](const std::stop_token&) { return Clock::steady_time::max(); }, [&] { ++done; });
    work.start();
    EXPECT_TRUE(work.stop(clock.now() + 5s));
    EXPECT_EQ(done, 1);
    EXPECT_TRUE(work.stop(clock.now()));
}

TEST(PeriodicWork, GoesOnAfterWhatItsWorkThrewAndSaysSo) {
    fakes::FakeClock clock;
    std::ostringstream log;
    spdlog::logger logger("test", std::make_shared<spdlog::sinks::ostream_sink_mt>(log));
    detail::LoopTrouble trouble(logger, "the work");
    std::atomic<int> turns = 0;
    std::promise<void> goes_on;
    detail::PeriodicWork work(
        clock, trouble,
        [&](const std::stop_token&) {
            switch (++turns) {
                case 1:
                case 2:
                    throw std::bad_alloc();
                case 3:
                    throw 3;
                default:
                    goes_on.set_value();
                    return Clock::steady_time::max();
            }
        },
        [] { throw std::runtime_error("last"); });
    work.start();
    for (const auto& [turn, text] : {std::pair(1, "std::bad_alloc"), {2, "std::bad_alloc"}, {3, "unknown exception"}}) {
        ASSERT_TRUE(clock.await_waiter());
        EXPECT_EQ(turns, turn);
        EXPECT_EQ(trouble.text(), text);
        clock.advance(1s);
    }
    goes_on.get_future().wait();
    EXPECT_TRUE(work.stop(clock.now() + 5s));
    EXPECT_EQ(trouble.text(), "last");
    EXPECT_EQ(std::ranges::count(log.str(), '\n'), 4) << log.str(); // two troubles, "goes on", the last one
}

/// A connector the end of which hangs, as a store that does not answer does.
class Endless final : public Connector {
public:
    explicit Endless(std::shared_ptr<Barrier> barrier) : barrier_(std::move(barrier)) {}
    Result<Response> fetch(const Request&) override { return Response{.status = Response::kNothing}; }
    void end() noexcept override { barrier_->pass(); }

private:
    std::shared_ptr<Barrier> barrier_; ///< its thread outlives the test's body
};

class IngestionStop : public tests::StreamManagerFixture {};

TEST_F(IngestionStop, EndsInTimeAlthoughOneSourceHangsAndTheOthersAreSent) {
    const auto barrier = std::make_shared<Barrier>();
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
    auto stopped = time_of(platform_.clock(), [&] { EXPECT_EQ(streams.stop(), 1U) << "the one that hangs"; });
    barrier->await();
    platform_.broker().release_acks();
    await([&] { return streams.get_metrics()["producer"]["total_sent"] == 2; }); // time does not overtake that
    EXPECT_LE(pass(std::move(stopped), platform_.clock()), kInTime);
    EXPECT_EQ(streams.get_metrics()["flows"]["sensors"]["handled"], 2);
    barrier->open();
}

TEST_F(IngestionStop, ASourceThatIsStartedAgainBeforeItsRecordsArrivedCountsThemAsDelivered) {
    SourceSettings source = web_source();
    source.ingestion.polling_interval = 1h;
    answer(R"([{"id": "a"}, {"id": "b"}])");
    StreamManager& streams = manager(settings_with("sensors", source));
    platform_.broker().hold_acks();
    const auto id = streams.start_stream("sensors");
    await_records("readings", 1);
    auto stopped = time_of(platform_.clock(), [&] { EXPECT_FALSE(streams.stop_stream(id.value()).ok()); });
    (void)pass(std::move(stopped), platform_.clock());
    ASSERT_TRUE(streams.start_stream("sensors").ok());
    await([&] { return streams.get_metrics()["flows"]["sensors"]["consumed"] == 4; }); // it does not know them yet
    EXPECT_EQ(streams.get_metrics()["flows"]["sensors"]["in_flight"], 4);
    platform_.broker().release_acks();
    await([&] { return streams.get_metrics()["flows"]["sensors"]["handled"] == 4; });
    EXPECT_EQ(streams.get_metrics()["flows"]["sensors"]["dropped"], nlohmann::json::object());
    EXPECT_EQ(streams.get_metrics()["flows"]["sensors"]["in_flight"], 0);
    EXPECT_EQ(ids("readings").size(), 4U) << "twice each, under the same ids";
}

TEST_F(IngestionStop, AStreamThatWasStoppedWhileTheBrokerWasAwayStillSettles) {
    SourceSettings source = web_source();
    source.ingestion.polling_interval = 1h;
    Settings settings = settings_with("sensors", source);
    settings.redis = RedisOptions{.url = "redis://fake:6379"};
    answer(R"([{"id": "a"}, {"id": "b"}])");
    StreamManager& streams = manager(std::move(settings));
    platform_.broker().hold_acks();
    const auto id = streams.start_stream("sensors");
    await_records("readings", 1); // the other may be in the next batch
    auto stopped = time_of(platform_.clock(), [&] { EXPECT_FALSE(streams.stop_stream(id.value()).ok()); });
    EXPECT_LE(pass(std::move(stopped), platform_.clock()), kInTime);
    EXPECT_TRUE(streams.streams().empty());
    platform_.broker().release_acks();
    await([&] { return streams.get_metrics()["flows"]["sensors"]["handled"] == 2; });
    await([&] { return streams.service().in_flight() == 0; });
    ASSERT_TRUE(streams.start_stream("sensors").ok());
    await([&] { return streams.get_metrics()["flows"]["sensors"]["duplicate"] == 2; });
    EXPECT_EQ(ids("readings").size(), 2U) << "they were remembered";
}

} // namespace
