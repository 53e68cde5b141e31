// Names that users' dashboards, tools and configurations already hold.

#include <gmock/gmock.h>

#include "core/streaming/infrastructure/permanent_error.hpp"
#include "core/streaming/patterns/config_json.hpp"
#include "tests/support/config_files.hpp"
#include "tests/support/flow_fixture.hpp"

namespace {

using namespace streaming;
using testing::HasSubstr;
using testing::SizeIs;
using tests::Item;

class Contract : public testing::Test {
protected:
    void SetUp() override {
        service_.deliver("items", "k", Item{1}, "id-1");
        service_.deliver("items", "k", Item{1}, "id-1");
        service_.deliver_raw({.topic = "items", .key = "k", .payload = "garbage"});
        service_.deliver_raw({.topic = "items", .key = "k", .payload = tests::envelope("id-2", "item.sold")});
        service_.deliver("items", "k", Item{13}, "id-3");
        service_.drain();
    }
    ServiceHarness service_{[](StreamServiceBuilder& builder) {
        builder.add_consumer_handler<Item>({.topics = {"items"}, .group_id = "shop"},
                                           [](const Item& item, Context& context) {
                                               if (item.number == 13) {
                                                   throw PermanentError("unlucky");
                                               }
                                               context.send("out", "k", item);
                                           });
    }};
};

TEST_F(Contract, DeadLettersGoToTopicGroupDlqWithTheseHeaders) {
    const auto letters = service_.dead_letters("items", "shop");
    ASSERT_THAT(letters, SizeIs(2));
    EXPECT_FALSE(service_.sent("items.shop.dlq").empty());
    for (const char* name : {"topic", "partition", "offset", "timestamp"}) {
        EXPECT_TRUE(letters[1].headers.find(std::string("tributary-original-") + name)) << name;
    }
    for (const char* name : {"group", "service", "handler", "error-class", "error-message", "attempts", "first-failure",
                             "last-failure", "correlation-id", "redrive-count"}) {
        EXPECT_TRUE(letters[1].headers.find(std::string("tributary-") + name)) << name;
    }
    EXPECT_EQ(letters[0].header("tributary-error-class"), "Malformed");
    EXPECT_EQ(letters[1].header("tributary-group"), "shop");
}

TEST_F(Contract, MetricsOfAFlowHaveTheseNames) {
    const std::string metrics = service_.service().metrics().scrape();
    const std::string labels = R"({service="service",flow="shop")";
    EXPECT_THAT(metrics, HasSubstr("tributary_records_consumed_total" + labels + "} 5"));
    EXPECT_THAT(metrics, HasSubstr("tributary_records_handled_total" + labels + "} 1"));
    EXPECT_THAT(metrics, HasSubstr("tributary_records_duplicate_total" + labels + "} 1"));
    EXPECT_THAT(metrics, HasSubstr("tributary_records_ignored_total" + labels + R"(,reason="item.sold"} 1)"));
    EXPECT_THAT(metrics, HasSubstr("tributary_records_dead_lettered_total" + labels + R"(,class="Malformed"} 1)"));
    for (const char* name :
         {"tributary_records_in_flight", "tributary_handler_seconds_bucket", "tributary_retries_total",
          "tributary_lag_records", "tributary_lag_seconds", "tributary_oldest_unfinished_seconds",
          "tributary_dedup_store_errors_total", "tributary_producer_sent_total", "tributary_producer_failed_total"}) {
        EXPECT_THAT(metrics, HasSubstr(name + labels));
    }
}

TEST_F(Contract, DeduplicationKeysAndTimes) {
    EXPECT_THAT(service_.platform().store().keys(), testing::Contains(testing::StartsWith("dedup:shop:")));
    EXPECT_EQ(DeduplicationOptions{}.ttl, std::chrono::hours(1));
    EXPECT_EQ(DeduplicationOptions{}.local_cache_ids, 100'000U);
    EXPECT_EQ(SourceOptions{}.deduplication.ttl, std::chrono::hours(48));
    EXPECT_EQ(ConsumerOptions{}.session_timeout, std::chrono::seconds(30));
    EXPECT_EQ(ConsumerOptions{}.heartbeat_interval, std::chrono::seconds(10));
}

/// A service that keeps its ids as older systems did, beside the marks of one.
class PerIdKeys : public testing::Test {
protected:
    static void wire(StreamServiceBuilder& builder) {
        builder.with_deduplication({.key_style = KeyStyle::per_id})
            .add_consumer_handler<Item>({.topics = {"items"}, .group_id = "shop"},
                                        [](const Item& item, Context& context) { context.send("out", "k", item); });
    }
    void mark_as_an_older_system(const std::string& key) {
        fakes::FakeKeyValueStore connection(platform_.store());
        const StoreCommand mark{
            .kind = StoreCommand::Kind::set, .key = key, .value = "1", .ttl = std::chrono::seconds(3600)};
        ASSERT_TRUE(connection.send({&mark, 1}).ok());
    }
    fakes::Platform platform_{};
    ServiceHarness service_{&wire, {}, platform_};
};

TEST_F(PerIdKeys, ContractAMarkIsTheKeyDedupServiceIdWithATimeToLive) {
    service_.deliver("items", "k", Item{1}, "id-1");
    service_.drain();
    EXPECT_THAT(platform_.store().keys(), testing::ElementsAre("dedup:service:id-1"));
    const auto left = platform_.store().ttl("dedup:service:id-1"); // `drain` moved the clock to the commit
    EXPECT_EQ(*left + ConsumerOptions{}.commit_interval, std::chrono::hours(1));
}

TEST_F(PerIdKeys, ContractMarksOfAnOlderSystemAreSeen) {
    mark_as_an_older_system("dedup:service:id-1");
    service_.deliver("items", "k", Item{1}, "id-1");
    service_.deliver("items", "k", Item{2}, "id-2");
    service_.drain();
    EXPECT_THAT(service_.sent_as<Item>("out"), testing::ElementsAre(testing::Field(&Item::number, 2)));
    EXPECT_EQ(service_.counts("shop").count(Outcome::duplicate), 1U);
}

TEST_F(PerIdKeys, AreRefusedWhereTwoGroupsWouldSeeEachOthersMarks) {
    StreamServiceBuilder builder("shop", {.kafka = {.bootstrap_servers = "embedded"}});
    wire(builder);
    builder.add_consumer_handler<Item>({.topics = {"items"}, .group_id = "other"}, [](const Item&, Context&) {});
    try {
        (void)builder.build();
        FAIL() << "was built";
    } catch (const ConfigError& error) {
        EXPECT_THAT(error.problems(), testing::ElementsAre(HasSubstr("per_id")));
    }
}

TEST_F(Contract, TopicNames) {
    EXPECT_EQ(TopicNames::signals_validated("paper"), "paper.signals.validated");
    EXPECT_EQ(TopicNames::orders("paper"), "paper.orders");
    EXPECT_EQ(TopicNames::positions("paper"), "paper.positions");
    EXPECT_EQ(TopicNames::market_ticks, "market.ticks");
    EXPECT_EQ(TopicNames::weather, "wildfire-weather-data");
    EXPECT_EQ(TopicNames::fires, "wildfire-nasa-firms");
    EXPECT_EQ(TopicNames::fallback, "wildfire-default");
}

const std::string kFolder = TRIBUTARY_SOURCE_DIR "/tests/config/";

TEST_F(Contract, TheConfigurationOfTheUsersLoads) {
    Settings settings;
    const auto findings = read_settings(settings, {.files = {kFolder + "contract.yaml"}});
    EXPECT_THAT(findings.problems, testing::IsEmpty());
    EXPECT_THAT(findings.warnings, testing::IsEmpty());
    EXPECT_EQ(settings.kafka.bootstrap_servers, "localhost:9092");
    EXPECT_EQ(settings.kafka.client_id, "wildfire-stream-manager");
    EXPECT_EQ(settings.kafka.compression_type, "gzip");
    const IngestionSettings& ingestion = settings.ingestion;
    EXPECT_THAT(ingestion.throttling.consumer_groups, testing::ElementsAre("wildfire-alerts"));
    EXPECT_EQ(ingestion.queue.overflow_strategy, OverflowStrategy::drop_oldest);
    EXPECT_THAT(ingestion.priority_sources, testing::ElementsAre("firms_viirs"));
    EXPECT_EQ(ingestion.topic_resolution.custom_mappings.at("noaa_weather_ca"), TopicNames::weather);
    EXPECT_EQ(ingestion.topics.at("wildfire-weather-data").partitions, 8);
    EXPECT_EQ(ingestion.topics.at("wildfire-weather-data").retention_ms, 259'200'000);
    EXPECT_EQ(ingestion.topics.at("wildfire-nasa-firms").partitions, 4);
    ASSERT_THAT(ingestion.sources, SizeIs(4));
    const SourceSettings& weather = ingestion.sources.at("noaa_weather_ca");
    EXPECT_EQ(weather.source_type, "noaa_weather");
    EXPECT_EQ(weather.topic, TopicNames::weather);
    EXPECT_EQ(weather.rate_limit_per_minute, 120U);
    EXPECT_EQ(weather.custom_params.at("state"), "CA");
    EXPECT_EQ(weather.custom_params.at("data_types"), nlohmann::json({"temperature", "humidity"}));
    EXPECT_EQ(ingestion.sources.at("firms_viirs").ingestion.mode, IngestionKind::batch);
    EXPECT_EQ(ingestion.sources.at("noaa_alerts").ingestion.mode, IngestionKind::real_time);
    EXPECT_EQ(ingestion.sources.at("iot_sensors").ingestion.polling_interval, std::chrono::seconds(10));
    EXPECT_EQ(ingestion.sources.at("iot_sensors").ingestion.buffer_size, 200U);
}

TEST_F(Contract, TheNumbersOfTheUsersFileAreTheDefaults) {
    Settings settings;
    (void)read_settings(settings, {.files = {kFolder + "contract.yaml"}});
    Settings defaults;
    for (const char* const name : {"noaa_weather_ca", "firms_viirs", "noaa_alerts", "iot_sensors"}) {
        defaults.ingestion.sources[name];
    }
    using detail::Secrets;
    auto said = detail::without_defaults(detail::config_json(settings, Secrets::kept),
                                         detail::config_json(defaults, Secrets::kept));
    said.erase("topics");
    EXPECT_EQ(nlohmann::json(said), nlohmann::json::parse(R"({
        "kafka": {"bootstrap_servers": "localhost:9092", "client_id": "wildfire-stream-manager", "compression_type": "gzip"},
        "throttling": {"consumer_groups": ["wildfire-alerts"]},
        "queue_overflow_strategy": "drop_oldest",
        "priority_sources": ["firms_viirs"],
        "custom_topic_mappings": {"noaa_weather_ca": "wildfire-weather-data"},
        "sources": {
            "noaa_weather_ca": {"source_type": "noaa_weather", "topic": "wildfire-weather-data", "rate_limit_per_minute": 120,
                                "custom_params": {"state": "CA", "data_types": ["temperature", "humidity"]}},
            "firms_viirs": {"source_type": "nasa_firms", "ingestion": {"mode": "batch"}},
            "noaa_alerts": {"source_type": "noaa_weather", "ingestion": {"mode": "real_time"}},
            "iot_sensors": {"source_type": "iot_sensor", "ingestion": {"polling_interval_seconds": 10, "buffer_size": 200}}}})"));
    EXPECT_EQ(KafkaOptions{}.compression_type, "lz4");
    EXPECT_EQ(QueueOptions{}.overflow_strategy, OverflowStrategy::block);
    EXPECT_EQ(SourceSettings{}.rate_limit_per_minute, 60U);
    EXPECT_EQ(SendingOptions{}.batch_interval, std::chrono::seconds(5));
    EXPECT_EQ(SourceSettings{}.deduplication_for({}).ttl, std::chrono::hours(48));
}

TEST_F(Contract, TheConfigurationIsTheSameAsJsonAndInParts) {
    using detail::config_json;
    using detail::Secrets;
    Settings as_yaml;
    Settings as_json;
    (void)read_settings(as_yaml, {.files = {kFolder + "contract.yaml"}});
    EXPECT_THAT(read_settings(as_json, {.files = {kFolder + "contract.json"}}).problems, testing::IsEmpty());
    EXPECT_EQ(config_json(as_json, Secrets::kept), config_json(as_yaml, Secrets::kept));

    tests::ConfigFiles files;
    std::vector<std::string> parts;
    const auto whole = nlohmann::json::parse(tests::content_of(kFolder + "contract.json"));
    for (const auto& [name, value] : whole.items()) {
        parts.push_back(files.write(name + ".json", nlohmann::json{{name, value}}.dump()));
        EXPECT_EQ(files.problems({parts.back()}), "") << name;
    }
    Settings in_parts;
    (void)read_settings(in_parts, {.files = parts});
    EXPECT_EQ(config_json(in_parts, Secrets::kept), config_json(as_yaml, Secrets::kept));
}

TEST_F(Contract, TheEnvironmentOverridesAnyKeyAndFilesMergeLeftToRight) {
    tests::ConfigFiles files;
    const std::vector<const char*> environment{"TRIBUTARY__KAFKA__BOOTSTRAP_SERVERS=kafka:9092", nullptr};
    Settings settings;
    const auto prod = files.write("prod.yaml", "kafka: {bootstrap_servers: \"prod:1\", client_id: prod}\n");
    EXPECT_THAT(read_settings(settings, {.files = {kFolder + "contract.yaml", prod}, .environment = environment.data()})
                    .problems,
                testing::IsEmpty());
    EXPECT_EQ(settings.kafka.bootstrap_servers, "kafka:9092");
    EXPECT_EQ(settings.kafka.client_id, "prod");
    EXPECT_EQ(settings.kafka.compression_type, "gzip");
}

TEST_F(Contract, ErrorTextsAndOlderFiles) {
    tests::ConfigFiles files;
    EXPECT_EQ(files.problems({files.path("none.yaml")}), "Config file not found: none.yaml\n");
    EXPECT_THAT(files.problems_of("sources: {a: {source_type: file, source_id: b}}\n"),
                HasSubstr("sources.a.source_id: 'b' is not the name of the source, 'a'"));
    auto older = nlohmann::json::parse(tests::content_of(kFolder + "contract.json"));
    older["throttling"].erase("consumer_groups");
    const auto path = files.write("older.json", older.dump());
    EXPECT_EQ(files.problems({path}), "");
    EXPECT_THAT(files.warnings({path}), HasSubstr("throttling.consumer_groups: is not given"));
}

} // namespace
