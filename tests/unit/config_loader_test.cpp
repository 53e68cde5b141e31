#include "core/streaming/patterns/config_loader.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <array>

#include "core/streaming/patterns/config_error.hpp"
#include "core/streaming/patterns/config_file.hpp"
#include "tests/support/config_files.hpp"

namespace {

using namespace streaming;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class ConfigLoader : public testing::Test {
protected:
    Settings load(const std::string& text, std::vector<const char*> environment = {}, Settings settings = {}) {
        environment.push_back(nullptr);
        return load_settings(std::move(settings),
                             {.files = {files_.write("c.yaml", text)}, .environment = environment.data()});
    }
    std::string problems(const std::string& text, std::vector<const char*> environment) {
        environment.push_back(nullptr);
        return files_.problems({files_.write("c.yaml", text)}, environment.data());
    }

    tests::ConfigFiles files_{};
};

TEST_F(ConfigLoader, MergesFilesLeftToRightAndTheEnvironmentOverThem) {
    const auto base = files_.write("base.yaml",
                                   "kafka: {bootstrap_servers: \"a:1\", client_id: shop}\nredis: {url: \"redis://r\"}\n"
                                   "priority_sources: [a, b]\n");
    const auto prod = files_.write("prod.json", R"({"kafka": {"bootstrap_servers": "b:2",
        "properties": {"security.protocol": "ssl"}}, "priority_sources": ["c"]})");
    const std::array<const char*, 3> environment{"HOME=/", "TRIBUTARY__KAFKA__CLIENT_ID=till", nullptr};
    const Settings settings = load_settings({}, {.files = {base, prod}, .environment = environment.data()});
    EXPECT_EQ(settings.kafka.bootstrap_servers, "b:2");
    EXPECT_EQ(settings.kafka.client_id, "till");
    EXPECT_EQ(settings.kafka.properties.at("security.protocol"), "ssl");
    EXPECT_EQ(settings.redis->url, "redis://r");
    EXPECT_THAT(settings.ingestion.priority_sources, ElementsAre("c")); // lists are replaced
}

TEST_F(ConfigLoader, ReadsEveryKindOfValue) {
    const Settings settings = load(R"(
deduplication: {enabled: false, ttl_seconds: 60, on_store_error: pause, key_style: per_id}
error_handling: {max_attempts: "7", first_delay_ms: 10, on_exhausted: stop, strict_types: true}
namespace: shadow
throttling: {adjustment_factor: 2, consumer_groups: [g]}
flags: {stations: "KBHM"}
sources: {s: {source_type: file, timeout_seconds: 0.25, cache_ttl_seconds: 0, ingestion: {mode: real_time}}}
topics: {paper.orders: {partitions: 3, retention_ms: -1}}
content_rules: [{field: data.kind, equals: 7, topic: sevens}]
)",
                                   {}, {.flags = {{"stations", ""}}});
    EXPECT_FALSE(settings.deduplication->enabled);
    EXPECT_EQ(settings.deduplication->ttl, std::chrono::seconds(60));
    EXPECT_EQ(settings.deduplication->on_store_error, StoreErrorPolicy::pause);
    EXPECT_EQ(settings.deduplication->key_style, KeyStyle::per_id);
    EXPECT_EQ(settings.error_handling->max_attempts, 7U);
    EXPECT_EQ(settings.error_handling->first_delay, std::chrono::milliseconds(10));
    EXPECT_EQ(settings.error_handling->on_exhausted, ExhaustedPolicy::stop);
    EXPECT_TRUE(settings.error_handling->strict_types);
    EXPECT_EQ(settings.name_space, "shadow");
    EXPECT_EQ(settings.flag("stations"), "KBHM");
    EXPECT_EQ(settings.ingestion.throttling.adjustment_factor, 2.0);
    EXPECT_EQ(settings.ingestion.sources.at("s").timeout, std::chrono::milliseconds(250));
    EXPECT_EQ(settings.ingestion.sources.at("s").ingestion.mode, IngestionKind::real_time);
    EXPECT_EQ(settings.ingestion.topics.at("paper.orders").retention_ms, -1);
    EXPECT_EQ(settings.ingestion.topic_resolution.content_rules[0].equals, "7");
}

