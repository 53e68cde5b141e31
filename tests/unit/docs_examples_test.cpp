// The code that docs/ingestion.md and docs/migration.md show, as it is; tests/readme.cmake compares.

#include <gmock/gmock.h>
#include <spdlog/spdlog.h>

#include <future>
#include <utility>

#include "core/streaming/ingestion/priority_queue_consumer.hpp"
#include "core/streaming/ingestion/producer_wrapper.hpp"
#include "core/streaming/ingestion/push_connector.hpp"
#include "core/streaming/ingestion/queue_manager.hpp"
#include "core/streaming/ingestion/throttling_manager.hpp"
#include "core/streaming/patterns/legacy_stream_manager.hpp"
#include "core/streaming/patterns/run_stream_manager.hpp"
#include "core/streaming/patterns/source_type.hpp"
#include "core/streaming/patterns/stream_manager.hpp"
#include "core/streaming/testing/fake_clock.hpp"
#include "core/streaming/testing/fake_platform.hpp"
#include "core/streaming/testing/mocks.hpp"
#include "tests/support/stream_manager_fixture.hpp"

namespace tanks {

struct TankLevel {
    static constexpr std::string_view event_type = "tank.level.recorded";
    std::string tank{};
    std::string time{};
    double litres = 0;
    NLOHMANN_DEFINE_TYPE_INTRUSIVE(TankLevel, tank, time, litres)
};

/// Fetches; an API that says "busy" with status 200 is why it is no HttpConnector.
class TankConnector final : public streaming::Connector {
public:
    explicit TankConnector(std::string url) : url_(std::move(url)) {}
    streaming::Result<streaming::Response> fetch(const Request& request) override {
        auto answer = request.http.get({.url = url_}, request.stop);
        if (!answer) {
            return answer.error();
        }
        if (answer.value().status != 200 || answer.value().body == "busy") {
            return streaming::Error{.code = streaming::ErrorCode::unavailable, .message = "tanks: busy"};
        }
        return streaming::Response{.body = std::move(answer.value().body)};
    }

private:
    std::string url_;
};

/// Turns one answer into events. What makes a level the same level when it is read again is its tank and time.
void tank_levels(const streaming::Response& response, streaming::SourceContext& context) {
    for (const auto& row : nlohmann::json::parse(response.body)) {
        try {
            const auto level = row.get<TankLevel>();
            context.emit(level.tank + "|" + level.time, level.tank, level,
                         {.priority = level.litres < 10 ? streaming::Priority::critical : streaming::Priority::normal});
        } catch (const nlohmann::json::exception& error) {
            context.reject(row.dump(), error.what());
        }
    }
}

streaming::Result<streaming::SourceParts> make_tanks(const streaming::SourceTypes::Request& request) {
    const streaming::CustomParams params(request.settings.custom_params);
    params.only({{"site"}});
    streaming::refuse_backfill(request);
    if (!params.has("site")) {
        params.refuse("site", "the name of a site");
    }
    const std::string base = streaming::base_url_of(request, "https://tanks.example");
    return streaming::SourceParts{.connector = std::make_unique<TankConnector>(base + "/levels/" + params.text("site")),
                                  .handler = tank_levels};
}

int main(int argc, char** argv) {
    streaming::SourceTypes types;
    streaming::add_standard_source_types(types);
    types.add("tanks", make_tanks);
    return streaming::run_stream_manager(argc, argv, "tanks", std::move(types));
}

} // namespace tanks

