// A service on librdkafka's in-process cluster and a real Redis: the whole path of a record, looked at with a bare
// reader.

#include <atomic>
#include <set>

#include "core/streaming/patterns/run_service.hpp"
#include "tests/support/flow_fixture.hpp"
#include "tests/support/kafka_fixture.hpp"
#include "tests/support/kafka_reader.hpp"
#include "tests/support/redis_server.hpp"

namespace {

using namespace streaming;
using testing_support::await_records;
using testing_support::read_topic;
using testing_support::RedisServer;
using tests::envelope;
using tests::Item;

class WholePath : public testing_support::KafkaTest {
protected:
    std::unique_ptr<ServiceOrchestrator> start_service(std::size_t workers = 2) {
        StreamServiceBuilder builder(
            "shop", {.kafka = kafka(), .redis = RedisOptions{.url = redis_.url(), .command_timeout = 500ms}});
        builder.add_consumer_handler<Item>({.topics = {in_},
                                            .group_id = in_ + "-shop",
                                            .workers = workers,
                                            .session_timeout = 6s,
                                            .heartbeat_interval = 300ms},
                                           [this](const Item& item, Context& context) {
                                               ++handled_;
                                               context.send(out_, std::to_string(item.number), item);
                                           });
        auto service = builder.build();
        const Status started = service->start();
        EXPECT_TRUE(started.ok()) << started.error().message;
        return service;
    }
    static std::string item(int number) {
        return envelope("id-" + std::to_string(number), Item::event_type,
                        R"({"number":)" + std::to_string(number) + "}");
    }
    static std::set<std::string> ids_of(const std::vector<testing_support::StoredRecord>& records) {
        std::set<std::string> ids;
        for (const auto& record : records) {
            ids.insert(EventEnvelope::parse(*record.payload).value().id);
        }
        return ids;
    }

    RedisServer redis_{};
    std::string in_ = make_topic(2);
    std::string out_ = make_topic(2);
    std::atomic<int> handled_{0};
};

TEST_F(WholePath, HandlesSkipsDeadLettersAndGoesOnWhereItStopped) {
    std::vector<std::string> payloads;
    for (int i = 0; i < 500; ++i) {
        payloads.push_back(item(i % 400));
    }
    payloads.emplace_back("no envelope at all \xff");
    fill(in_, payloads);
    auto service = start_service();
    EXPECT_EQ(await_records(kafka().bootstrap_servers, out_, 400).size(), 400U);
    const auto letters = await_records(kafka().bootstrap_servers, TopicNames::dead_letters(in_, in_ + "-shop"), 1);
    ASSERT_EQ(letters.size(), 1U);
    EXPECT_EQ(letters[0].payload, payloads.back());
    EXPECT_EQ(service->stop(), 0U);
    const FlowCounts counts = service->metrics().flows()[0].second;
    EXPECT_EQ(counts.count(Outcome::handled), 400U);
    EXPECT_EQ(counts.count(Outcome::duplicate), 100U);

    fill(in_, {item(7), item(1000)}); // one that was handled before the restart, one that is new
    service = start_service();
    EXPECT_EQ(await_records(kafka().bootstrap_servers, out_, 401).size(), 401U);
    EXPECT_EQ(service->stop(), 0U);
    EXPECT_EQ(service->metrics().flows()[0].second.consumed, 2U) << "it goes on where it stopped";
    EXPECT_EQ(ids_of(read_topic(kafka().bootstrap_servers, out_)).size(), 401U);
}

TEST_F(WholePath, StateIsReadToItsEndBeforeTheFirstRecordIsHandled) {
    constexpr int kStates = 3000;
    const auto state_topic = make_topic(2);
    std::vector<std::string> states;
    for (int number = 1; number <= kStates; ++number) {
        states.push_back(item(number));
    }
    fill(state_topic, states);
    fill(in_, {item(1)});
    std::atomic<int> known{0};
    std::atomic<int> met{-1};
    StreamServiceBuilder builder("shop", {.kafka = kafka()});
    builder
        .add_consumer_handler<Item>(
            {.topics = {in_}, .group_id = in_ + "-shop", .session_timeout = 6s, .heartbeat_interval = 300ms},
            [&](const Item&, Context& context) {
                met = known.load();
                context.send(out_, "k", Item{met});
            })
        .add_consumer_handler<Item>(
            {.topics = {state_topic}, .group_id = in_ + "-state", .broadcast = true, .catch_up_first = true},
            [&](const Item&, Context&) { ++known; });
    const auto service = builder.build();
    ASSERT_TRUE(service->start().ok());
    (void)await_records(kafka().bootstrap_servers, out_, 1);
    EXPECT_EQ(met, kStates);
    EXPECT_EQ(service->stop(), 0U);
}

TEST_F(WholePath, AStoreThatDiesUnderLoadLosesNothing) {
    auto service = start_service();
    std::vector<std::string> first;
    std::vector<std::string> second;
    for (int i = 0; i < 2000; ++i) {
        (i < 1000 ? first : second).push_back(item(i));
    }
    fill(in_, first);
    (void)await_records(kafka().bootstrap_servers, out_, 1);
    redis_.stop();
    fill(in_, second);
    EXPECT_GE(await_records(kafka().bootstrap_servers, out_, 2000).size(), 2000U);
    EXPECT_EQ(service->stop(), 0U);
    EXPECT_EQ(ids_of(read_topic(kafka().bootstrap_servers, out_)).size(), 2000U);
}

} // namespace