TEST_F(ConfigLoader, ParametersOfASourceKeepTheirTypes) {
    const auto source = load(R"(sources: {s: {source_type: file, custom_params: {text: "5", number: 5, ratio: 1.5,
        flag: true, word: yes, padded: 007, nothing: null, list: [1, {a: b}]}}})")
                            .ingestion.sources.at("s");
    EXPECT_EQ(nlohmann::json(source.custom_params), nlohmann::json::parse(R"({"text": "5", "number": 5, "ratio": 1.5,
        "flag": true, "word": "yes", "padded": "007", "nothing": null, "list": [1, {"a": "b"}]})"));
}

TEST_F(ConfigLoader, TheEnvironmentReachesMapsListsAndNamesThatVariablesCannotSpell) {
    const Settings settings =
        load("sources: {firms-viirs: {source_type: nasa_firms}}\ntopics: {paper.orders: {partitions: 1}}\n",
             {"TRIBUTARY__SOURCES__FIRMS_VIIRS__ENABLED=false", "TRIBUTARY__TOPICS__PAPER_ORDERS__PARTITIONS=6",
              "TRIBUTARY__KAFKA__PROPERTIES__SECURITY_PROTOCOL=ssl", "TRIBUTARY__PRIORITY_SOURCES=[a, b]",
              "TRIBUTARY__THROTTLING={\"consumer_groups\": [\"g\"]}", "TRIBUTARY__THROTTLING__ENABLED=false",
              "TRIBUTARY__KAFKA__CLIENT_ID=[text]", "TRIBUTARY__FLAGS__PRICE_AGE=60",
              "TRIBUTARY__SOURCES__FIRMS_VIIRS__CUSTOM_PARAMS__AREAS=[\"world\"]",
              "TRIBUTARY__SOURCES__FIRMS_VIIRS__CUSTOM_PARAMS__DAYS=2"},
             {.flags = {{"price-age", ""}}});
    const auto& source = settings.ingestion.sources.at("firms-viirs");
    EXPECT_FALSE(source.enabled);
    EXPECT_EQ(settings.ingestion.sources.size(), 1U);
    EXPECT_EQ(settings.ingestion.topics.at("paper.orders").partitions, 6);
    EXPECT_EQ(settings.kafka.properties.at("security.protocol"), "ssl");
    EXPECT_THAT(settings.ingestion.priority_sources, ElementsAre("a", "b"));
    EXPECT_THAT(settings.ingestion.throttling.consumer_groups, ElementsAre("g"));
    EXPECT_FALSE(settings.ingestion.throttling.enabled);
    EXPECT_EQ(settings.kafka.client_id, "[text]"); // a text is never read as YAML
    EXPECT_EQ(settings.flag("price-age"), "60");
    EXPECT_EQ(source.custom_params.at("areas"), nlohmann::json::parse(R"(["world"])"));
    EXPECT_EQ(source.custom_params.at("days"), 2);
}

