// The examples by which users described each part; the names are theirs.

#include <gmock/gmock.h>

#include <utility>

#include "core/streaming/ingestion/queue_manager.hpp"
#include "core/streaming/ingestion/throttling_manager.hpp"
#include "core/streaming/testing/fake_clock.hpp"
#include "tests/support/sending_fixture.hpp"

namespace {

using namespace std::chrono_literals;
using namespace streaming;

class ContractExamples : public tests::SendingFixture {};

TEST_F(ContractExamples, SendWithRetrySucceedsWithinThreeRetries) {
    fail_sends(3, ErrorCode::unavailable);
    auto call = this->call(records({"a"}));
    EXPECT_EQ(pass_to_retry(), 1s);
    EXPECT_EQ(pass_to_retry(), 2s);
    EXPECT_EQ(pass_to_retry(), 4s);
    const SendReport report = call.get();
    EXPECT_TRUE(report.success);
    EXPECT_EQ(report.retry_count, 3);
    ASSERT_EQ(report.results.size(), 1);
    EXPECT_EQ(report.results[0].id, "a");
    EXPECT_TRUE(report.results[0].success);
    EXPECT_EQ(report.results[0].offset, 0);
    EXPECT_THAT(stored(), testing::ElementsAre("a"));
}

TEST_F(ContractExamples, QueueOfHundredGivesTheOneHighRecord) {
    fakes::FakeClock clock;
    QueueManager queue(clock, {.max_size = 100});
    for (int number = 0; number < 99; ++number) {
        ASSERT_EQ(queue.enqueue({.id = "normal", .priority = Priority::normal}), EnqueueOutcome::queued);
    }
    ASSERT_EQ(queue.enqueue({.id = "high", .priority = Priority::high}), EnqueueOutcome::queued);
    ASSERT_TRUE(queue.is_full());

    EXPECT_THAT(queue.dequeue_batch(1), testing::ElementsAre(testing::Field(&IngestionRecord::id, "high")));
    EXPECT_EQ(queue.size(), 99U);
}

TEST_F(ContractExamples, LagOf6000Throttles) {
    fakes::FakeClock clock;
    ThrottlingManager throttle(clock, {.consumer_groups = {"wildfire-alerts"}});
    const auto decision = throttle.check_and_throttle(6000, "noaa_weather_ca");
    EXPECT_EQ(decision.action, ThrottleAction::throttle_critical);
    EXPECT_EQ(decision.delay, std::chrono::seconds(2));
    EXPECT_EQ(throttle.status().current_state, "throttle_critical");
}

} // namespace
