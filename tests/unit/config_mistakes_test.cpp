// Configurations that are wrong: each with everything that is said about it.

#include <fmt/format.h>

#include <string>
#include <vector>

#include "tests/support/config_files.hpp"

namespace {

using namespace std::string_literals;
using testing::HasSubstr;
using tests::ConfigFiles;

struct Mistake {
    std::string text;
    std::string found; ///< all of it, one problem a line
};

const std::vector<Mistake> kMistakes{
    {"", "c.yaml:1:1: is empty: a configuration is a map of keys, such as `kafka: {client_id: shop}`\n"},
    {"# nothing\n", "c.yaml:1:1: is empty: a configuration is a map of keys, such as `kafka: {client_id: shop}`\n"},
    {"~\n", "c.yaml:1:1: is empty: a configuration is a map of keys, such as `kafka: {client_id: shop}`\n"},
    {"- a\n", "c.yaml:1:1: a list stands here; a configuration is a map of keys, such as `kafka: {client_id: shop}`\n"},
    {"just text\n",
     "c.yaml:1:1: a text stands here; a configuration is a map of keys, such as `kafka: {client_id: shop}`\n"},
    {"kafka: {\n", "c.yaml:2:1: the map that { opens is not closed by }; a text with { or } needs quotes here\n"},
    {"kafka: {client_id: a\n",
     "c.yaml:2:1: the map that { opens is not closed by }; a text with { or } needs quotes here\n"},
    {"priority_sources: [a\n", "c.yaml:2:1: the list that [ opens is not closed by ]\n"},
    {"kafka:\n\tclient_id: a\n", "c.yaml:2:11: a tab cannot indent, use spaces\n"},
    {"kafka:\n  client_id: 'a\n", "c.yaml:2:14: the text that ' opens is not closed\n"},
    {"namespace: \"a\n", "c.yaml:1:12: the text that \" opens is not closed\n"},
    {"namespace: a: b\n",
     "c.yaml:1:13: a ':' that belongs to no key; check the indentation, or put the text into quotes\n"},
    {"namespace: a\n---\nnamespace: b\n", "c.yaml:2:1: a second document begins here; a file holds one\n"},
    {"{\"namespace\": \"a\"} x\n", "c.yaml:1:20: a second document begins here; a file holds one\n"},
    {"namespace: *a\n", "c.yaml:1:12: the referenced anchor is not defined\n"},
    {"namespace: !secret a\n", "c.yaml:1:12: the tag !secret has no meaning here\n"},
    {"namespace: @a\n", "c.yaml:1:12: unknown token\n"},
    {"namespace: \"\\q\"\n", "c.yaml:1:15: unknown escape character: q\n"},
    {"{a: b}: c\n", "c.yaml:1:1: a key that is no text\n"},
    {"? [a]\n: b\n", "c.yaml:1:3: a key that is no text\n"},
    {"namespace: a\nnamespace: b\n", "c.yaml:2:1: key 'namespace' stands here twice, first at c.yaml:1:1\n"},
    {"{\"kafka\": {\"client_id\": \"a\", \"client_id\": \"b\"}}\n",
     "c.yaml:1:30: key 'client_id' stands here twice, first at c.yaml:1:12\n"},
    {"sources: {a: &x {source_type: file}, a: *x}\n", "c.yaml:1:38: key 'a' stands here twice, first at c.yaml:1:11\n"},
    {"namespace: \x00\n"s, "c.yaml:1:12: the control character 0x00\n"},
    {"namespace: a\x04\nbroken: [\n", "c.yaml:1:13: the control character 0x04\n"},
    {"kafka:\n  client_id: \xff\n", "c.yaml:2:14: is not UTF-8\n"},
    {"\xff\xfe"
     "a\x00"s,
     "c.yaml:1:1: is not UTF-8\n"},
    {"kafka: {client_id: ${ID}}\n",
     "c.yaml:1:21: the map that { opens is not closed by }; a text with { or } needs quotes here\n"},
    {"kafka:\n  client_id: a\n namespace: b\n", "c.yaml:3:2: no key of the map around it; check the indentation\n"},
    {"namespace:a\n",
     "c.yaml:1:1: a text stands here; a configuration is a map of keys, such as `kafka: {client_id: shop}`\n"},
    {"kafka: [{client_id: a}]\n", "c.yaml:1:8: kafka: a list is not a map of keys\n"},
    {"kafka: {bootstrap_server: x}\n",
     "c.yaml:1:9: unknown key 'kafka.bootstrap_server'; did you mean 'bootstrap_servers'?\n"},
    {"kafak: {client_id: x}\n", "c.yaml:1:1: unknown key 'kafak'; did you mean 'kafka'?\n"},
    {"sources: {a: {source_type: file, ingestion: {polling_interval: 30}}}\n",
     "c.yaml:1:46: unknown key 'sources.a.ingestion.polling_interval'; did you mean 'polling_interval_seconds'?\n"},
    {"throttling: {enabled: true, consumer_groups: [g], target_lag: 5}\n",
     "c.yaml:1:51: unknown key 'throttling.target_lag'; allowed here: enabled, strategy, lag_interval_seconds, "
     "consumer_groups, min_send_rate, "
     "max_send_rate, target_consumer_lag, critical_consumer_lag, adjustment_factor\n"},
    {"colour: red\n",
     "c.yaml:1:1: unknown key 'colour'; allowed here: kafka, redis, deduplication, error_handling, namespace, "
     "group_id_prefix, admin, flags, shadow, shadow_log, throttling, sharing, state_directory, "
     "api_endpoints, queue_max_size, queue_max_bytes, queue_overflow_strategy, "
     "enable_priorities, queue_max_wait_seconds, enable_dlq, enable_metrics, priority_sources, custom_topic_mappings, "
     "content_rules, "
     "topic_patterns, fallback_topic, allowed_topics, topics, sources\n"},
    {"topics: {t: {partition: 3}}\n", "c.yaml:1:14: unknown key 'topics.t.partition'; did you mean 'partitions'?\n"},
    {"redis: {host: localhost}\n",
     "c.yaml:1:9: unknown key 'redis.host'; allowed here: url, connect_timeout_ms, command_timeout_ms\n"},
    {"topic_patterns: [{glob: a, topic: b, pattern: c}]\n",
     "c.yaml:1:19: unknown key 'topic_patterns.0.glob'; allowed here: pattern, topic\n"},
    {"<<: text\n",
     "c.yaml:1:1: unknown key '<<'; allowed here: kafka, redis, deduplication, error_handling, namespace, "
     "group_id_prefix, admin, flags, shadow, shadow_log, throttling, sharing, state_directory, "
     "api_endpoints, queue_max_size, queue_max_bytes, queue_overflow_strategy, "
     "enable_priorities, queue_max_wait_seconds, enable_dlq, enable_metrics, priority_sources, custom_topic_mappings, "
     "content_rules, "
     "topic_patterns, fallback_topic, allowed_topics, topics, sources\n"},
    {"Namespace: a\n", "c.yaml:1:1: unknown key 'Namespace'; did you mean 'namespace'?\n"},
    {"deduplication: {ttl: 60}\n",
     "c.yaml:1:17: unknown key 'deduplication.ttl'; allowed here: enabled, ttl_seconds, local_cache_ids, key_style, "
     "on_store_error\n"},
    {"kafka: text\n", "c.yaml:1:8: kafka: 'text' is not a map of keys\n"},
    {"kafka: 5\n", "c.yaml:1:8: kafka: '5' is not a map of keys\n"},
    {"kafka: {client_id: [a]}\n", "c.yaml:1:20: kafka.client_id: a list is not text\n"},
    {"kafka: {client_id: {a: b}}\n", "c.yaml:1:20: kafka.client_id: a map is not text\n"},
    {"kafka: {client_id: }\n", "c.yaml:1:20: kafka.client_id: nothing is not text\n"},
    {"namespace: ~\n", "c.yaml:1:12: namespace: nothing is not text\n"},
    {"enable_dlq: yes\n", "c.yaml:1:13: enable_dlq: 'yes' is not true or false\n"},
    {"enable_dlq: on\n", "c.yaml:1:13: enable_dlq: 'on' is not true or false\n"},
    {"enable_dlq: 1\n", "c.yaml:1:13: enable_dlq: '1' is not true or false\n"},
    {"enable_dlq: \"no\"\n", "c.yaml:1:13: enable_dlq: 'no' is not true or false\n"},
    {"enable_metrics: tru\n", "c.yaml:1:17: enable_metrics: 'tru' is not true or false\n"},
    {"priority_sources: firms\n", "c.yaml:1:19: priority_sources: 'firms' is not a list of texts, such as [a, b]\n"},
    {"priority_sources: [a, [b], {c: d}]\n",
     "c.yaml:1:23: priority_sources.1: a list is not text\nc.yaml:1:28: priority_sources.2: a map is not text\n"},
    {"sources: [a]\n", "c.yaml:1:10: sources: a list is not a map with a <source> each\n"},
    {"sources: {a: file}\n", "c.yaml:1:14: sources.a: 'file' is not a map of keys\n"},
    {"topics: {t: 5}\n", "c.yaml:1:13: topics.t: '5' is not a map of keys\n"},
    {"content_rules: {field: a}\n", "c.yaml:1:16: content_rules: a map is not a list of maps\n"},
    {"content_rules: [text]\n", "c.yaml:1:17: content_rules.0: 'text' is not a map of keys\n"},
    {"flags: text\n", "c.yaml:1:8: flags: 'text' is not a map with a <flag> each\n"},
    {"custom_topic_mappings: {a: [b]}\n",
     "c.yaml:1:28: custom_topic_mappings.a: a list is not a topic name (1-249 of A-Z a-z 0-9 . _ -)\n"},
    {"kafka: {properties: {a.b: [c]}}\n", "c.yaml:1:27: kafka.properties.a.b: a list is not text\n"},
    {"sources: {a: {source_type: file, custom_params: [a]}}\n",
     "c.yaml:1:49: sources.a.custom_params: a list is not a map of parameters\n"},
    {"sources: {a: }\n",
     "c.yaml:1:14: sources.a.source_type: is required: noaa_weather, nasa_firms, iot_sensor, purpleair, file, ...\n"},
    {"kafka: {batch_size: many}\n",
     "c.yaml:1:21: kafka.batch_size: 'many' is not a whole number (records) from 1 to 10000\n"},
    {"kafka: {batch_size: 500.0}\n",
     "c.yaml:1:21: kafka.batch_size: '500.0' is not a whole number (records) from 1 to 10000\n"},
    {"kafka: {batch_size: 5e2}\n",
     "c.yaml:1:21: kafka.batch_size: '5e2' is not a whole number (records) from 1 to 10000\n"},
    {"kafka: {batch_size: 0123}\n",
     "c.yaml:1:21: kafka.batch_size: '0123' is not a whole number (records) from 1 to 10000\n"},
    {"kafka: {batch_size: 0x1F}\n",
     "c.yaml:1:21: kafka.batch_size: '0x1F' is not a whole number (records) from 1 to 10000\n"},
    {"kafka: {batch_size: 1_000}\n",
     "c.yaml:1:21: kafka.batch_size: '1_000' is not a whole number (records) from 1 to 10000\n"},
    {"kafka: {batch_size: -1}\n",
     "c.yaml:1:21: kafka.batch_size: '-1' is not a whole number (records) from 1 to 10000\n"},
    {"kafka: {batch_size: 0}\n",
     "c.yaml:1:21: kafka.batch_size: '0' is not a whole number (records) from 1 to 10000\n"},
    {"kafka: {batch_size: 10001}\n",
     "c.yaml:1:21: kafka.batch_size: '10001' is not a whole number (records) from 1 to 10000\n"},
    {"kafka: {batch_size: +5}\n",
     "c.yaml:1:21: kafka.batch_size: '+5' is not a whole number (records) from 1 to 10000\n"},
    {"kafka: {batch_size: 99999999999999999999}\n",
     "c.yaml:1:21: kafka.batch_size: '99999999999999999999' is not a whole number (records) from 1 to 10000\n"},
    {"{\"kafka\": {\"batch_size\": 9223372036854775808}}\n",
     "c.yaml:1:26: kafka.batch_size: '9223372036854775808' is not a whole number (records) from 1 to 10000\n"},
    {"kafka: {batch_size: \" 5\"}\n",
     "c.yaml:1:21: kafka.batch_size: ' 5' is not a whole number (records) from 1 to 10000\n"},
    {"kafka: {batch_size: \"\"}\n",
     "c.yaml:1:21: kafka.batch_size: '' is not a whole number (records) from 1 to 10000\n"},
    {"error_handling: {max_attempts: 0}\n",
     "c.yaml:1:32: error_handling.max_attempts: '0' is not a whole number of at least 1\n"},
    {"error_handling: {max_delay_ms: 1.5}\n",
     "c.yaml:1:32: error_handling.max_delay_ms: '1.5' is not a whole number (ms) from 0 to 86400000\n"},
    {"{\"kafka\": {\"retry_backoff_base\": 1e400}}\n",
     "c.yaml:1:34: kafka.retry_backoff_base: '1e400' is not a number from 1 to 10\n"},
    {"kafka: {retry_backoff_base: .inf}\n",
     "c.yaml:1:29: kafka.retry_backoff_base: '.inf' is not a number from 1 to 10\n"},
    {"kafka: {retry_backoff_base: .nan}\n",
     "c.yaml:1:29: kafka.retry_backoff_base: '.nan' is not a number from 1 to 10\n"},
    {"kafka: {retry_backoff_base: nan}\n",
     "c.yaml:1:29: kafka.retry_backoff_base: 'nan' is not a number from 1 to 10\n"},
    {"kafka: {retry_backoff_base: 0.5}\n",
     "c.yaml:1:29: kafka.retry_backoff_base: '0.5' is not a number from 1 to 10\n"},
    {"throttling: {enabled: false, min_send_rate: 0}\n",
     "c.yaml:1:45: throttling.min_send_rate: '0' is not a number (records/s) from 0.001 to 1000000\n"},
    {"throttling: {enabled: false, adjustment_factor: 1}\n",
     "c.yaml:1:49: throttling.adjustment_factor: '1' is not a number from 1.01 to 100\n"},
    {"throttling: {enabled: false, adjustment_factor: 01.5}\n",
     "c.yaml:1:49: throttling.adjustment_factor: '01.5' is not a number from 1.01 to 100\n"},
    {"topics: {t: {partitions: 0, retention_ms: -2}}\n",
     "c.yaml:1:26: topics.t.partitions: '0' is not a whole number from 1 to 100000\nc.yaml:1:43: "
     "topics.t.retention_ms: '-2' is not a whole number (ms) from -1 to 1000000000000000\n"},
    {"sources: {a: {source_type: file, timeout_seconds: 0}}\n",
     "c.yaml:1:51: sources.a.timeout_seconds: '0' is not a number (s) from 0.001 to 3600\n"},
    {"sources: {a: {source_type: file, cache_ttl_seconds: -1}}\n",
     "c.yaml:1:53: sources.a.cache_ttl_seconds: '-1' is not a number (s) from 0 to 604800\n"},
    {"deduplication: {ttl_seconds: 0}\n",
     "c.yaml:1:30: deduplication.ttl_seconds: '0' is not a whole number (s) from 1 to 315360000\n"},
    {"queue_max_size: 10000001\n",
     "c.yaml:1:17: queue_max_size: '10000001' is not a whole number (records) from 1 to 10000000\n"},
    {"kafka: {compression_type: brotli}\n",
     "c.yaml:1:27: kafka.compression_type: 'brotli' is not one of none, gzip, snappy, lz4, zstd\n"},
    {"kafka: {compression_type: LZ4}\n",
     "c.yaml:1:27: kafka.compression_type: 'LZ4' is not one of none, gzip, snappy, lz4, zstd\n"},
    {"queue_overflow_strategy: drop\n",
     "c.yaml:1:26: queue_overflow_strategy: 'drop' is not one of block, drop_oldest, drop_newest\n"},
    {"sources: {a: {source_type: file, ingestion: {mode: realtime}}}\n",
     "c.yaml:1:52: sources.a.ingestion.mode: 'realtime' is not one of batch, real_time, continuous_streaming\n"},
    {"error_handling: {on_exhausted: retry}\n",
     "c.yaml:1:32: error_handling.on_exhausted: 'retry' is not one of dead_letter, stop, drop\n"},
    {"deduplication: {on_store_error: skip}\n",
     "c.yaml:1:33: deduplication.on_store_error: 'skip' is not one of process, pause\n"},
    {"admin: localhost\n", "c.yaml:1:8: admin: 'localhost' is not host:port\n"},
    {"admin: \"localhost:99999\"\n", "c.yaml:1:8: admin: 'localhost:99999' is not host:port\n"},
    {"kafka: {bootstrap_servers: \"localhost\"}\n",
     "c.yaml:1:28: kafka.bootstrap_servers: 'localhost' is not host:port\n"},
    {"kafka: {bootstrap_servers: \"a:1,b\"}\n", "c.yaml:1:28: kafka.bootstrap_servers: 'b' is not host:port\n"},
    {"kafka: {bootstrap_servers: \"\"}\n",
     "c.yaml:1:28: kafka.bootstrap_servers: is required: host:port[,host:port], or \"embedded\" for the in-memory "
     "broker, which keeps nothing\n"},
    {"redis: {url: \"localhost:6379\"}\n", "c.yaml:1:14: redis.url: scheme 'localhost' is not redis:// or unix:///\n"},
    {"redis: {url: \"redis://h:x\"}\n",
     "c.yaml:1:14: redis.url: '***' is not redis://[user:password@]host[:port][/db] or unix://[user:password@]/path\n"},
    {"redis: {url: \"redis://\"}\n",
     "c.yaml:1:14: redis.url: '***' is not redis://[user:password@]host[:port][/db] or unix://[user:password@]/path\n"},
    {"fallback_topic: \"a b\"\n",
     "c.yaml:1:17: fallback_topic: 'a b' is not a topic name (1-249 of A-Z a-z 0-9 . _ -)\n"},
    {"custom_topic_mappings: {a: \"a/b\"}\n",
     "c.yaml:1:28: custom_topic_mappings.a: 'a/b' is not a topic name (1-249 of A-Z a-z 0-9 . _ -)\n"},
    {"topics: {\"a b\": {partitions: 1}}\n",
     "c.yaml:1:17: topics.a b: 'a b' is not a topic name (1-249 of A-Z a-z 0-9 . _ -)\n"},
    {"sources: {a: {source_type: file, topic: \"a b\"}}\n",
     "c.yaml:1:41: sources.a.topic: 'a b' is not a topic name (1-249 of A-Z a-z 0-9 . _ -)\n"},
    {"sources: {a: {source_type: file, source_id: b}}\n",
     "c.yaml:1:45: sources.a.source_id: 'b' is not the name of the source, 'a'\n"},
    {"sources: {a: {enabled: true}}\n",
     "c.yaml:1:14: sources.a.source_type: is required: noaa_weather, nasa_firms, iot_sensor, purpleair, file, ...\n"},
    {"throttling: {enabled: false, min_send_rate: 5, max_send_rate: 2}\n",
     "c.yaml:1:63: throttling.max_send_rate: 2 is less than min_send_rate, 5\n"},
    {"throttling: {enabled: false, target_consumer_lag: 6000}\n",
     "c.yaml:1:13: throttling.critical_consumer_lag: 5000 is not more than target_consumer_lag, 6000\n"},
    {"error_handling: {first_delay_ms: 60000}\n",
     "c.yaml:1:17: error_handling.max_delay: 30000 ms is shorter than first_delay, 60000 ms\n"},
    {"content_rules: [{topic: t}]\n", "c.yaml:1:17: content_rules.0: has no field, such as data.severity\n"},
    {"content_rules: [{field: a}]\n",
     "c.yaml:1:17: content_rules.0.topic: '' is not a topic name (1-249 of A-Z a-z 0-9 . _ -)\n"},
    {"topic_patterns: [{topic: t}]\n", "c.yaml:1:18: topic_patterns.0: has no pattern, such as *weather*\n"},
    {"sharing: {mode: leases}\n",
     "c.yaml:1:17: sharing.mode: 'leases' needs redis, which is not given: nothing would be polled\n"},
    {"api_endpoints: {http_json: localhost:8080}\n",
     "c.yaml:1:28: api_endpoints.http_json: 'localhost:8080' is not http(s)://host[:port][/path] or "
     "mqtt(s)://host[:port]\n"},
    {"api_endpoints: {http_json: 'http:///path', http_csv: 'http://a b', x: 'mqtt://'}\n",
     "c.yaml:1:28: api_endpoints.http_json: 'http:///path' is not http(s)://host[:port][/path] or "
     "mqtt(s)://host[:port]\n"
     "c.yaml:1:54: api_endpoints.http_csv: 'http://a b' is not http(s)://host[:port][/path] or "
     "mqtt(s)://host[:port]\n"
     "c.yaml:1:71: api_endpoints.x: 'mqtt://' is not http(s)://host[:port][/path] or mqtt(s)://host[:port]\n"},
    {"sources: {a b: {source_type: file, topic: t}}\n",
     "c.yaml:1:16: sources.a b: its dead-letter topic, {topic}.a b.dlq (9 bytes), is not a topic name (1-249 of A-Z "
     "a-z 0-9 . _ -); enable_dlq: false does without\n"},
    {"sources: {\xc3\xbc: {source_type: file}}\n",
     "c.yaml:1:15: sources.\xc3\xbc: its dead-letter topic, {topic}.\xc3\xbc.dlq (23 bytes), is not a topic name "
     "(1-249 "
     "of A-Z a-z 0-9 . _ -); enable_dlq: false does without\n"},
    {"sources: {a: {source_type: file}}\ncontent_rules: [{field: a, equals: b, topic: " + std::string(244, 't') +
         "}]\n",
     "c.yaml:1:14: sources.a: its dead-letter topic, {topic}.a.dlq (250 bytes), is not a topic name (1-249 of A-Z a-z "
     "0-9 . _ -); enable_dlq: false does without\n"},
    {"allowed_topics: [zz, zy]\nsources:\n  a: {source_type: file, topic: zz}\n  b: {source_type: file, topic: t2}\n",
     "c.yaml:4:33: sources.b.topic: 't2' is not in allowed_topics: 'zz', 'zy'\n"},
    {"allowed_topics: [zz]\ncustom_topic_mappings: {a: t2, b: zz}\n",
     "c.yaml:2:28: custom_topic_mappings.a: 't2' is not in allowed_topics: 'zz'\n"},
    {"allowed_topics: [zz]\ncontent_rules: [{field: a, equals: b, topic: zz}, {field: a, equals: c, topic: t2}]\n",
     "c.yaml:2:80: content_rules.1.topic: 't2' is not in allowed_topics: 'zz'\n"},
    {"allowed_topics: [zz]\ntopic_patterns: [{pattern: '*', topic: t2}]\n",
     "c.yaml:2:40: topic_patterns.0.topic: 't2' is not in allowed_topics: 'zz'\n"},
    {"allowed_topics: [zz]\nfallback_topic: t2\n",
     "c.yaml:2:17: fallback_topic: 't2' is not in allowed_topics: 'zz'\n"},
    {"kafka: {properties: {acks: 1}}\n",
     "c.yaml:1:28: kafka.properties.acks: '1' cannot be set: the framework sets it, so that no record is lost or "
     "committed too early\n"},
    {"kafka: {properties: {no.such: 1}}\n",
     "c.yaml:1:31: kafka.properties.no.such: '1': No such configuration property: \"no.such\"\n"},
    {"kafka: {properties: {security.protocol: sasl_plaintext}}\n",
     "c.yaml:1:41: kafka.properties.security.protocol: 'sasl_plaintext' is refused, as credentials would travel in the "
     "clear; allow_insecure: true permits it\n"},
    {"throttling: {consumer_groups: [\"\"]}\n", "c.yaml:1:31: throttling.consumer_groups: a name is empty\n"},
    {"namespace: \"${NOT_SET}\"\n",
     "c.yaml:1:12: namespace: the environment variable NOT_SET is not set; ${NOT_SET:-fallback} would do without\n"},
};

TEST(ConfigMistakes, EachIsNamedWithItsPlaceWhatIsThereAndWhatIsAllowed) {
    ConfigFiles files;
    EXPECT_GE(kMistakes.size(), 120U);
    for (const Mistake& mistake : kMistakes) {
        EXPECT_EQ(files.problems_of(mistake.text), mistake.found) << mistake.text;
    }
}

TEST(ConfigMistakes, AllOfAllFilesAtOnce) {
    ConfigFiles files;
    const auto a = files.write("a.yaml", "kafka:\n  bootstrap_server: x\n  batch_size: 0\n");
    const auto b = files.write("b.yaml", "enable_dlq: maybe\nenable_dlq: true\n");
    const auto c = files.write("c.json", R"({"queue_max_size": "many"})");
    EXPECT_EQ(files.problems({a, files.path("none.yaml"), b, c}),
              "Config file not found: none.yaml\n"
              "b.yaml:2:1: key 'enable_dlq' stands here twice, first at b.yaml:1:1\n"
              "a.yaml:3:15: kafka.batch_size: '0' is not a whole number (records) from 1 to 10000\n"
              "a.yaml:2:3: unknown key 'kafka.bootstrap_server'; did you mean 'bootstrap_servers'?\n"
              "c.json:1:20: queue_max_size: 'many' is not a whole number (records) from 1 to 10000000\n"
              "b.yaml:1:13: enable_dlq: 'maybe' is not true or false\n");
}

TEST(ConfigMistakes, FilesThatDoNotFitTogether) {
    ConfigFiles files;
    const auto a = files.write("a.yaml", "kafka: {client_id: a}\nnamespace: a\npriority_sources: [a]\n");
    const auto b = files.write("b.yaml", "kafka: a\nnamespace: {a: b}\npriority_sources: a\n");
    EXPECT_EQ(files.problems({a, b}),
              "b.yaml:1:8: kafka: a value cannot replace a map, which stands at a.yaml:1:8\n"
              "b.yaml:2:12: namespace: a map cannot replace a value, which stands at a.yaml:2:12\n"
              "b.yaml:3:19: priority_sources: a value cannot replace a list, which stands at a.yaml:3:19\n");
}

TEST(ConfigMistakes, WhatIsNoFile) {
    ConfigFiles files;
    EXPECT_EQ(files.problems({files.path("none.yaml")}), "Config file not found: none.yaml\n");
    EXPECT_THAT(files.problems({"/"}), HasSubstr("/: is a directory, not a file\n"));
    EXPECT_EQ(files.problems({"/dev/zero"}), "/dev/zero: more than 10000000 bytes; a configuration has fewer\n");
}

TEST(ConfigMistakes, WhatWouldTakeTheMemoryOfTheMachine) {
    ConfigFiles files;
    std::string bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n";
    for (int i = 1; i < 9; ++i) {
        bomb += fmt::format("a{}: &a{} [", i, i);
        for (int j = 0; j < 10; ++j) {
            bomb += fmt::format("{}*a{}", j == 0 ? "" : ",", i - 1);
        }
        bomb += "]\n";
    }
    EXPECT_THAT(files.problems_of(bomb), HasSubstr("more than 100000 values or 64 levels\n"));
    EXPECT_EQ(files.problems_of("namespace: " + std::string(3000, '[')),
              "c.yaml:1:44: more than 100000 values or 64 levels\n");
    EXPECT_EQ(files.problems_of("a: &a [*a]\n"),
              "c.yaml:1:8: an alias of what it is part of\nc.yaml:1:1: unknown key 'a'; allowed here: kafka, redis, "
              "deduplication, error_handling, namespace, group_id_prefix, admin, flags, shadow, shadow_log, "
              "throttling, sharing, "
              "state_directory, "
              "api_endpoints, queue_max_size, "
              "queue_max_bytes, queue_overflow_strategy, enable_priorities, queue_max_wait_seconds, enable_dlq, "
              "enable_metrics, "
              "priority_sources, custom_topic_mappings, content_rules, topic_patterns, fallback_topic, allowed_topics, "
              "topics, "
              "sources\n");
}

TEST(ConfigMistakes, WhatLooksWrongAndIsNot) {
    ConfigFiles files;
    const std::vector<std::string> fine{
        "kafka:\nredis:\nsources:\ntopics:\nflags:\npriority_sources:\ncontent_rules:\n", // everything inside is a
                                                                                          // comment
        "\xef\xbb\xbfnamespace: a\n",
        "namespace: a\r\nkafka:\r\n  batch_size: 5\r\n",
        "{\n\t\"namespace\": \"a\",\n\t\"kafka\": {\"batch_size\": 5}\n}\n",
        R"({"namespace": "\ud83d\ude00\u00e9\/"})",
        "kafka: {batch_size: \"500\", retry_backoff_base: 3, client_id: 5}\n",
        "kafka: {batch_interval_seconds: 0.5, retry_backoff_base: 1.5e0}\n",
        "enable_dlq: \"true\"\nenable_metrics: False\n",
        "namespace: yes\ngroup_id_prefix: 0123\n",
        "namespace: 'it''s'\ngroup_id_prefix: \"a\\\"b\"\n",
        "kafka: &k {client_id: a}\nflags: {}\n",
        "sources: {a: {source_type: file, source_id: a}, b: {source_type: !!str file}}\n",
        "sharing: {mode: leases}\nredis: {url: 'redis://r'}\n",
        "api_endpoints: {a: '', b: 'https://u:p@h:1/x?y', c: 'mqtts://h:8883'}\n",
        "enable_dlq: false\nsources: {a b: {source_type: file}}\n",
        "sources: {a: {source_type: file, topic: " + std::string(243, 't') + "}}\n",
        "allowed_topics: [zz]\nsources: {a: {source_type: file, topic: zz}, b: {source_type: file}}\n",
        "sources: {a: &a {source_type: file, enabled: false}, b: {<<: *a, enabled: true}, c: {<<: [*a]}}\n",
    };
    for (const std::string& text : fine) {
        EXPECT_EQ(files.problems_of(text), "") << text;
    }
    streaming::Settings settings;
    (void)streaming::read_settings(settings, {.files = {files.write("c.json", fine[4])}});
    EXPECT_EQ(settings.name_space, "\xf0\x9f\x98\x80\xc3\xa9/");
}

TEST(ConfigMistakes, NoChangedByteBreaksTheReader) {
    ConfigFiles files;
    const std::string whole = tests::content_of(TRIBUTARY_SOURCE_DIR "/tests/config/contract.yaml");
    const std::string bytes = "{}[]:,&*#!|>'\"%@`-?\n\t\\ \x01\xff";
    for (std::size_t i = 0; i < 200; ++i) {
        std::string text = whole;
        text[i * 7919 % text.size()] = bytes[i % bytes.size()];
        (void)files.problems_of(i % 4 == 0 ? whole.substr(0, i * 31 % whole.size()) : text);
    }
    EXPECT_EQ(files.problems_of(whole), "");
}

TEST(ConfigMistakes, AMergedMapGivesWhatIsNotSaid) {
    ConfigFiles files;
    streaming::Settings settings;
    const auto path = files.write("c.yaml", R"(
sources:
  a: &a {source_type: file, enabled: false, timeout_seconds: 5}
  b: &b {timeout_seconds: 6, rate_limit_per_minute: 7}
  c: {<<: [*b, *a], enabled: true}
)");
    (void)streaming::read_settings(settings, {.files = {path}});
    const auto& merged = settings.ingestion.sources.at("c");
    EXPECT_EQ(merged.source_type, "file");
    EXPECT_TRUE(merged.enabled);
    EXPECT_EQ(merged.timeout, std::chrono::seconds(6));
    EXPECT_EQ(merged.rate_limit_per_minute, 7U);
}

} // namespace
