#include "core/streaming/infrastructure/options.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace streaming {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

KafkaOptions kafka_with(std::map<std::string, std::string> properties) {
    return {.bootstrap_servers = "broker:9092", .properties = std::move(properties)};
}

TEST(KafkaOptions, DefaultsWithServersAreFine) {
    for (const char* servers : {"broker:9092", "a:1,b:65535", "SSL://a:9093", "[::1]:9092", "embedded"}) {
        EXPECT_THAT((KafkaOptions{.bootstrap_servers = servers}.validate()), IsEmpty()) << servers;
    }
}

TEST(KafkaOptions, SaysThatServersAreRequiredAndWhatEmbeddedIs) {
    EXPECT_THAT(KafkaOptions{}.validate(), ElementsAre(AllOf(HasSubstr("kafka.bootstrap_servers: is required"),
                                                             HasSubstr("\"embedded\" for the in-memory broker"))));
}

TEST(KafkaOptions, NamesTheServerThatIsNoHostAndPort) {
    EXPECT_THAT((KafkaOptions{.bootstrap_servers = "a:9092,b"}.validate()),
                ElementsAre("kafka.bootstrap_servers: 'b' is not host:port"));
    for (const char* servers : {"a:", ":9092", "a:0", "a:65536", "a:9o92", "a:1,", "a b:1", "a:1 "}) {
        EXPECT_THAT((KafkaOptions{.bootstrap_servers = servers}.validate()), Not(IsEmpty())) << servers;
    }
}

TEST(KafkaOptions, NamesTheCompressionsThereAre) {
    EXPECT_THAT((KafkaOptions{.bootstrap_servers = "a:1", .compression_type = "zip"}.validate()),
                ElementsAre("kafka.compression_type: 'zip' is not one of none, gzip, snappy, lz4, zstd"));
}

TEST(KafkaOptions, KeepsItsPromises) {
    for (const char* name : {"acks", "request.required.acks", "enable.idempotence", "enable.auto.commit",
                             "enable.auto.offset.store", "group.id"}) {
        EXPECT_THAT(kafka_with({{name, "1"}}).validate(),
                    ElementsAre(AllOf(HasSubstr(name), HasSubstr("'1'"), HasSubstr("cannot be set: "))));
    }
}

TEST(KafkaOptions, RunsNoCode) {
    for (const char* name : {"sasl.kerberos.kinit.cmd", "plugin.library.paths", "ssl.engine.location"}) {
        auto options = kafka_with({{name, "x"}});
        options.allow_insecure = true;
        EXPECT_THAT(options.validate(), ElementsAre(HasSubstr("it loads or runs code"))) << name;
    }
}

TEST(KafkaOptions, RefusesWhatIsInsecureUnlessAllowed) {
    for (const auto& [name, value] :
         std::map<std::string, std::string>{{"security.protocol", "SASL_PLAINTEXT"},
                                            {"enable.ssl.certificate.verification", "false"},
                                            {"ssl.endpoint.identification.algorithm", "none"}}) {
        auto options = kafka_with({{name, value}});
        EXPECT_THAT(options.validate(), ElementsAre(AllOf(HasSubstr(name), HasSubstr("allow_insecure")))) << name;
        options.allow_insecure = true;
        EXPECT_THAT(options.validate(), IsEmpty()) << name;
    }
}

TEST(KafkaOptions, FindsNamesAndValuesThatLibrdkafkaDoesNotKnow) {
    EXPECT_THAT(kafka_with({{"fetch.min.byte", "1"}}).validate(),
                ElementsAre(AllOf(HasSubstr("kafka.properties.fetch.min.byte"), HasSubstr("No such"))));
    EXPECT_THAT(kafka_with({{"fetch.min.bytes", "many"}}).validate(),
                ElementsAre(HasSubstr("kafka.properties.fetch.min.bytes: 'many'")));
    EXPECT_THAT(kafka_with({{"fetch.min.bytes", "100"}, {"security.protocol", "sasl_ssl"}}).validate(), IsEmpty());
}

TEST(KafkaOptions, NeverPrintsASecret) {
    const auto problems = kafka_with({{"sasl.passwordd", "hunter2"}, {"ssl.key.password.x", "hunter2"}}).validate();
    ASSERT_EQ(problems.size(), 2U);
    EXPECT_THAT(problems, ::testing::Each(AllOf(HasSubstr("***"), Not(HasSubstr("hunter2")))));
}

