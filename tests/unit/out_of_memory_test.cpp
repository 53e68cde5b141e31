// Memory that runs out on the thread that sends the records of sources, at each place where it asks for some.

#include <gtest/gtest.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/null_sink.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <memory>
#include <mutex>
#include <new>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "core/streaming/ingestion/producer_wrapper.hpp"
#include "core/streaming/orchestration/ingestion_drain.hpp"
#include "core/streaming/testing/fake_clock.hpp"

#ifndef TRIBUTARY_SANITIZED // these have their own

namespace {

/// Of this thread, the so-manieth from now on fails; 0 = none does.
thread_local std::size_t allocation_that_fails = 0;

} // namespace

// In place of the library's. Inlined, the compiler would take them for a pair that does not match.
[[gnu::noinline]] void* operator new(std::size_t size) {
    if (allocation_that_fails > 0 && --allocation_that_fails == 0) {
        throw std::bad_alloc();
    }
    if (void* const memory = std::malloc(size == 0 ? 1 : size)) {
        return memory;
    }
    throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t /*size*/) noexcept { std::free(memory); }

namespace streaming {
namespace {

using namespace std::chrono_literals;

/// Takes whatever it is given and reports when it is told to. Needs no memory. Thread-safe.
class Reporter final : public MessageProducer {
public:
    Reporter() { open_.reserve(100); }
    Status start(std::chrono::milliseconds) override { return {}; }
    void send_batch(std::span<const OutgoingRecord> records, std::stop_token) noexcept override {
        const std::scoped_lock lock(mutex_);
        for (const OutgoingRecord& record : records) {
            open_.push_back(record.ticket);
        }
        if (std::exchange(memory_runs_out_, false)) {
            allocation_that_fails = 1;
        }
    }
    Result<std::string> send(const OutgoingMessage&, std::chrono::milliseconds) override { return Error{}; }
    std::size_t stop(std::chrono::milliseconds) noexcept override { return 0; }