namespace {

using namespace std::chrono_literals;
using tanks::TankConnector;

TEST(Tanks, ALowLevelIsCriticalAndABadRowIsRejectedAlone) {
    streaming::SourceContext context(
        {.service = "tanks", .source = "north", .log = *spdlog::default_logger(), .now = {}}, {});
    tanks::tank_levels({.body = R"([{"tank":"t1","time":"2026-01-05T10:00:00Z","litres":4},{"tank":"t2"}])"}, context);
    ASSERT_EQ(context.rows().size(), 2U);
    EXPECT_EQ(context.rows()[0].key, "t1");
    EXPECT_EQ(context.rows()[0].options.priority, streaming::Priority::critical);
    EXPECT_TRUE(context.rows()[1].rejected.has_value());
}

TEST(Tanks, BusyIsNoAnswer) {
    streaming::mocks::MockHttpClient http;
    EXPECT_CALL(http, get).WillOnce(testing::Return(streaming::HttpResponse{.status = 200, .body = "busy"}));
    TankConnector connector("https://tanks.example/levels/north");
    EXPECT_EQ(connector.fetch({.http = http, .stop = {}}).error().message, "tanks: busy");
}

std::vector<std::string> queue_alone(streaming::Clock& clock) {
    streaming::QueueManager queue(clock, {.max_size = 1000});
    (void)queue.enqueue({.id = "reading", .source = "sensors", .payload = "{}"});
    (void)queue.enqueue(
        {.id = "alarm", .source = "alarms", .payload = "{}", .priority = streaming::Priority::critical});

    std::vector<std::string> order;
    streaming::PriorityQueueConsumer consumer(queue, {.batch_size = 2, .batch_interval = 1s}, [&](auto& records) {
        for (const streaming::IngestionRecord& record : records) {
            order.push_back(record.id);
        }
    });
    consumer.run_once(); // of a thread of yours, again and again
    return order;
}

std::chrono::milliseconds throttle_alone(streaming::Clock& clock, std::uint64_t lag) {
    streaming::ThrottlingManager throttle(clock, {.target_consumer_lag = 1000, .critical_consumer_lag = 5000});
    const auto decision = throttle.check_and_throttle(lag, "sensors");
    return decision.delay; // so long your loop waits before its next batch
}

streaming::SendReport wrapper_alone(streaming::Platform& platform, std::vector<streaming::IngestionRecord> records) {
    const auto producer = platform.producer({.bootstrap_servers = "127.0.0.1:9092"}, {});
    if (const auto status = producer->start(10s); !status.ok()) {
        throw std::runtime_error(status.error().message);
    }
    streaming::ProducerWrapper wrapper(
        {.producer = *producer, .clock = platform.clock(), .log = *spdlog::default_logger()}, {}, "my-loop", true);
    auto report = wrapper.send_with_retry(std::move(records), "sensors", "north", "readings");
    producer->stop(5s); // before the wrapper goes
    return report;
}

TEST(DocsExamples, TheQueueAlone) {
    streaming::fakes::FakeClock clock;
    EXPECT_THAT(queue_alone(clock), testing::ElementsAre("alarm", "reading"));
}

TEST(DocsExamples, TheThrottleAlone) {
    streaming::fakes::FakeClock clock;
    EXPECT_EQ(throttle_alone(clock, 500), 0s);
    EXPECT_EQ(throttle_alone(clock, 6000), 2s);
}

TEST(DocsExamples, TheWrapperAlone) {
    streaming::fakes::Platform platform;
    const auto report = wrapper_alone(platform, {{.id = "a", .key = "k", .payload = R"({"celsius":4})"}});
    EXPECT_TRUE(report.success);
    ASSERT_EQ(platform.broker().records("readings").size(), 1U);
}

streaming::Status sensors_in_code(streaming::Platform& platform, std::unique_ptr<streaming::Connector> connector) {
    const nlohmann::json configuration{
        {"kafka", {{"bootstrap_servers", "127.0.0.1:9092"}}},
        {"sources", {{"north", {{"source_type", "sensors"}, {"topic", "readings"}, {"priority", "high"}}}}}};
    streaming::StreamManager manager(configuration, {.platform = &platform, .service = "sensors"});
    if (auto status = manager.start(); !status.ok()) {
        return status;
    }
    const auto stream = manager.start_stream("north", std::move(connector));
    if (!stream) {
        return stream.error();
    }
    // ... manager.get_metrics(), manager.health_check(), manager.update_source_config("north", ...)
    return manager.stop_stream(stream.value());
}

streaming::Result<std::string> as_before(streaming::StreamManager& manager,
                                         std::unique_ptr<streaming::Connector> connector) {
    streaming::LegacyStreamManager streams(manager);
    return streams.start_streaming(std::move(connector), {.source_id = "north", .polling_interval_seconds = 10});
}

/// What the callers of a webhook keep: once the stream is stopped a push returns an error.
std::shared_ptr<streaming::PushBuffer> open_door(streaming::StreamManager& manager, streaming::Clock& clock) {
    auto connector = std::make_unique<streaming::PushConnector>(clock, streaming::PushBuffer::Options{});
    auto door = connector->buffer();
    if (const auto stream = manager.start_stream("north", std::move(connector)); !stream) {
        throw std::runtime_error(stream.error().message);
    }
    return door;
}

/// What a webhook answers: 503 tells the caller to push it again. `on_done` hears whether the broker has it.
int on_post(streaming::PushBuffer& door, std::string body, streaming::Receipt::OnDone on_done = {}) {
    return door.push({.body = std::move(body)}, 100ms, {}, std::move(on_done)).ok() ? 202 : 503;
}

/// Says the same each time, and tells when it was asked.
class OneAnswer final : public streaming::Connector {
public:
    explicit OneAnswer(std::promise<void> asked) : asked_(std::move(asked)) {}
    streaming::Result<streaming::Response> fetch(const Request&) override {
        if (!std::exchange(told_, true)) {
            asked_.set_value();
        }
        return streaming::Response{.body = R"([{"id":"1","celsius":4}])"};
    }

private:
    std::promise<void> asked_;
    bool told_ = false;
};

class DocsExamplesOfStreams : public tests::StreamManagerFixture {};

TEST_F(DocsExamplesOfStreams, WhatIsPushedIsSent) {
    auto& streams = manager(settings_with("north", {.source_type = "webhook", .topic = "readings"}));
    const auto door = open_door(streams, platform_.clock());
    std::promise<bool> delivered;
    EXPECT_EQ(on_post(*door, R"([{"id":"1","celsius":4}])", [&](bool done) { delivered.set_value(done); }), 202);
    EXPECT_TRUE(delivered.get_future().get());
    EXPECT_EQ(platform_.broker().records("readings").size(), 1U);
    EXPECT_TRUE(streams.stop_stream(streams.streams().begin()->first).ok());
    EXPECT_EQ(on_post(*door, "[]"), 503);
}

TEST(DocsExamples, SourcesInCode) {
    streaming::fakes::Platform platform;
    EXPECT_TRUE(sensors_in_code(platform, std::make_unique<OneAnswer>(std::promise<void>())).ok());
}

TEST(DocsExamples, OlderCodeAsBefore) {
    streaming::fakes::Platform platform;
    streaming::StreamManager manager(nlohmann::json{{"kafka", {{"bootstrap_servers", "127.0.0.1:9092"}}},
                                                    {"custom_topic_mappings", {{"north", "readings"}}}},
                                     {.platform = &platform});
    ASSERT_TRUE(manager.start().ok());
    std::promise<void> asked;
    auto is_asked = asked.get_future();
    const auto stream = as_before(manager, std::make_unique<OneAnswer>(std::move(asked)));
    ASSERT_TRUE(stream) << stream.error().message;
    EXPECT_THAT(stream.value(), testing::StartsWith("north_"));
    is_asked.wait();
    ASSERT_TRUE(manager.stop_stream(stream.value()).ok());
    EXPECT_EQ(platform.broker().records("readings").size(), 1U);
}

} // namespace
