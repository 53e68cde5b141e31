#include <future>
#include <optional>

#include "core/streaming/ingestion/push_connector.hpp"
#include "tests/support/stream_manager_fixture.hpp"

namespace {

using namespace streaming;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

/// A source that is pushed to, from the push to what it is told of the answer.
class PushSource : public tests::StreamManagerFixture {
protected:
    StreamManager& start(Settings settings = settings_with("door", {.source_type = "pushed", .topic = "readings"})) {
        StreamManager& streams = manager(std::move(settings));
        auto connector = std::make_unique<PushConnector>(platform_.clock(), PushBuffer::Options{});
        door_ = connector->buffer();
        id_ = streams.start_stream("door", std::move(connector)).value();
        await_idle();
        return streams;
    }
    std::future<bool> push(const std::string& body) {
        auto told = std::make_shared<std::promise<bool>>(); // set twice it would throw, and end the program
        EXPECT_TRUE(door_->push({.body = body}, 0ms, {}, [told](bool delivered) { told->set_value(delivered); }).ok());
        return told->get_future();
    }
    static bool is_told(const std::future<bool>& told) { return told.wait_for(0s) == std::future_status::ready; }

    std::shared_ptr<PushBuffer> door_{};
    std::string id_{};
};

TEST_F(PushSource, IsToldWhenTheBrokerHasIt) {
    start();
    platform_.broker().hold_acks();
    auto told = push(R"([{"id": "a"}, {"id": "b"}])");
    await_records("readings", 1); // the other may be in the next batch
    EXPECT_FALSE(is_told(told));
    platform_.broker().release_acks();
    EXPECT_TRUE(told.get());
}

TEST_F(PushSource, WhatIsInTheDeadLetterTopicOrWasThereBeforeIsDelivered) {
    start();
    EXPECT_TRUE(push(R"([{"id": "a"}, 7])").get()) << "one row is rejected";
    EXPECT_TRUE(push(R"([{"id": "a"}])").get()) << "known";
    EXPECT_TRUE(push("no records").get()) << "the whole answer is rejected";
    EXPECT_TRUE(push("[]").get());
    EXPECT_THAT(ids("readings"), ElementsAre("a"));
    EXPECT_EQ(platform_.broker().records("readings.door.dlq").size(), 2U);
}

TEST_F(PushSource, TheSameAgainWhileItIsOnItsWayWaitsForIt) {
    StreamManager& streams = start();
    platform_.broker().hold_acks();
    auto first = push(R"([{"id": "a"}])");
    auto second = push(R"([{"id": "a"}])");
    await([&] { return streams.get_metrics()["flows"]["door"]["duplicate"] == 1; });
    EXPECT_FALSE(is_told(second));
    platform_.broker().release_acks();
    EXPECT_TRUE(first.get());
    EXPECT_TRUE(second.get());
}

TEST_F(PushSource, WhatWasGivenUpIsNotDelivered) {
    start();
    platform_.broker().fail_next_sends(
        1, {.code = ErrorCode::unknown_outcome, .message = "no answer", .retryable = true}, "readings");
    EXPECT_FALSE(push(R"([{"id": "a"}, {"id": "b"}])").get());
    EXPECT_TRUE(push(R"([{"id": "a"}, {"id": "b"}])").get());
}

TEST_F(PushSource, WhatTheOverflowStrategyDroppedIsNotDelivered) {
    Settings settings = settings_with("door", {.source_type = "pushed", .topic = "readings"});
    settings.ingestion.queue.max_size = 1;
    settings.ingestion.queue.overflow_strategy = OverflowStrategy::drop_newest;
    start(std::move(settings));
    EXPECT_FALSE(push(R"([{"id": "a"}, {"id": "b"}, {"id": "c"}, {"id": "d"}])").get());
}

TEST_F(PushSource, AfterItsRemovalAPushReturnsAnErrorAndWhatIsOnItsWayIsStillTold) {
    StreamManager& streams = start();
    platform_.broker().hold_acks();
    auto told = push(R"([{"id": "a"}])");
    await_records("readings", 1);
    auto removed = std::async(std::launch::async, [&] { return streams.stop_stream(id_); });
    await([&] { return door_->push({.body = "[]"}).ok() == false; });
    EXPECT_FALSE(is_told(told));
    platform_.broker().release_acks();
    EXPECT_TRUE(removed.get().ok());
    EXPECT_TRUE(told.get());
    EXPECT_EQ(door_->push({.body = "[]"}).error().code, ErrorCode::stopped);
}

TEST_F(PushSource, ItsBufferOutlivesTheManagerAndWhatWasNotSentIsNotDelivered) {
    start();
    platform_.broker().hold_acks();
    auto told = push(R"([{"id": "a"}])");
    await_records("readings", 1);
    auto stopped = std::async(std::launch::async, [this] { manager_.reset(); });
    while (stopped.wait_for(50ms) != std::future_status::ready) {
        (void)platform_.clock().advance_to_next_deadline(); // a stop waits for the broker, but not for ever
    }
    EXPECT_FALSE(told.get());
    EXPECT_EQ(door_->push({.body = "[]"}).error().code, ErrorCode::stopped);
}

} // namespace
