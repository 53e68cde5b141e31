// A whole service on Kafka and Redis: the way of a record from end to end, looked at with a bare reader. The same cases
// on every broker of the test program.

#include <gmock/gmock.h>

#include <atomic>
#include <set>

#include "core/streaming/infrastructure/event_envelope.hpp"
#include "tests/kafka/broker_under_test.hpp"
#include "tests/kafka/feeder.hpp"
#include "tests/kafka/output_account.hpp"
#include "tests/support/flow_fixture.hpp"
#include "tests/support/kafka_fixture.hpp"
#include "tests/support/kafka_reader.hpp"
#include "tests/support/kafka_tools.hpp"
#include "tests/support/redis_server.hpp"

namespace tests {
namespace {

using namespace streaming;
using ::testing::Optional;
using ::testing::SizeIs;
using testing_support::await_records;
using testing_support::read_topic;
using testing_support::RedisServer;
using testing_support::ReportCollector;
using testing_support::StoredRecord;

class WholePath : public ::testing::TestWithParam<BrokerFactory> {
protected:
    using Wire = std::function<void(StreamServiceBuilder&)>;

    std::string make_topic(int partitions) {
        static std::atomic<int> made{0};
        std::string name = "path-" + std::to_string(made++);
        broker_.make_topic(name, partitions);
        return name;
    }
    [[nodiscard]] ConsumerOptions reading(std::size_t workers = 2) const {
        return {.topics = {in_},
                .group_id = group_,
                .workers = workers,
                .session_timeout = 6s,
                .heartbeat_interval = 300ms};
    }
    /// Started; stops with the object.
    std::unique_ptr<ServiceOrchestrator> start_service(const Wire& wire) {
        StreamServiceBuilder builder(
            "shop", {.kafka = {.bootstrap_servers = servers_, .properties = {{"fetch.wait.max.ms", "5"}}},
                     .redis = RedisOptions{.url = redis_.url(), .command_timeout = 5s},
                     .error_handling = ErrorHandlingOptions{.first_delay = 1ms}});
        wire(builder);
        auto service = builder.build();
        const Status started = service->start();
        EXPECT_TRUE(started.ok()) << started.error().message;
        return service;
    }
    /// Copies items to the output; fails the first attempt at number 13.
    std::unique_ptr<ServiceOrchestrator> start_copier() {
        return start_service([this](StreamServiceBuilder& builder) {
            builder.add_consumer_handler<Item>(reading(), [this](const Item& item, Context& context) {
                if (item.number == 13 && context.attempt() == 1) {
                    throw std::runtime_error("not yet");
                }
                context.send(out_, std::string(context.message().key().value_or("")), item);
            });
        });
    }
    void send(const std::vector<OutgoingMessage>& messages) {
        KafkaMessageProducer producer({.bootstrap_servers = servers_}, {.linger = 0ms});
        ASSERT_TRUE(producer.start(10s).ok());
        for (const auto& message : messages) {
            const auto sent = producer.send(message, 10s);
            ASSERT_TRUE(sent.ok()) << sent.error().message;
        }
    }
    [[nodiscard]] OutgoingMessage item(int number) const {
        return {.topic = in_,
                .key = "key-" + std::to_string(number % Feeder::kKeys),
                .payload = envelope("id-" + std::to_string(number), Item::event_type,
                                    R"({"number":)" + std::to_string(number) + "}")};
    }
    static FlowCounts counts_of(ServiceOrchestrator& service) { return service.metrics().flows()[0].second; }
    /// Waits until it has consumed so many, duplicates too: those leave no record to wait for.
    [[nodiscard]] bool await_consumed(ServiceOrchestrator& service, std::uint64_t records) const {
        const auto guard = std::chrono::steady_clock::now() + 30s;
        while (counts_of(service).consumed < records && std::chrono::steady_clock::now() < guard) {
            (void)testing_support::await_end(servers_, out_, 1'000'000, 20ms);
        }
        return counts_of(service).consumed >= records;
    }

