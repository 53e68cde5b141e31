#include "core/streaming/patterns/stream_manager.hpp"

#include <fmt/format.h>

#include <regex>

#include "core/streaming/patterns/config_error.hpp"
#include "tests/support/config_files.hpp"
#include "tests/support/stream_manager_fixture.hpp"

namespace {

using namespace streaming;
using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

class StreamManagerTest : public tests::StreamManagerFixture {};

TEST_F(StreamManagerTest, RunsTheSourcesOfItsSettings) {
    answer(R"([{"id": "a"}, {"id": "b"}])");
    StreamManager& streams = manager(settings_with("sensors", web_source()));
    EXPECT_EQ(streams.start_all(), 1U);
    await_records("readings", 2);
    EXPECT_THAT(ids("readings"), ElementsAre("a", "b"));
}

TEST_F(StreamManagerTest, AStreamHasAnIdOfSourceTimeAndEightHexDigits) {
    answer("[]");
    StreamManager& streams = manager(settings_with("sensors", web_source()));
    const auto id = streams.start_stream("sensors");
    ASSERT_TRUE(id.ok());
    EXPECT_TRUE(std::regex_match(id.value(), std::regex("sensors_20260101_000000_[0-9a-f]{8}"))) << id.value();
    EXPECT_EQ(streams.streams().at(id.value()), "sensors");
}

TEST_F(StreamManagerTest, LeasesWithoutRedisAreAMistakeInSettingsToo) {
    Settings settings = settings_with("sensors", web_source());
    settings.ingestion.sharing.mode = SharingMode::leases;
    try {
        (void)StreamManager(std::move(settings), options());
        FAIL() << "nothing would be polled";
    } catch (const ConfigError& error) {
        EXPECT_THAT(error.problems(), ElementsAre(HasSubstr("sharing.mode: 'leases' needs redis")));
    }
}

TEST_F(StreamManagerTest, SaysWhyAStreamDoesNotStart) {
    Settings settings = settings_with("sensors", web_source());
    settings.ingestion.sources["off"] = web_source();
    settings.ingestion.sources["off"].enabled = false;
    settings.ingestion.sources["odd"] = web_source();
    settings.ingestion.sources["odd"].source_type = "telepathy";
    answer("[]");
    StreamManager& streams = manager(std::move(settings));
    EXPECT_EQ(streams.start_stream("nobody").error().message, "Source not configured: nobody");
    EXPECT_EQ(streams.start_stream("off").error().message, "Source is disabled: off");
    EXPECT_EQ(streams.start_stream("odd").error().message,
              "sources.odd.source_type: 'telepathy' is not known here; there are web");
    const auto id = streams.start_stream("sensors");
    EXPECT_THAT(streams.start_stream("sensors").error().message, HasSubstr("runs already, as stream " + id.value()));
}

TEST_F(StreamManagerTest, ASourceThatCannotBeMadeDoesNotKeepTheOthersFromRunning) {
    Settings settings = settings_with("sensors", web_source());
    settings.ingestion.sources["odd"] = web_source();
    settings.ingestion.sources["odd"].source_type = "telepathy";
    answer(R"([{"id": "a"}])");
    StreamManager& streams = manager(std::move(settings));
    EXPECT_EQ(streams.start_all(), 1U);
    await_records("readings", 1);
    EXPECT_FALSE(streams.health_check()["healthy"].get<bool>());
    EXPECT_THAT(streams.service().health().to_json(), HasSubstr("telepathy"));
}

TEST_F(StreamManagerTest, ANameIsFreeAgainWhenItsConnectorThrewAtTheStart) {
    answer("[]");
    StreamManager& streams = manager(settings_with("sensors", web_source()));
    class Throwing final : public Connector {
    public:
        Result<Response> fetch(const Request& /*request*/) override { return Response{}; }
        void on_news(std::function<void()> /*news*/) override { throw std::runtime_error("no news today"); }
    };
    auto throwing = std::make_unique<Throwing>();
    EXPECT_THAT(streams.start_stream("sensors", std::move(throwing)).error().message, HasSubstr("no news today"));
    EXPECT_TRUE(streams.start_stream("sensors").ok());
}

TEST_F(StreamManagerTest, AStoppedStreamPollsNoMoreAndCanBeStartedAgain) {
    answer(R"([{"id": "a"}])");
    StreamManager& streams = manager(settings_with("sensors", web_source()));
    const auto id = streams.start_stream("sensors");
    await_records("readings", 1);
    await_idle();
    EXPECT_TRUE(streams.stop_stream(id.value()).ok());
    EXPECT_THAT(streams.streams(), IsEmpty());
    EXPECT_THAT(streams.stop_stream(id.value()).error().message, HasSubstr("does not run"));
    answer(R"([{"id": "b"}])");
    const auto again = streams.start_stream("sensors");
    ASSERT_TRUE(again.ok());
    EXPECT_NE(again.value(), id.value());
    await_records("readings", 2);
    EXPECT_THAT(ids("readings"), ElementsAre("a", "b"));
}

TEST_F(StreamManagerTest, NumbersAreTheSameOnAllPages) {
    answer(R"([{"id": "a"}, {"id": "b"}, 7])");
    StreamManager& streams = manager(settings_with("sensors", web_source()));
    const auto id = streams.start_stream("sensors");
    await_records("readings", 2);
    await_records("readings.sensors.dlq", 1);
    await_idle();
    await([&] { // counted a moment after it is settled
        const json producer = streams.get_metrics()["producer"];
        return producer["total_sent"] == 2 && producer["dead_lettered"] == 1;
    });
    const json numbers = streams.get_metrics();
    EXPECT_EQ(numbers["stream_manager"], (json{{"active_streams", 1}, {"is_started", true}}));
    EXPECT_EQ(numbers["queue"]["enqueued"], 3);
    EXPECT_EQ(numbers["queue"]["dequeued"], 3);
    EXPECT_EQ(numbers["topic_resolver"]["explicit_used"], 3);
    EXPECT_EQ(numbers["throttling"]["current_state"], "no_signal");
    EXPECT_EQ(numbers["streams"][id.value()]["records_processed"], 3);
    EXPECT_EQ(numbers["streams"][id.value()]["api_client"]["total_requests"], 1);
    const std::string page = streams.service().metrics().scrape();
    EXPECT_THAT(page, HasSubstr("tributary_wrapper_sent_total{service=\"stream_manager\"} 2"));
    EXPECT_THAT(page, HasSubstr("tributary_queue_enqueued_total{service=\"stream_manager\"} 3"));
    EXPECT_THAT(page, HasSubstr("tributary_queue_size{service=\"stream_manager\",priority=\"critical\"} 0"));
    EXPECT_THAT(page, HasSubstr("tributary_throttle_level{service=\"stream_manager\"} 0"));
    EXPECT_THAT(
        page, HasSubstr("tributary_source_polls_total{service=\"stream_manager\",source=\"sensors\",class=\"ok\"} 1"));
    EXPECT_THAT(page, HasSubstr("tributary_source_age_seconds{service=\"stream_manager\",source=\"sensors\"}"));
}

TEST_F(StreamManagerTest, HealthIsThatOfItsParts) {
    answer("[]");
    StreamManager& streams = manager(settings_with("sensors", web_source()));
    (void)streams.start_all();
    await([&] { return streams.health_check()["healthy"].get<bool>(); });
    const json expected = json::parse(R"({"healthy": true, "components": {
        "producer": {"healthy": true, "kafka_connected": true},
        "queue": {"healthy": true, "size": 0, "utilization_percent": 0.0},
        "streams": {"active_count": 1, "healthy": true}}})");
    EXPECT_EQ(streams.health_check(), expected);
}

