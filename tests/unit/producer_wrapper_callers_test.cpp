#include <gtest/gtest.h>

#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "core/streaming/ingestion/producer_wrapper.hpp"
#include "tests/support/sending_fixture.hpp"

// Callers that wait for what becomes of their records.
namespace {

using namespace std::chrono_literals;
using namespace streaming;

class ProducerWrapperCallers : public tests::SendingFixture {};

TEST_F(ProducerWrapperCallers, ReportsEachRecordToACallerThatWaits) {
    std::vector<IngestionRecord> batch = records({"sent", "large", "bad"});
    batch[1].payload.assign(5000, 'x');
    batch[2].rejected = "no number";
    const SendReport report = call(std::move(batch)).get();
    EXPECT_FALSE(report.success);
    EXPECT_EQ(report.retry_count, 0);
    ASSERT_EQ(report.results.size(), 3);
    EXPECT_TRUE(report.results[0].success);
    EXPECT_EQ(report.results[0].partition, 0);
    EXPECT_EQ(report.results[1].id, "large");
    EXPECT_TRUE(report.results[1].dead_lettered);
    EXPECT_EQ(report.results[1].error->code, ErrorCode::too_large);
    EXPECT_TRUE(report.results[2].dead_lettered);
    EXPECT_EQ(report.results[2].error->message, "no number");
    EXPECT_EQ(settlement("large"), Settlement::dead_lettered);
    EXPECT_EQ(wrapper().in_flight(), 0);
}

TEST_F(ProducerWrapperCallers, TellsACallerThatWaitsWhenTheBrokerStaysAway) {
    broker_.set_down(true);
    auto call = this->call(records({"a"}));
    for (const auto wait : {1s, 2s, 4s}) {
        EXPECT_EQ(pass_to_retry(), wait);
    }
    const SendReport report = call.get();
    EXPECT_FALSE(report.success);
    EXPECT_EQ(report.retry_count, 3);
    EXPECT_EQ(report.results[0].error->code, ErrorCode::timed_out);
    EXPECT_FALSE(report.results[0].dead_lettered);
    EXPECT_EQ(settlement("a"), Settlement::given_up);
}

TEST_F(ProducerWrapperCallers, StopsWaitingForARetryWhenTold) {
    fail_sends(1, ErrorCode::unavailable);
    std::stop_source stop;
    auto call = this->call(records({"a"}), stop.get_token());
    ASSERT_TRUE(clock_.await_waiter());
    stop.request_stop();
    const SendReport report = call.get();
    EXPECT_EQ(report.results[0].error->message, "told to fail");
    EXPECT_EQ(settlement("a"), Settlement::given_up);
}

TEST_F(ProducerWrapperCallers, StopsWaitingForReportsWhenToldAndKeepsWhatIsLent) {
    broker_.hold_acks();
    std::stop_source stop;
    stop.request_stop();
    const SendReport report = call(records({"a"}), stop.get_token()).get();
    EXPECT_EQ(report.results[0].error->code, ErrorCode::unknown_outcome);
    EXPECT_EQ(settlement("a"), Settlement::given_up);
    broker_.release_acks(); // the report comes for a record whose caller has gone
}

TEST_F(ProducerWrapperCallers, ServesCallersAndThePipelineAtTheSameTime) {
    constexpr int kCalls = 50;
    std::vector<std::jthread> callers;
    (void)wrapper();
    for (const std::string name : {"x", "y"}) {
        callers.emplace_back([this, name] {
            for (int i = 0; i < kCalls; ++i) {
                const auto report =
                    wrapper().send_with_retry(records({name + std::to_string(i)}), "t", "stations", kTopic);
                EXPECT_TRUE(report.success);
                (void)wrapper().health_check();
            }
        });
    }
    for (int i = 0; i < kCalls; ++i) {
        send_ids({"p" + std::to_string(i)});
        wrapper().serve({});
    }
    serve();
    callers.clear();
    EXPECT_EQ(stored().size(), 3 * kCalls);
    EXPECT_EQ(wrapper().get_metrics().total_sent, 3 * kCalls);
}

} // namespace
