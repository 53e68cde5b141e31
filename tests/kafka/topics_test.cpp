// What only a real broker does with topics.

#include <gmock/gmock.h>

#include <algorithm>
#include <functional>

#include "tests/kafka/feeder.hpp"
#include "tests/kafka/output_account.hpp"
#include "tests/kafka/real_kafka_test.hpp"
#include "tests/support/flow_fixture.hpp"
#include "tests/support/kafka_reader.hpp"
#include "tests/support/kafka_tools.hpp"

namespace tests {
namespace {

using namespace streaming;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using testing_support::await_records;
using testing_support::read_topic;

class RealTopics : public RealKafkaTest {
protected:
    /// What the service's health says about its flow.
    [[nodiscard]] std::string flow_health(const ServiceOrchestrator& service) const {
        const Health health = service.health();
        const auto part = std::ranges::find(health.parts, "flow " + group_, &PartHealth::name);
        return part == health.parts.end() ? "no such flow" : part->detail;
    }
    /// Looks every 20 ms or so, in step with the broker.
    static bool await(const std::function<bool()>& condition, std::chrono::seconds patience = 30s) {
        const auto deadline = std::chrono::steady_clock::now() + patience;
        while (!condition()) {
            if (std::chrono::steady_clock::now() >= deadline) {
                return false;
            }
            (void)testing_support::await_end(servers(), "nothing-is-ever-written", 1, 20ms);
        }
        return true;
    }
};

TEST_F(RealTopics, AConsumerTellsThatItsTopicIsMissingAndHealsWhenItIsMade) {
    in_ = new_name();
    group_ = in_ + "-copy";
    auto service = start_copier();
    EXPECT_TRUE(await([&] { return flow_health(*service).find(in_) != std::string::npos; })) << flow_health(*service);
    make_topic(in_, 2);
    Feeder feeder(servers(), in_);
    feeder.feed(100);
    EXPECT_EQ(await_output(servers(), out_, 100), OutputAccount{});
    EXPECT_EQ(KafkaTopicAdmin({.bootstrap_servers = servers()}).partitions(in_, 10s).value(), 2);
    EXPECT_TRUE(await([&] { return flow_health(*service).empty(); })) << flow_health(*service);
    EXPECT_EQ(service->stop(), 0U);
}

TEST_F(RealTopics, ABroadcastConsumerDoesNotMakeTheTopicThatItMisses) {
    in_ = new_name();
    group_ = "broadcast";
    auto service = start_copier({.broadcast = true});
    EXPECT_TRUE(await([&] { return flow_health(*service).find(in_) != std::string::npos; })) << flow_health(*service);
    make_topic(in_, 2); // with the partitions it should have, not with the broker's default
    Feeder feeder(servers(), in_);
    feeder.feed(100);
    EXPECT_EQ(await_output(servers(), out_, 100), OutputAccount{});
    EXPECT_EQ(KafkaTopicAdmin({.bootstrap_servers = servers()}).partitions(in_, 10s).value(), 2);
    EXPECT_EQ(service->stop(), 0U);
}

TEST_F(RealTopics, PartitionsThatAreAddedAreReadFromTheirBeginning) {
    properties_ = {{"topic.metadata.refresh.interval.ms", "500"}};
    in_ = make_topic(1);
    group_ = in_ + "-copy";
    auto service = start_copier();
    {
        Feeder feeder(servers(), in_);
        feeder.feed(100);
        EXPECT_EQ(await_output(servers(), out_, 100), OutputAccount{});
    }
    testing_support::add_partitions(servers(), in_, 4);
    Feeder again(servers(), in_); // knows the new partitions from the start
    again.feed(400);
    const auto account = await_output(servers(), out_, 400);
    EXPECT_EQ(account.missing, 0U);
    EXPECT_EQ(account.two_ids, 0U);
    EXPECT_EQ(service->stop(), 0U);
}

TEST_F(RealTopics, RecordsAreFoundByTheTimeAtWhichTheyWereWritten) {
    in_ = make_topic(1);
    Feeder feeder(servers(), in_);
    feeder.feed(10);
    const auto between = std::chrono::ceil<std::chrono::milliseconds>(std::chrono::system_clock::now()) + 1ms;
    while (std::chrono::system_clock::now() < between) {
    }
    feeder.feed(10);
    EXPECT_EQ(testing_support::offset_at(servers(), in_, 0, between), 10);
    EXPECT_EQ(testing_support::offset_at(servers(), in_, 0, between - 1h), 0);
    EXPECT_EQ(testing_support::offset_at(servers(), in_, 0, between + 1h), -1) << "none is that young";
}

TEST_F(RealTopics, ACompactedTopicKeepsTheLastRecordOfAKey) {
    const auto topic = make_topic(1, {{"cleanup.policy", "compact"},
                                      {"segment.ms", "100"},
                                      {"min.cleanable.dirty.ratio", "0.01"},
                                      {"min.compaction.lag.ms", "0"},
                                      {"max.compaction.lag.ms", "200"}});
    Feeder feeder(servers(), topic);
    feeder.feed(3 * Feeder::kKeys);
    // The segment that is written to is never compacted: it is closed by a record that comes late enough.
    std::vector<testing_support::StoredRecord> left;
    EXPECT_TRUE(await([&] {
        feeder.feed(1);
        left = read_topic(servers(), topic);
        return left.size() < static_cast<std::size_t>(2 * Feeder::kKeys);
    }));
    std::set<std::string> keys;
    for (const auto& record : left) {
        keys.insert(*record.key);
        EXPECT_GE(record.offset, 2 * Feeder::kKeys) << "older than the last of its key";
    }
    EXPECT_THAT(keys, SizeIs(Feeder::kKeys));
}

/// The position of the flow is cut off while a handler holds everything back and next to nothing is prefetched.
TEST_F(RealTopics, RecordsThatVanishUnderALaggingConsumerDoNotStopIt) {
    in_ = make_topic(1);
    constexpr int kSent = 1000;
    constexpr int kVanished = 600;
    Feeder feeder(servers(), in_);
    while (feeder.sent() < kSent) {
        feeder.feed(50); // a fetch brings whole batches: in small ones
    }
    Gate gate;
    StreamServiceBuilder builder("reader", {.kafka = {.bootstrap_servers = servers(),
                                                      .properties = {{"queued.min.messages", "1"},
                                                                     {"queued.max.messages.kbytes", "1"},
                                                                     {"fetch.message.max.bytes", "2000"}}}});
    builder.add_consumer_handler<Numbered>(
        {.topics = {in_}, .group_id = group_, .max_batch = 10, .max_in_flight = 10, .commit_interval = 50ms},
        [&](const Numbered& item, Context& context) {
            gate.pass();
            context.send(out_, "key", item);
        });
    auto service = builder.build();
    ASSERT_TRUE(service->start().ok());
    gate.await(1);
    testing_support::delete_records_before(servers(), in_, 0, kVanished);
    gate.open();
    std::set<int> seen;
    EXPECT_TRUE(await([&] {
        for (const auto& record : read_topic(servers(), out_)) {
            seen.insert(nlohmann::json::parse(*record.payload).at("data").at("number").get<int>());
        }
        return seen.contains(kSent - 1);
    }));
    EXPECT_LT(seen.size(), static_cast<std::size_t>(kSent)) << "nothing vanished";
    for (int number = kVanished; number < kSent; ++number) {
        ASSERT_TRUE(seen.contains(number)) << number;
    }
    EXPECT_EQ(service->stop(), 0U);
}

TEST_F(RealTopics, RecordsThatVanishWhileAServiceIsAwayAreSkipped) {
    in_ = make_topic(1);
    group_ = in_ + "-copy";
    Feeder feeder(servers(), in_);
    feeder.feed(100);
    auto service = start_copier();
    EXPECT_EQ(await_output(servers(), out_, 100), OutputAccount{});
    EXPECT_EQ(service->stop(), 0U);
    feeder.feed(200);
    testing_support::delete_records_before(servers(), in_, 0, 200);
    service = start_copier();
    EXPECT_TRUE(testing_support::await_end(servers(), out_, 200, 30s));
    EXPECT_EQ(account_of(read_topic(servers(), out_), 300), (OutputAccount{.missing = 100}));
    EXPECT_EQ(service->stop(), 0U);
}

} // namespace
} // namespace tests