TEST_F(StreamManagerTest, AnUpdateOfARunningSourceIsInEffectFromTheNextPollOn) {
    answer(R"([{"id": "a"}])");
    StreamManager& streams = manager(settings_with("sensors", web_source()));
    (void)streams.start_all();
    await_records("readings", 1);
    await_idle();
    platform_.web().answer("http://other.example/", R"([{"id": "b"}])");
    const json changes{{"topic", "elsewhere"}, {"custom_params", {{"url", "http://other.example/"}}}};
    EXPECT_TRUE(streams.update_source_config("sensors", changes).ok());
    await_idle();
    platform_.clock().advance(std::chrono::seconds(30));
    await_records("elsewhere", 1);
    EXPECT_THAT(ids("elsewhere"), ElementsAre("b"));
    EXPECT_EQ(streams.settings().ingestion.sources.at("sensors").rate_limit_per_minute, 60U) << "the rest stays";
}

TEST_F(StreamManagerTest, AWrongUpdateChangesNothing) {
    answer("[]");
    StreamManager& streams = manager(settings_with("sensors", web_source()));
    const auto wrong = streams.update_source_config("sensors", {{"ingestion", {{"mode", "psychic"}}}});
    EXPECT_THAT(wrong.error().message, testing::AllOf(HasSubstr("sources.sensors.ingestion.mode"), HasSubstr("psychic"),
                                                      HasSubstr("batch, real_time, continuous_streaming")));
    EXPECT_EQ(streams.update_source_config("nobody", {}).error().message, "Source not configured: nobody");
    EXPECT_EQ(streams.settings().ingestion.sources.at("sensors").ingestion.mode, IngestionKind::continuous_streaming);
}