    BrokerUnderTest& broker_ = GetParam().get();
    std::string servers_ = broker_.bootstrap_servers();
    RedisServer redis_{};
    std::string in_ = make_topic(4);
    std::string out_ = make_topic(4);
    std::string group_ = in_ + "-shop";
};

TEST_P(WholePath, HandlesRetriesSkipsDeadLettersAndGoesOnWhereItStopped) {
    Feeder feeder(servers_, in_);
    feeder.feed(400);
    std::vector<OutgoingMessage> more{{.topic = in_, .key = "k", .payload = "no envelope at all \xff"}};
    for (int number = 0; number < 50; ++number) {
        more.push_back(item(number)); // once more
    }
    send(more);
    auto service = start_copier();
    const auto letters = await_records(servers_, TopicNames::dead_letters(in_, group_), 1);
    ASSERT_THAT(letters, SizeIs(1));
    EXPECT_EQ(letters[0].payload, more[0].payload);
    EXPECT_EQ(await_output(servers_, out_, 400), OutputAccount{});
    EXPECT_TRUE(await_consumed(*service, 451));
    EXPECT_EQ(service->stop(), 0U);
    EXPECT_EQ(counts_of(*service).count(Outcome::handled), 400U);
    EXPECT_EQ(counts_of(*service).count(Outcome::duplicate), 50U);
    EXPECT_EQ(counts_of(*service).retries, 1U);

    send({item(7), item(400)}); // one that was handled before the restart, one that is new
    service = start_copier();
    EXPECT_EQ(await_output(servers_, out_, 401), OutputAccount{});
    EXPECT_TRUE(await_consumed(*service, 2));
    EXPECT_EQ(service->stop(), 0U);
    EXPECT_EQ(counts_of(*service).consumed, 2U) << "it goes on where it stopped";
}

TEST_P(WholePath, AStoreThatDiesUnderLoadLosesNothing) {
    auto service = start_copier();
    Feeder feeder(servers_, in_);
    feeder.feed(1000);
    (void)await_records(servers_, out_, 1);
    redis_.stop();
    feeder.feed(1000);
    const auto account = await_output(servers_, out_, 2000);
    EXPECT_EQ(account.missing, 0U);
    EXPECT_EQ(account.two_ids, 0U);
    EXPECT_EQ(service->stop(), 0U);
}

TEST_P(WholePath, HeadersAndTombstonesPassUnchanged) {
    Headers headers;
    headers.append("name", std::string("\0\xff", 2));
    headers.append("name", "again");
    headers.append("none", std::nullopt);
    send({{.topic = in_, .key = "gone", .headers = headers},
          {.topic = in_, .key = "kept", .payload = envelope("id-1"), .headers = headers}});
    auto service = start_service([this](StreamServiceBuilder& builder) {
        builder.add_consumer_handler(reading(), [this](const Message& message, Context& context) {
            OutgoingMessage copy{.topic = out_, .headers = message.headers()};
            copy.key = std::string(message.key().value());
            if (message.payload()) {
                copy.payload = std::string(*message.payload());
            }
            context.send(std::move(copy));
        });
    });
    auto records = await_records(servers_, out_, 2);
    ASSERT_THAT(records, SizeIs(2));
    std::ranges::sort(records, {}, &StoredRecord::key);
    EXPECT_THAT(records[0].key, Optional(std::string("gone")));
    EXPECT_EQ(records[0].payload, std::nullopt);
    EXPECT_EQ(records[0].headers, headers);
    EXPECT_THAT(records[1].payload, Optional(envelope("id-1")));
    EXPECT_EQ(records[1].headers, headers);
    EXPECT_EQ(service->stop(), 0U);
}

TEST_P(WholePath, TwoMembersShareThePartitionsAndRepeatNothing) {
    auto first = start_copier();
    Feeder feeder(servers_, in_);
    feeder.feed(500);
    EXPECT_EQ(await_output(servers_, out_, 500), OutputAccount{});
    auto second = start_copier();
    const auto guard = std::chrono::steady_clock::now() + 30s;
    while (counts_of(*second).consumed == 0 && std::chrono::steady_clock::now() < guard) {
        feeder.feed(20); // only a member that was given partitions takes any of them
    }
    EXPECT_EQ(await_output(servers_, out_, feeder.sent()), OutputAccount{});
    EXPECT_EQ(first->stop() + second->stop(), 0U);
    EXPECT_GE(counts_of(*first).consumed, 500U);
}

/// State that is written by one flow's handlers and read by another's must be there before the first record is handled.
TEST_P(WholePath, StateIsReadToItsEndBeforeTheFirstRecordIsHandled) {
    constexpr int kStates = 3000;
    const std::string state_topic = make_topic(2);
    Feeder states(servers_, state_topic);
    states.feed(kStates);
    send({item(1)});
    std::atomic<int> known{0};
    const auto service = start_service([&](StreamServiceBuilder& builder) {
        builder
            .add_consumer_handler<Item>(
                reading(), [&](const Item&, Context& context) { context.send(out_, "k", Item{known.load()}); })
            .add_consumer_handler<Item>(
                {.topics = {state_topic}, .group_id = group_ + "-state", .broadcast = true, .catch_up_first = true},
                [&](const Item&, Context&) { ++known; });
    });
    const auto records = await_records(servers_, out_, 1);
    ASSERT_THAT(records, SizeIs(1));
    EXPECT_THAT(records[0].payload,
                Optional(::testing::HasSubstr(R"("data":{"number":)" + std::to_string(kStates) + "}")));
    EXPECT_EQ(service->stop(), 0U);
}

INSTANTIATE_TEST_SUITE_P(, WholePath, ::testing::ValuesIn(brokers_under_test()),
                         [](const auto& instance) { return instance.param.name; });

} // namespace
} // namespace tests