TEST_F(ConfigLoader, MistakesInTheEnvironmentNameTheVariable) {
    const std::string found =
        problems("namespace: a\n", {"TRIBUTARY__KAFKA__BATCH_SIZE=many", "TRIBUTARY__KAFKA__CLIENT=x", "TRIBUTARY__=1",
                                    "TRIBUTARY__PRIORITY_SOURCES=[a", "TRIBUTARY__NAMESPACE__X=1",
                                    "TRIBUTARY__TOPICS=a", "TRIBUTARY__REDIS__URL=rediss://u:hidden@h"});
    EXPECT_THAT(found, HasSubstr("TRIBUTARY__KAFKA__BATCH_SIZE: kafka.batch_size: 'many' is not a whole number "
                                 "(records) from 1 to 10000\n"));
    EXPECT_THAT(found, HasSubstr("TRIBUTARY__KAFKA__CLIENT: unknown key 'kafka.client'; did you mean 'client_id'?\n"));
    EXPECT_THAT(found, HasSubstr("TRIBUTARY__: names no key"));
    EXPECT_THAT(found, HasSubstr("TRIBUTARY__PRIORITY_SOURCES: the list that [ opens is not closed by ]\n"));
    EXPECT_THAT(found, HasSubstr("TRIBUTARY__NAMESPACE__X: namespace: a map cannot replace a value"));
    EXPECT_THAT(found, HasSubstr("TRIBUTARY__TOPICS: topics: 'a' is not a map with a <topic> each\n"));
    EXPECT_THAT(found, HasSubstr("TRIBUTARY__REDIS__URL: redis.url: scheme 'rediss'"));
    EXPECT_THAT(found, Not(HasSubstr("hidden")));
}

TEST_F(ConfigLoader, ReplacesVariablesInValues) {
    const Settings settings = load(R"(
kafka: {client_id: "${TEAM}-${ROLE:-reader}", batch_size: "${BATCH}"}
group_id_prefix: $${TEAM}
namespace: ${EMPTY:-paper}
admin: "${EMPTY}"
priority_sources: ["${TEAM}"]
)",
                                   {"TEAM=a: {b", "BATCH=700", "EMPTY="});
    EXPECT_EQ(settings.kafka.client_id, "a: {b-reader");
    EXPECT_EQ(settings.ingestion.sending.batch_size, 700U);
    EXPECT_EQ(settings.group_id_prefix, "${TEAM}");
    EXPECT_EQ(settings.name_space, "paper");
    EXPECT_EQ(settings.admin, "");
    EXPECT_THAT(settings.ingestion.priority_sources, ElementsAre("a: {b"));
}

TEST_F(ConfigLoader, AVariableThatIsNotSetIsOneProblemThatNamesIt) {
    EXPECT_EQ(problems("kafka:\n  bootstrap_servers: ${BROKERS}\n", {}),
              "c.yaml:2:22: kafka.bootstrap_servers: the environment variable BROKERS is not set; "
              "${BROKERS:-fallback} would do without\n");
    for (const char* wrong : {"${}", "${1X}", "${OPEN", "${A:?b}", "${A:-${B}}"}) {
        EXPECT_THAT(problems("namespace: \"" + std::string(wrong) + "\"\n", {}),
                    HasSubstr("c.yaml:1:12: namespace: a variable is written ${NAME} or ${NAME:-fallback}"))
            << wrong;
    }
}

TEST_F(ConfigLoader, NeverPrintsASecret) {
    const std::string found = problems(R"(
kafka:
  batch_size: "redis://user:hidden@host"
  properties: {sasl.password: {a: hidden}, ssl.key.passwords: hidden, sasl.mechanism: "${KEY}", linger.ms: "${KEY}"}
redis: {url: "redis://:hidden@host:99999"}
sources:
  s:
    source_type: nasa_firms
    rate_limit_per_minute: "${KEY}"
    map_key: hidden
deduplication: {enabled: "http://me:hid@den@host/x"}
)",
                                       {"KEY=hidden"});
    EXPECT_THAT(found, HasSubstr("kafka.batch_size: 'redis://***@host' is not a whole number"));
    EXPECT_THAT(found, HasSubstr("kafka.properties.ssl.key.passwords: '***'"));
    EXPECT_THAT(found, HasSubstr("kafka.properties.linger.ms: '${KEY}' cannot be set"));
    EXPECT_THAT(found, HasSubstr("redis.url: '***' is not redis://"));
    EXPECT_THAT(found, HasSubstr("sources.s.rate_limit_per_minute: the value of '${KEY}' is not a whole number"));
    EXPECT_THAT(found, HasSubstr("unknown key 'sources.s.map_key'"));
    EXPECT_THAT(found, HasSubstr("'http://***@host/x' is not true or false"));
    EXPECT_THAT(found, Not(HasSubstr("hidden")));
}