TEST_F(StreamManagerTest, SwitchingASourceOffStopsItsStream) {
    answer("[]");
    StreamManager& streams = manager(settings_with("sensors", web_source()));
    (void)streams.start_all();
    EXPECT_TRUE(streams.update_source_config("sensors", {{"enabled", false}}).ok());
    EXPECT_THAT(streams.streams(), IsEmpty());
    EXPECT_EQ(streams.start_stream("sensors").error().message, "Source is disabled: sensors");
}

TEST_F(StreamManagerTest, ASourceInShadowProducesNothing) {
    SourceSettings source = web_source();
    source.shadow = true;
    answer(R"([{"id": "a"}, {"id": "b"}])");
    StreamManager& streams = manager(settings_with("sensors", source));
    (void)streams.start_all();
    await([&] { return streams.get_metrics()["shadow"]["withheld"] == 2; });
    await_idle();
    EXPECT_THAT(platform_.broker().records("readings"), IsEmpty());
    EXPECT_EQ(streams.get_metrics()["flows"]["sensors"]["handled"], 2);
}

TEST_F(StreamManagerTest, WhatIsProducedAfterShadowIsAllThatWasWithheld) {
    SourceSettings source = web_source();
    source.shadow = true;
    answer(R"([{"id": "a"}])");
    StreamManager& streams = manager(settings_with("sensors", source));
    (void)streams.start_all();
    await([&] { return streams.get_metrics()["shadow"]["withheld"] == 1; });
    await_idle();
    EXPECT_TRUE(streams.update_source_config("sensors", {{"shadow", false}}).ok());
    await_idle();
    platform_.clock().advance(std::chrono::seconds(30));
    await_records("readings", 1);
    EXPECT_THAT(ids("readings"), ElementsAre("a"));
}

TEST_F(StreamManagerTest, CountersGoOnWhenASourceIsStartedAgain) {
    answer(R"([{"id": "a"}, {"id": "b"}])");
    StreamManager& streams = manager(settings_with("sensors", web_source()));
    const auto id = streams.start_stream("sensors");
    await_records("readings", 2);
    await_idle();
    ASSERT_TRUE(streams.stop_stream(id.value()).ok());
    answer(R"([{"id": "c"}])");
    ASSERT_TRUE(streams.start_stream("sensors").ok());
    await_records("readings", 3);
    await_idle();
    EXPECT_EQ(streams.get_metrics()["flows"]["sensors"]["handled"], 3);
    EXPECT_EQ(streams.get_metrics()["flows"]["sensors"]["consumed"], 3);
}

