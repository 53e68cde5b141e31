// The examples by which users described each part; the names are theirs.

#include <gmock/gmock.h>

#include <utility>

#include "core/streaming/ingestion/queue_manager.hpp"
#include "core/streaming/ingestion/throttling_manager.hpp"
#include "core/streaming/patterns/legacy_stream_manager.hpp"
#include "core/streaming/testing/fake_clock.hpp"
#include "tests/support/sending_fixture.hpp"
#include "tests/support/stream_manager_fixture.hpp"

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

class ContractStreams : public tests::StreamManagerFixture {
protected:
    StreamManager& weather() {
        SourceSettings source{.source_type = "noaa_weather", .topic = "wildfire-weather-data"};
        return manager(settings_with("noaa_weather_ca", source));
    }
    static constexpr const char* kTwo = R"([{"id": "KLAX", "temperature": 21.5}, {"id": "KSFO", "temperature": 14}])";
};
using ContractExamplesOfStreams = ContractStreams;

TEST_F(ContractExamplesOfStreams, MockConnectorOfTwoIsSent) {
    StreamManager& streams = weather();
    ASSERT_TRUE(streams.start_stream("noaa_weather_ca", connector_of(kTwo)).ok());
    await_records("wildfire-weather-data", 2);
    EXPECT_THAT(ids("wildfire-weather-data"), testing::ElementsAre("KLAX", "KSFO"));
}

TEST_F(ContractExamplesOfStreams, StartStreamReturnsAnIdThatStartsWithTheSource) {
    const auto id = weather().start_stream("noaa_weather_ca", connector_of(kTwo));
    ASSERT_TRUE(id.ok());
    EXPECT_THAT(id.value(), testing::StartsWith("noaa_weather_ca_"));
}

TEST_F(ContractExamplesOfStreams, LegacyManagerStartsTheSameStream) {
    StreamManager& streams = weather();
    LegacyStreamManager legacy(streams);
    const auto id =
        legacy.start_streaming(connector_of(kTwo), {.source_id = "noaa_weather_ca", .polling_interval_seconds = 5});
    ASSERT_TRUE(id.ok());
    EXPECT_THAT(id.value(), testing::StartsWith("noaa_weather_ca_"));
    EXPECT_EQ(streams.streams().at(id.value()), "noaa_weather_ca");
    EXPECT_EQ(streams.settings().ingestion.sources.at("noaa_weather_ca").ingestion.polling_interval, 5s);
    await_records("wildfire-weather-data", 2);
    EXPECT_THAT(ids("wildfire-weather-data"), testing::ElementsAre("KLAX", "KSFO"));
    EXPECT_TRUE(legacy.stop_streaming(id.value()).ok());
}

} // namespace