TEST_F(ConfigLoader, AllowedTopicsThatCameOutOfVariablesAreNotPrinted) {
    EXPECT_EQ(problems("allowed_topics: [a, '${B}']\nsources: {s: {source_type: file, topic: '${T}'}}\n",
                       {"B=hidden", "T=hidden-too"}),
              "c.yaml:2:41: sources.s.topic: '${T}' is not in allowed_topics: 'a', '${B}'\n");
}

TEST_F(ConfigLoader, FlagsAreThoseOfTheService) {
    const auto path = files_.write("c.yaml", "flags: {colour: red, size: 3}\n");
    EXPECT_EQ(files_.problems({path}, nullptr, {.flags = {{"color", ""}, {"size", ""}}}),
              "c.yaml:1:9: unknown key 'flags.colour': this service has the flags color, size\n");
    EXPECT_THAT(files_.problems({path}), HasSubstr("this service has no flags of its own"));
    Settings any;
    EXPECT_THAT(read_settings(any, {.files = {path}, .any_flags = true}).problems, IsEmpty());
    EXPECT_EQ(any.flags.at("colour"), "red");
}

TEST_F(ConfigLoader, OlderFilesLoadWithAWarning) {
    const auto older = files_.write("older.yaml", "throttling:\n  enabled: true\n  min_send_rate: 2\n");
    EXPECT_EQ(files_.problems({older}), "");
    EXPECT_EQ(files_.warnings({older}),
              "older.yaml:2:3: throttling.consumer_groups: is not given, so throttling has no signal and reports "
              "no_signal; name the consumer groups whose lag counts\n");
    EXPECT_EQ(files_.warnings({files_.write("new.yaml", "throttling: {consumer_groups: [g]}\n")}), "");
    EXPECT_EQ(files_.warnings({files_.write("off.yaml", "throttling: {enabled: false}\n")}), "");
}

TEST_F(ConfigLoader, WarnsAboutSourcesThatNobodyConfigured) {
    const auto path = files_.write("c.yaml",
                                   "throttling: {enabled: false}\nsources: {a: {source_type: file}}\n"
                                   "priority_sources: [a, b]\ncustom_topic_mappings: {c: topic}\n"
                                   "api_endpoints: {http_jsn: 'http://a', file: 'http://b'}\n"
                                   "kafka: {bootstrap_servers: 'a:1'}\n");
    EXPECT_EQ(files_.warnings({path}),
              "c.yaml:3:23: priority_sources: there is no source 'b'\n"
              "c.yaml:4:25: custom_topic_mappings: there is no source 'c'\n"
              "c.yaml:5:17: api_endpoints: no source has the source_type 'http_jsn'\n");
}

TEST_F(ConfigLoader, WarnsAboutSourcesWithoutABroker) {
    const std::string sources = "throttling: {enabled: false}\nsources: {a: {source_type: file}}\n";
    const std::string said =
        "kafka.bootstrap_servers: is not given, and sources need it: here, in another file, as "
        "TRIBUTARY__KAFKA__BOOTSTRAP_SERVERS or as --brokers\n";
    const auto part = files_.write("part.yaml", sources);
    EXPECT_EQ(files_.warnings({part}), "part.yaml:2:10: " + said);
    EXPECT_EQ(files_.warnings({files_.write("named.yaml", sources + "kafka: {client_id: a}\n")}),
              "named.yaml:3:8: " + said);
    EXPECT_EQ(files_.warnings({part, files_.write("rest.yaml", "kafka: {bootstrap_servers: 'a:1'}\n")}), "");
    EXPECT_EQ(files_.warnings({files_.write("none.yaml", "throttling: {enabled: false}\nkafka: {client_id: a}\n")}),
              "");
    Settings given{.kafka = {.bootstrap_servers = "of:1"}};
    EXPECT_THAT(read_settings(given, {.files = {part}}).warnings, IsEmpty()) << "flags brought it";
}