TEST(RedisOptions, NeverPrintsTheUrl) {
    EXPECT_THAT((RedisOptions{.url = "redis://:hunter2@host"}.validate()), IsEmpty());
    EXPECT_THAT((RedisOptions{.url = "unix:///run/redis.sock"}.validate()), IsEmpty());
    EXPECT_THAT((RedisOptions{.url = "rediss://:hunter2@host"}.validate()),
                ElementsAre(AllOf(HasSubstr("redis.url"), HasSubstr("'rediss'"), Not(HasSubstr("hunter2")))));
    EXPECT_THAT(RedisOptions{}.validate(), ElementsAre(HasSubstr("is required")));
    EXPECT_THAT((RedisOptions{.url = "redis://h", .command_timeout = 0ms}.validate()),
                ElementsAre(HasSubstr("redis.command_timeout: 0 ms")));
}

TEST(ConsumerOptions, ListsEveryProblem) {
    const ConsumerOptions options{
        .topics = {"ok", "not ok"},
        .workers = 0,
        .max_batch = 10,
        .max_in_flight = 9,
        .session_timeout = 10s,
        .heartbeat_interval = 10s,
        .max_poll_interval = 5s,
    };
    EXPECT_THAT(options.validate(),
                ElementsAre(HasSubstr("consumer.topics: 'not ok'"), "consumer.group_id: must not be empty",
                            "consumer.workers: 0 is not within 1 and 1024",
                            "consumer.max_in_flight: 9 is less than max_batch, 10",
                            HasSubstr("consumer.heartbeat_interval: 10000 ms"),
                            HasSubstr("consumer.max_poll_interval: 5000 ms")));
}

TEST(ConsumerOptions, NeedsAtLeastOneTopicAndForBroadcastNoGroup) {
    EXPECT_THAT((ConsumerOptions{.group_id = "g"}.validate()), ElementsAre(HasSubstr("consumer.topics: at least one")));
    EXPECT_THAT((ConsumerOptions{.topics = {"t"}, .broadcast = true}.validate()), IsEmpty());
}

TEST(ConsumerOptions, ChecksWhatItHolds) {
    EXPECT_THAT((ConsumerOptions{.topics = {"t"},
                                 .group_id = "g",
                                 .error_handling = ErrorHandlingOptions{.max_attempts = 0},
                                 .deduplication = DeduplicationOptions{.ttl = 0s}}
                     .validate()),
                ElementsAre(HasSubstr("consumer.error_handling.max_attempts: 0"),
                            HasSubstr("consumer.deduplication.ttl: 0 s")));
}

TEST(ConsumerOptions, AreEqualWhenEverythingIs) {
    const ConsumerOptions options{.topics = {"t"}, .group_id = "g", .error_handling = ErrorHandlingOptions{}};
    auto other = options;
    EXPECT_EQ(options, other);
    other.error_handling->max_attempts = 2;
    EXPECT_FALSE(options == other);
    other.error_handling.reset();
    EXPECT_FALSE(options == other);
    other = options;
    other.group_instance_id = "i";
    EXPECT_FALSE(options == other);
}

TEST(ProducerOptions, KeepsTheDeliveryTimeoutLong) {
    EXPECT_THAT(ProducerOptions{}.validate(), IsEmpty());
    EXPECT_THAT((ProducerOptions{.delivery_timeout = 59s}.validate()),
                ElementsAre(HasSubstr("producer.delivery_timeout: 59000 ms is not within 60000 ms")));
    EXPECT_THAT((ProducerOptions{.linger = 901s}.validate()),
                ::testing::Contains(HasSubstr("producer.linger: 901000 ms")));
    EXPECT_THAT((ProducerOptions{.max_queued_records = 0}.validate()),
                ElementsAre(HasSubstr("producer.max_queued_records: 0")));
}

TEST(ErrorHandlingOptions, DelaysDoNotExceedTheLongest) {
    EXPECT_THAT(ErrorHandlingOptions{}.validate(), IsEmpty());
    EXPECT_THAT((ErrorHandlingOptions{.first_delay = 2s, .max_delay = 1s}.validate()),
                ElementsAre(HasSubstr("error_handling.max_delay: 1000 ms")));
}

} // namespace
} // namespace streaming
