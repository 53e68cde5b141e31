#include "core/streaming/ingestion/push_connector.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "core/streaming/testing/fake_clock.hpp"
#include "core/streaming/testing/mocks.hpp"

namespace streaming {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

struct PushConnectorTest : testing::Test {
    std::string fetch() {
        const auto response = connector->fetch({.http = http, .stop = {}, .window = {}});
        EXPECT_TRUE(response.ok());
        return response.value().status == Response::kNothing ? "nothing" : response.value().body;
    }
    Status push(std::string body) { return buffer->push({.body = std::move(body)}); }
    /// Pushes from another thread, which waits for room.
    std::future<Status> push_patiently(std::string body) {
        auto pushed = std::async(std::launch::async, [this, body = std::move(body)]() mutable {
            return buffer->push({.body = std::move(body)}, 10s, stop.get_token());
        });
        EXPECT_TRUE(clock.await_waiter());
        return pushed;
    }

    fakes::FakeClock clock{};
    mocks::MockHttpClient http{};
    std::stop_source stop{};
    std::unique_ptr<PushConnector> connector =
        std::make_unique<PushConnector>(clock, PushBuffer::Options{.max_responses = 3, .max_bytes = 10});
    std::shared_ptr<PushBuffer> buffer = connector->buffer();
    std::vector<std::string> done{}; ///< what became of the answers that were pushed with note
    Receipt::OnDone note(const std::string& name) {
        return [this, name](bool delivered) { done.push_back(name + (delivered ? " delivered" : " not delivered")); };
    }
};

TEST_F(PushConnectorTest, GivesWhatWasPushedOldestFirst) {
    EXPECT_EQ(fetch(), "nothing");
    ASSERT_TRUE(push("1").ok());
    ASSERT_TRUE(push("2").ok());
    EXPECT_EQ(fetch(), "1");
    EXPECT_EQ(fetch(), "2");
    EXPECT_EQ(fetch(), "nothing");
}

TEST_F(PushConnectorTest, RefusesMoreThanItsCountOrItsBytesAndCountsIt) {
    ASSERT_TRUE(push("1").ok());
    ASSERT_TRUE(push("2").ok());
    EXPECT_EQ(push("123456789").error().code, ErrorCode::timed_out) << "bytes";
    ASSERT_TRUE(push("12345678").ok());
    const Status full = push("");
    EXPECT_EQ(full.error().code, ErrorCode::timed_out);
    EXPECT_TRUE(full.error().retryable);
    EXPECT_EQ(full.error().message, "3 answers of 10 bytes wait, there is no room");
    const auto counts = buffer->counts();
    EXPECT_EQ(counts.pushed, 3U);
    EXPECT_EQ(counts.refused, 2U);
    EXPECT_EQ(counts.waiting, 3U);
    EXPECT_EQ(counts.waiting_bytes, 10U);
}

TEST_F(PushConnectorTest, RefusesAtOnceWhatWouldNeverFit) {
    const Status refused = buffer->push({.body = std::string(11, 'x')}, 10s);
    EXPECT_EQ(refused.error().code, ErrorCode::too_large);
    EXPECT_FALSE(refused.error().retryable);
    EXPECT_EQ(buffer->counts().refused, 1U);
}

TEST_F(PushConnectorTest, APatientPushWaitsForRoom) {
    ASSERT_TRUE(push("1234567890").ok());
    auto pushed = push_patiently("2");
    EXPECT_EQ(fetch(), "1234567890");
    EXPECT_TRUE(pushed.get().ok());
    EXPECT_EQ(fetch(), "2");
}

TEST_F(PushConnectorTest, ItsPatienceEnds) {
    ASSERT_TRUE(push("1234567890").ok());
    auto pushed = push_patiently("2");
    clock.advance(10s);
    EXPECT_EQ(pushed.get().error().code, ErrorCode::timed_out);
}

TEST_F(PushConnectorTest, AStopOrCloseEndsTheWait) {
    ASSERT_TRUE(push("1234567890").ok());
    auto stopped = push_patiently("2");
    stop.request_stop();
    EXPECT_EQ(stopped.get().error().code, ErrorCode::stopped);
    stop = {};
    auto closed = push_patiently("3");
    buffer->close();
    EXPECT_EQ(closed.get().error().code, ErrorCode::stopped);
    EXPECT_EQ(push("").error().code, ErrorCode::stopped);
    EXPECT_EQ(buffer->counts().refused, 3U);
    EXPECT_EQ(fetch(), "1234567890") << "what was taken is not lost";
}

TEST_F(PushConnectorTest, TellsOfEachPushAndOfWhatAFetchLeftBehind) {
    int told = 0;
    connector->on_news([&] { ++told; });
    ASSERT_TRUE(push("1").ok());
    ASSERT_TRUE(push("2").ok());
    EXPECT_EQ(told, 2);
    EXPECT_EQ(fetch(), "1");
    EXPECT_EQ(told, 3) << "one more is there";
    EXPECT_EQ(fetch(), "2");
    EXPECT_EQ(told, 3);
    connector->on_news({});
    ASSERT_TRUE(push("3").ok());
    EXPECT_EQ(told, 3);
}

TEST_F(PushConnectorTest, ThePushingSideOutlivesTheConnector) {
    ASSERT_TRUE(push("1234567890").ok());
    auto waiting = push_patiently("2");
    connector.reset();
    EXPECT_EQ(waiting.get().error().code, ErrorCode::stopped);
    EXPECT_EQ(push("3").error().code, ErrorCode::stopped);
    EXPECT_EQ(buffer->counts().waiting, 0U);
}

TEST_F(PushConnectorTest, WhatNobodyFetchedIsNotDeliveredWhenTheConnectorEnds) {
    ASSERT_TRUE(buffer->push({.body = "1"}, 0ms, {}, note("1")).ok());
    ASSERT_TRUE(buffer->push({.body = "2"}, 0ms, {}, note("2")).ok());
    const auto fetched = connector->fetch({.http = http, .stop = {}, .window = {}});
    connector->end();
    EXPECT_THAT(done, ElementsAre("2 not delivered")) << "the first is with who fetched it";
    fetched.value().receipt->complete(true);
    fetched.value().receipt->complete(false);
    EXPECT_THAT(done, ElementsAre("2 not delivered", "1 delivered"));
}

TEST_F(PushConnectorTest, AnAnswerThatWasRefusedIsNotHeardOfAgain) {
    EXPECT_FALSE(buffer->push({.body = std::string(11, 'x')}, 0ms, {}, note("large")).ok());
    buffer->close();
    EXPECT_FALSE(buffer->push({.body = "late"}, 0ms, {}, note("late")).ok());
    connector.reset();
    EXPECT_THAT(done, IsEmpty());
}

TEST_F(PushConnectorTest, AnAnswerThatIsLostOnTheWayIsNotDelivered) {
    ASSERT_TRUE(buffer
                    ->push({.body = "1"}, 0ms, {},
                           [this](bool delivered) {
                               note("1")(delivered);
                               throw std::runtime_error("the caller is gone");
                           })
                    .ok());
    (void)connector->fetch({.http = http, .stop = {}, .window = {}});
    EXPECT_THAT(done, ElementsAre("1 not delivered"));
}

TEST_F(PushConnectorTest, ManyThreadsLoseNothing) {
    constexpr int kThreads = 4;
    constexpr int kEach = 500;
    std::vector<std::jthread> threads;
    for (int i = 0; i < kThreads; ++i) {
        threads.emplace_back([&] {
            for (int k = 0; k < kEach; ++k) {
                EXPECT_TRUE(buffer->push({.body = "x"}, 10s).ok()); // time stands still: it waits for room
            }
        });
    }
    int fetched = 0;
    while (fetched < kThreads * kEach) {
        if (fetch() == "x") {
            ++fetched;
        } else {
            std::this_thread::yield();
        }
    }
    EXPECT_EQ(buffer->counts().pushed, static_cast<std::uint64_t>(kThreads * kEach));
    EXPECT_EQ(buffer->counts().waiting_bytes, 0U);
}

} // namespace
} // namespace streaming