TEST_F(ConfigLoader, WarnsAboutKeysWithoutEffect) {
    const auto path = files_.write("c.yaml", R"(kafka: {bootstrap_servers: 'a:1'}
throttling: {enabled: false}
content_rules: [{field: data.a, topic: t}, {field: data.a, equals: '', topic: t}]
sources:
  both: {source_type: file, ingestion: {mode: batch, schedule_interval_seconds: 60, schedule_cron: '0 * * * *'}}
  polled:
    source_type: file
    ingestion: {mode: real_time, schedule_cron: '0 * * * *', missed: skip, backfill_from: 2026-01-01, backfill_window_seconds: 60}
  stream: {source_type: file, ingestion: {missed: catch_up}}
  window: {source_type: file, ingestion: {mode: batch, backfill_window_seconds: 60}}
  fine:
    source_type: file
    ingestion: {mode: batch, schedule_cron: '0 * * * *', missed: skip, backfill_from: 2026-01-01, backfill_window_seconds: 60}
  complete:
    source_type: file
    ingestion: {schedule_interval_seconds: 60, schedule_cron: '', missed: one, backfill_from: '', backfill_window_seconds: 86400}
)");
    EXPECT_EQ(files_.problems({path}), "");
    EXPECT_EQ(
        files_.warnings({path}),
        "c.yaml:5:81: sources.both.ingestion.schedule_interval_seconds: has no effect beside schedule_cron\n"
        "c.yaml:8:49: sources.polled.ingestion.schedule_cron: has no effect in mode real_time: it is of mode batch\n"
        "c.yaml:8:70: sources.polled.ingestion.missed: has no effect in mode real_time: it is of mode batch\n"
        "c.yaml:8:91: sources.polled.ingestion.backfill_from: has no effect in mode real_time: it is of mode batch\n"
        "c.yaml:9:51: sources.stream.ingestion.missed: has no effect in mode continuous_streaming: it is of mode "
        "batch\n"
        "c.yaml:10:81: sources.window.ingestion.backfill_window_seconds: has no effect without backfill_from\n"
        "c.yaml:3:17: content_rules.0: has no equals, so it fits only where its field is an empty text\n");
}

TEST_F(ConfigLoader, ReadsAPipeOnceAndWaitsForNobodyForLong) {
    int ends[2] = {-1, -1};
    ASSERT_EQ(::pipe(ends), 0);
    ASSERT_EQ(::write(ends[1], "namespace: piped\n", 17), 17);
    ::close(ends[1]);
    const std::string pipe = "/dev/fd/" + std::to_string(ends[0]); // as `--config <(command)` has it
    Settings settings;
    EXPECT_THAT(read_settings(settings, {.files = {pipe}}).problems, IsEmpty());
    EXPECT_EQ(settings.name_space, "piped");
    ::close(ends[0]);

    const std::string fifo = files_.path("fifo");
    ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
    EXPECT_EQ(files_.problems({fifo}, nullptr, {}, true),
              "fifo: is a pipe or a device: such a thing is read at the start only\n");
    std::vector<std::string> problems;
    (void)detail::read_config_file(fifo, problems, {.patience = std::chrono::milliseconds(1)});
    EXPECT_THAT(problems, ElementsAre(fifo + ": is no file, and nothing came out of it for 1 ms"));
}

TEST_F(ConfigLoader, WhatIsWrongIsLeftAsItWas) {
    Settings settings{.kafka = {.client_id = "mine"}};
    const auto path = files_.write("c.yaml", "kafka: {client_id: [x], batch_size: 0}\npriority_sources: [[a]]\n");
    EXPECT_THAT(read_settings(settings, {.files = {path}}).problems, testing::SizeIs(3));
    EXPECT_EQ(settings.kafka.client_id, "mine");
    EXPECT_EQ(settings.ingestion.sending.batch_size, 500U);
    EXPECT_THROW((void)load_settings({}, {.files = {path}}), ConfigError);
}

} // namespace
