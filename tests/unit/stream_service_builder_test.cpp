#include "core/streaming/patterns/stream_service_builder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/streaming/testing/mocks.hpp"
#include "tests/support/flow_fixture.hpp"

namespace {

using namespace streaming;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::NiceMock;
using testing::StrictMock;
using tests::Item;

struct Other {
    static constexpr std::string_view event_type = "other.made";
    NLOHMANN_DEFINE_TYPE_INTRUSIVE_WITH_DEFAULT(Other, unused)
    int unused = 0;
};

const auto kNothing = [](const auto&, Context&) {};
const ConsumerOptions kItems{.topics = {"items"}, .group_id = "shop"};

/// What is wrong with what `wire` says; a platform that is touched fails the test.
std::vector<std::string> problems_of(const std::function<void(StreamServiceBuilder&)>& wire,
                                     Settings settings = {.kafka = {.bootstrap_servers = "fake:9092"}}) {
    StrictMock<mocks::MockPlatform> untouched;
    StreamServiceBuilder builder("shop", std::move(settings), untouched);
    wire(builder);
    try {
        (void)builder.build();
    } catch (const ConfigError& error) {
        return error.problems();
    }
    ADD_FAILURE() << "nothing was wrong";
    return {};
}

TEST(StreamServiceBuilder, WantsSomethingToDo) {
    EXPECT_THAT(problems_of([](auto&) {}), ElementsAre(HasSubstr("neither a consumer handler nor a source")));
}

/// Of the producer that a service so wired gets.
std::chrono::milliseconds delivery_timeout_of(const std::function<void(StreamServiceBuilder&)>& wire) {
    std::chrono::milliseconds timeout{0};
    fakes::Platform real;
    NiceMock<mocks::MockPlatform> platform;
    ON_CALL(platform, clock()).WillByDefault(testing::ReturnRef(real.clock()));
    ON_CALL(platform, lag).WillByDefault([&](const KafkaOptions& kafka) { return real.lag(kafka); });
    ON_CALL(platform, topics).WillByDefault([&](const KafkaOptions& kafka) { return real.topics(kafka); });
    ON_CALL(platform, producer).WillByDefault([&](const KafkaOptions& kafka, const ProducerOptions& options) {
        timeout = options.delivery_timeout;
        return real.producer(kafka, options);
    });
    StreamServiceBuilder builder("shop", {.kafka = {.bootstrap_servers = "fake:9092"}}, platform);
    wire(builder);
    (void)builder.build();
    return timeout;
}

TEST(StreamServiceBuilder, LetsNothingTimeOutWhereASourceWouldNotSayItAgain) {
    const auto consume = [](StreamServiceBuilder& builder) {
        builder.add_consumer_handler<Item>(kItems, [](const Item&, Context&) {});
    };
    EXPECT_EQ(delivery_timeout_of(consume), ProducerOptions{}.delivery_timeout);
    EXPECT_EQ(delivery_timeout_of([](StreamServiceBuilder& builder) { builder.with_ingestion(); }),
              std::chrono::hours(24));
    EXPECT_EQ(delivery_timeout_of([](StreamServiceBuilder& builder) {
                  builder.with_ingestion().add_producer({.delivery_timeout = std::chrono::seconds(60)});
              }),
              std::chrono::seconds(60));
}

TEST(StreamServiceBuilder, ReportsEveryProblemAtOnceAndOpensNothing) {
    const auto problems = problems_of(
        [](StreamServiceBuilder& builder) {
            builder.with_redis({.url = "http://wrong"})
                .with_deduplication({.ttl = std::chrono::seconds(0)})
                .with_error_handling({.max_attempts = 0})
                .add_producer({.max_message_bytes = 0})
                .add_consumer_handler<Item>({.topics = {"no spaces"}, .group_id = "shop"}, kNothing)
                .add_source({.name = "nws", .topic = "weather"}, nullptr, nullptr);
        },
        {.admin = "nowhere"});
    EXPECT_THAT(problems, AllOf(Contains(HasSubstr("bootstrap_servers")), Contains(HasSubstr("redis")),
                                Contains(HasSubstr("ttl")), Contains(HasSubstr("max_attempts")),
                                Contains(HasSubstr("max_message_bytes")), Contains(HasSubstr("no spaces")),
                                Contains("source nws: it has no connector"), Contains("source nws: it has no handler"),
                                Contains(HasSubstr("admin: 'nowhere' is not HOST:PORT"))));
}

TEST(StreamServiceBuilder, OneTypeOfAGroupHasOneHandler) {
    EXPECT_THAT(problems_of([](StreamServiceBuilder& builder) {
                    builder.add_consumer_handler<Item>(kItems, kNothing)
                        .add_consumer_handler<Other>(kItems, kNothing)
                        .add_consumer_handler<Item>(kItems, kNothing);
                }),
                ElementsAre(AllOf(HasSubstr("group shop"), HasSubstr("two handlers for event type 'item.made'"))));
}

TEST(StreamServiceBuilder, AGroupHasOneSetOfOptions) {
    EXPECT_THAT(problems_of([](StreamServiceBuilder& builder) {
                    auto faster = kItems;
                    faster.workers = 4;
                    builder.add_consumer_handler<Item>(kItems, kNothing)
                        .add_consumer_handler<Other>(faster, kNothing)
                        .add_consumer_handler<Message>(faster, kNothing);
                }),
                ElementsAre(HasSubstr("two handlers give it different options")))
        << "said once";
}

TEST(StreamServiceBuilder, SourcesHaveNamesOfTheirOwn) {
    EXPECT_THAT(problems_of([](StreamServiceBuilder& builder) {
                    for (int i = 0; i < 2; ++i) {
                        builder.add_source({.name = "nws", .topic = "weather"},
                                           std::make_unique<NiceMock<mocks::MockConnector>>(),
                                           [](const Response&, SourceContext&) {});
                    }
                }),
                ElementsAre("source nws: the name is used twice"));
}

TEST(StreamServiceBuilder, BuildsOnceAndSaysSo) {
    fakes::Platform platform;
    StreamServiceBuilder builder("shop", {.kafka = {.bootstrap_servers = "fake:9092"}}, platform);
    builder.add_consumer_handler<Item>(kItems, kNothing);
    EXPECT_EQ(builder.build()->name(), "shop");
    EXPECT_THROW((void)builder.build(), ConfigError);
}

TEST(StreamServiceBuilder, CallsComeInAnyOrder) {
    fakes::Platform platform;
    StreamServiceBuilder builder("shop", {}, platform);
    auto metrics = std::make_shared<NiceMock<mocks::MockMetricsCollector>>();
    builder.add_consumer_handler<Item>(kItems, kNothing)
        .with_metrics(metrics)
        .with_kafka({.bootstrap_servers = "fake:9092"});
    EXPECT_EQ(builder.settings().kafka.bootstrap_servers, "fake:9092");
    EXPECT_EQ(&builder.build()->metrics(), metrics.get());
}

TEST(StreamServiceBuilder, HandlersOfOneGroupShareAConsumerAndGetTheirTypes) {
    int items = 0;
    int others = 0;
    std::vector<std::string> rest;
    ServiceHarness service([&](StreamServiceBuilder& builder) {
        builder.add_consumer_handler<Item>(kItems, [&](const Item&, Context&) { ++items; })
            .add_consumer_handler<Other>(kItems, [&](const Other&, Context&) { ++others; })
            .add_consumer_handler(kItems, [&](const Message& message, Context&) { rest.emplace_back(message.type()); });
    });
    service.deliver("items", "k", Item{1});
    service.deliver("items", "k", Other{});
    tests::put(service, "items", 0, "k", tests::envelope("id-3", "third.made"));
    service.drain();
    EXPECT_EQ(items, 1);
    EXPECT_EQ(others, 1);
    EXPECT_THAT(rest, ElementsAre("third.made"));
    EXPECT_EQ(service.platform().broker().consumers(), 1U);
}

} // namespace