TEST_F(StreamManagerTest, AFullQueueKeepsNoUrgentSourceFromPolling) {
    Settings settings{.kafka = {.bootstrap_servers = "fake:9092"}};
    settings.ingestion.queue.max_size = 1;
    platform_.broker().hold_acks();
    for (const char* const name : {"a", "b", "c", "d", "e"}) {
        SourceSettings low = web_source();
        low.topic = name;
        low.priority = SourcePriority::low;
        settings.ingestion.sources[name] = low;
    }
    settings.ingestion.sources["urgent"] = web_source();
    settings.ingestion.sources["urgent"].topic = "urgent";
    settings.ingestion.sources["urgent"].priority = SourcePriority::critical;
    answer(R"([{"id": "1"}, {"id": "2"}, {"id": "3"}])");
    StreamManager& streams = manager(std::move(settings));
    for (const char* const name : {"a", "b", "c", "d", "e"}) {
        ASSERT_TRUE(streams.start_stream(name).ok());
    }
    await([&] { return streams.service().in_flight() >= 12; }); // all hold rows, the queue takes one
    const auto id = streams.start_stream("urgent");
    platform_.clock().advance(std::chrono::seconds(2)); // its first poll
    await([&] { return streams.get_metrics()["streams"][id.value()]["mode"]["polls"] == 1; });
    platform_.broker().release_acks();
    await_records("urgent", 3);
    for (const char* const name : {"a", "b", "c", "d", "e"}) {
        await_records(name, 3);
    }
}

TEST_F(StreamManagerTest, RecordsOfPrioritySourcesAreHigh) {
    Settings settings = settings_with("sensors", web_source());
    settings.ingestion.priority_sources = {"sensors"};
    settings.ingestion.queue.max_size = 1;
    settings.ingestion.queue.overflow_strategy = OverflowStrategy::drop_newest;
    platform_.broker().hold_acks();
    answer(R"([{"id": "a"}, {"id": "b"}, {"id": "c"}])");
    StreamManager& streams = manager(std::move(settings));
    (void)streams.start_all();
    await([&] { return streams.get_metrics()["queue"]["dropped"].get<int>() > 0; });
    EXPECT_EQ(streams.get_metrics()["queue"]["drops"][0]["priority"], "high");
    platform_.broker().release_acks();
}

TEST_F(StreamManagerTest, WrongSettingsAreRefusedWithEveryProblem) {
    Settings settings = settings_with("sensors", web_source());
    settings.kafka.bootstrap_servers = "";
    settings.ingestion.queue.max_size = 0;
    EXPECT_THROW(StreamManager(settings, options()), ConfigError);
    EXPECT_THROW(StreamManager(json{{"sources", {{"a", {{"source_type", "web"}, {"colour", "red"}}}}}}, options()),
                 ConfigError);
}

TEST_F(StreamManagerTest, AMissingFileIsNamed) {
    try {
        StreamManager(ConfigSources{.files = {"/nowhere/config.yaml"}}, options());
        FAIL() << "it was taken";
    } catch (const ConfigError& error) {
        EXPECT_THAT(error.problems(), ElementsAre("Config file not found: /nowhere/config.yaml"));
    }
}

class StreamManagerReload : public StreamManagerTest {
protected:
    static std::string file_text(const std::string& more) { return "kafka: {bootstrap_servers: 'fake:9092'}\n" + more; }
    static std::string source_text(const std::string& name, const std::string& more = "") {
        return fmt::format(
            "  {}: {{source_type: web, topic: {}, cache_ttl_seconds: 0, custom_params: {{url: '{}'}}{}}}\n", name, name,
            kUrl, more);
    }
    void start(const std::string& text) {
        path_ = files_.write("streams.yaml", text);
        manager_ = std::make_unique<StreamManager>(ConfigSources{.files = {path_}}, options());
        ASSERT_TRUE(manager_->start().ok());
        (void)manager_->start_all();
    }
    std::vector<std::string> running() {
        std::vector<std::string> names;
        for (const auto& [id, source] : manager_->streams()) {
            names.push_back(source);
        }
        return names;
    }

    tests::ConfigFiles files_{};
    std::string path_{};
};