    /// Each third one fails.
    void report(const Error& failure) noexcept {
        const std::scoped_lock lock(mutex_);
        DeliverySink* sink = nullptr;
        for (DeliveryTicket* const ticket : open_) {
            sink = &ticket->sink();
            const bool fails = ++reports_ % 3 == 0;
            ticket->sink().on_delivery(*ticket, {.error = fails ? &failure : nullptr, .partition = 0, .offset = 1});
        }
        open_.clear();
        if (sink != nullptr) {
            sink->on_delivery_batch_end();
        }
    }
    [[nodiscard]] std::size_t open() const {
        const std::scoped_lock lock(mutex_);
        return open_.size();
    }
    /// After the next send, on its thread.
    void let_memory_run_out() {
        const std::scoped_lock lock(mutex_);
        memory_runs_out_ = true;
    }

private:
    mutable std::mutex mutex_{};
    bool memory_runs_out_ = false;
    std::vector<DeliveryTicket*> open_{};
    std::size_t reports_ = 0;
};

class Counts final : public SettlementListener {
public:
    explicit Counts(const std::vector<std::string>& ids) {
        for (const std::string& id : ids) {
            settled_[id] = 0;
        }
    }
    void on_settled(std::string_view id, Settlement) noexcept override {
        const std::scoped_lock lock(mutex_);
        ++settled_.find(id)->second;
    }
    [[nodiscard]] std::map<std::string, int, std::less<>> settled() const {
        const std::scoped_lock lock(mutex_);
        return settled_;
    }

private:
    mutable std::mutex mutex_{};
    std::map<std::string, int, std::less<>> settled_{};
};

const Error kFailure{ErrorCode::unavailable, "the leader of the partition is on its way to another broker", true};

/// Sends six records, one of them rejected by its source, and serves until all are settled. Returns how often it threw.
int send_all(ProducerWrapper& wrapper, Reporter& reporter, fakes::FakeClock& clock,
             std::vector<IngestionRecord> records) {
    int threw = 0;
    const auto attempt = [&](const auto& turn) {
        try {
            turn();
        } catch (const std::bad_alloc&) {
            ++threw;
        }
    };
    attempt([&] { wrapper.send(std::move(records), {}); });
    for (int turns = 0; turns < 20 && wrapper.in_flight() > 0; ++turns) {
        reporter.report(kFailure);
        attempt([&] { wrapper.serve({}); });
        clock.advance(10s);
        attempt([&] { wrapper.serve({}); });
    }
    return threw;
}

TEST(OutOfMemory, EachRecordIsSettledOnceWhereverMemoryRunsOutWhileItIsSent) {
    const std::vector<std::string> ids{"a", "b", "c", "d", "e", "f"};
    spdlog::logger log("test", std::make_shared<spdlog::sinks::null_sink_mt>());
    int threw = 0;
    bool all = false;
    for (std::size_t fails = 1; !all; ++fails) {
        ASSERT_LT(fails, 10'000U);
        const auto counts = std::make_shared<Counts>(ids);
        fakes::FakeClock clock;
        Reporter reporter;
        ProducerWrapper wrapper({.producer = reporter, .clock = clock, .log = log}, {}, "ingest", true);
        std::vector<IngestionRecord> records;
        for (const std::string& id : ids) {
            records.push_back({.id = id, .source = "stations", .topic = "weather", .key = "k", .listener = counts});
        }
        records[1].rejected = "a reason that does not fit into a string without memory of its own";
        allocation_that_fails = fails;
        threw += send_all(wrapper, reporter, clock, std::move(records));
        all = std::exchange(allocation_that_fails, 0) > 0; // it came to the end before that
        reporter.report({});
        const std::size_t left = wrapper.give_up();
        ASSERT_EQ(left, 0U) << "allocation " << fails;
        for (const auto& [id, times] : counts->settled()) {
            ASSERT_EQ(times, 1) << id << ", allocation " << fails;
        }
    }
    EXPECT_GT(threw, 10);
}

TEST(OutOfMemory, AStopGivesUpWhatIsOpenWithoutMemory) {
    const std::vector<std::string> ids{"a", "b", "c"};
    spdlog::logger log("test", std::make_shared<spdlog::sinks::null_sink_mt>());
    for (std::size_t fails = 1; fails < 40; ++fails) {
        const auto counts = std::make_shared<Counts>(ids);
        fakes::FakeClock clock;
        Reporter reporter;
        ProducerWrapper wrapper({.producer = reporter, .clock = clock, .log = log}, {}, "ingest", true);
        std::vector<IngestionRecord> records;
        for (const std::string& id : ids) {
            records.push_back({.id = id, .source = "stations", .topic = "weather", .key = "k", .listener = counts});
        }
        wrapper.send(std::move(records), {});
        allocation_that_fails = fails;
        EXPECT_EQ(wrapper.give_up(), 3U);
        allocation_that_fails = 0;
        for (const auto& [id, times] : counts->settled()) {
            ASSERT_EQ(times, 1) << id << ", allocation " << fails;
        }
        reporter.report({});
        wrapper.serve({});
    }
}

TEST(OutOfMemory, TheThreadThatSendsGoesOnAfterASecondAndSaysSo) {
    const std::vector<std::string> ids{"a", "b"};
    const auto counts = std::make_shared<Counts>(ids);
    spdlog::logger log("test", std::make_shared<spdlog::sinks::null_sink_mt>());
    fakes::FakeClock clock;
    Reporter reporter;
    QueueManager queue(clock, {});
    ThrottlingManager throttle(clock, {});
    ProducerWrapper wrapper(
        {.producer = reporter, .clock = clock, .log = log, .on_progress = [&] { queue.interrupt(); }}, {}, "ingest",
        true);
    detail::LoopTrouble trouble(log, "the drain");
    detail::IngestionDrain drain({.clock = clock,
                                  .queue = queue,
                                  .throttle = throttle,
                                  .producer = wrapper,
                                  .trouble = trouble,
                                  .on_room = [] {}},
                                 {});
    const auto enqueue = [&](const std::string& id) {
        EXPECT_EQ(queue.enqueue({.id = id, .source = "stations", .topic = "weather", .listener = counts}),
                  EnqueueOutcome::queued);
    };
    const auto await = [](const auto& condition) {
        const auto guard = std::chrono::steady_clock::now() + 20s;
        while (!condition() && std::chrono::steady_clock::now() < guard) {
            std::this_thread::yield();
        }
        EXPECT_TRUE(condition());
    };
    reporter.let_memory_run_out();
    enqueue("a"); // before it waits for the first time: that is what it needs memory for
    drain.start();
    await([&] { return trouble.text() == "std::bad_alloc"; });
    ASSERT_TRUE(clock.await_waiter());
    clock.advance(1s);
    reporter.report(kFailure);
    await([&] { return counts->settled().at("a") == 1 && trouble.text().empty(); });
    enqueue("b");
    await([&] { return reporter.open() == 1; });
    reporter.report(kFailure);
    await([&] { return counts->settled().at("b") == 1; });
    EXPECT_EQ(drain.stop(clock.now() + 5s), 0U);
}

} // namespace
} // namespace streaming

#endif