TEST_F(StreamManagerReload, StartsNewStopsGoneAndSaysWhatChanged) {
    answer(R"([{"id": "a"}])");
    start(file_text("sources:\n" + source_text("one") + source_text("two")));
    EXPECT_THAT(running(), UnorderedElementsAre("one", "two"));
    (void)files_.write("streams.yaml", file_text("queue_max_size: 500\nsources:\n" +
                                                 source_text("two", ", enabled: false") + source_text("three")));
    const auto result = manager_->reload();
    EXPECT_THAT(result.problems, IsEmpty());
    EXPECT_THAT(result.changes, testing::Contains("sources.two.enabled: true -> false"));
    EXPECT_THAT(result.restart, IsEmpty());
    EXPECT_THAT(running(), UnorderedElementsAre("three"));
    await_records("three", 1);
    EXPECT_EQ(manager_->settings().ingestion.queue.max_size, 500U);
}

TEST_F(StreamManagerReload, AWrongFileChangesNothing) {
    answer("[]");
    start(file_text("sources:\n" + source_text("one")));
    (void)files_.write("streams.yaml", file_text("queue_max_size: many\nsources:\n" + source_text("two")));
    const auto result = manager_->reload();
    EXPECT_THAT(result.problems, ElementsAre(HasSubstr("queue_max_size")));
    EXPECT_THAT(running(), ElementsAre("one"));
}

TEST_F(StreamManagerReload, ASourceThatCannotFollowGoesOnAsItWasAndSaysSo) {
    answer("[]");
    start(file_text("sources:\n" + source_text("one")));
    (void)files_.write("streams.yaml", file_text("sources:\n  one: {source_type: telepathy, topic: one}\n"));
    (void)manager_->reload();
    EXPECT_THAT(running(), ElementsAre("one"));
    EXPECT_FALSE(manager_->health_check()["healthy"].get<bool>());
    EXPECT_THAT(manager_->service().health().to_json(), HasSubstr("goes on as it was: sources.one.source_type"));
    (void)files_.write("streams.yaml", file_text("sources:\n" + source_text("one")));
    (void)manager_->reload();
    EXPECT_TRUE(manager_->get_metrics()["failed"].empty());
}

TEST_F(StreamManagerReload, SaysWhatTakesARestart) {
    answer("[]");
    start(file_text("sources:\n" + source_text("one")));
    (void)files_.write(
        "streams.yaml",
        "kafka: {bootstrap_servers: 'fake:9092', client_id: other, batch_size: 50}\nsources:\n" + source_text("one"));
    const auto result = manager_->reload();
    EXPECT_THAT(result.restart, ElementsAre("kafka.client_id: \"tributary\" -> \"other\""));
    EXPECT_THAT(result.changes, SizeIs(2));
}

TEST_F(StreamManagerReload, ASourceMayGoWhereTheListAllowsItFromNowOn) {
    answer(R"([{"id": "a"}])");
    start(file_text("allowed_topics: [one]\nsources:\n" + source_text("one")));
    (void)files_.write("streams.yaml",
                       file_text("allowed_topics: [one, two]\nsources:\n" + source_text("one") + source_text("two")));
    EXPECT_THAT(manager_->reload().problems, IsEmpty());
    await_records("two", 1);
    EXPECT_EQ(manager_->get_metrics()["topic_resolver"]["refused"], 0);
}

TEST_F(StreamManagerReload, WhatIsPutBackToWhatRunsTakesNoRestart) {
    answer("[]");
    const std::string sources = "sources:\n" + source_text("one");
    start(file_text(sources));
    (void)files_.write("streams.yaml", file_text("enable_dlq: false\n" + sources));
    EXPECT_THAT(manager_->reload().restart, ElementsAre("enable_dlq: true -> false"));
    (void)files_.write("streams.yaml", file_text("enable_dlq: false\nqueue_max_size: 500\n" + sources));
    EXPECT_THAT(manager_->reload().restart, ElementsAre("enable_dlq: true -> false")) << "it waits still";
    (void)files_.write("streams.yaml", file_text(sources));
    const auto back = manager_->reload();
    EXPECT_THAT(back.changes, UnorderedElementsAre("enable_dlq: false -> true", "queue_max_size: 500 -> 10000"));
    EXPECT_THAT(back.restart, IsEmpty()) << "it runs with it all the time";
}

} // namespace
