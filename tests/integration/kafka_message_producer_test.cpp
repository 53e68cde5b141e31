#include "core/streaming/infrastructure/kafka_message_producer.hpp"

#include <gmock/gmock.h>

#include <algorithm>

#include "tests/support/kafka_fixture.hpp"
#include "tests/support/kafka_reader.hpp"

namespace streaming {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::Optional;
using ::testing::SizeIs;
using testing_support::read_topic;
using testing_support::ReportCollector;

constexpr std::int16_t kProduce = 0; // API keys of the protocol
constexpr int kOutOfOrderSequence = 45;

class KafkaMessageProducerTest : public testing_support::KafkaTest {
protected:
    std::unique_ptr<KafkaMessageProducer> started(ProducerOptions options = {.linger = 0ms},
                                                  const EmbeddedBroker& at = broker()) {
        auto producer = std::make_unique<KafkaMessageProducer>(kafka(at), options);
        EXPECT_TRUE(producer->start(10s).ok());
        return producer;
    }
};

TEST_F(KafkaMessageProducerTest, KeepsKeyPayloadAndHeadersByteForByte) {
    const auto topic = make_topic();
    Headers headers;
    headers.append("trace", "a\0b");
    headers.append("trace", "second");
    headers.append("none", std::nullopt);
    headers.append("empty", "");
    const std::string bytes("\0\xff{", 3);
    ReportCollector reports;
    const std::vector<OutgoingRecord> records{
        {.topic = topic, .key = bytes, .payload = bytes, .headers = &headers, .ticket = &reports.ticket(0)},
        {.topic = topic, .key = std::nullopt, .payload = "no key", .ticket = &reports.ticket(1)},
        {.topic = topic, .key = "gone", .payload = std::nullopt, .ticket = &reports.ticket(2)},
        {.topic = topic, .key = "", .payload = "", .ticket = &reports.ticket(3)},
        {.topic = topic, .key = "gone", .payload = std::nullopt, .headers = &headers, .ticket = &reports.ticket(4)},
    };
    const auto producer = started();
    producer->send_batch(records, {});
    reports.await(records.size());

    const auto stored = read_topic(broker().bootstrap_servers(), topic);
    ASSERT_THAT(stored, SizeIs(5));
    EXPECT_EQ(stored[0].key, bytes);
    EXPECT_EQ(stored[0].payload, bytes);
    EXPECT_EQ(stored[0].headers, headers);
    EXPECT_EQ(stored[1].key, std::nullopt);
    EXPECT_EQ(stored[2].payload, std::nullopt);
    EXPECT_TRUE(stored[2].headers.empty());
    EXPECT_THAT(stored[3].key, Optional(std::string()));
    EXPECT_THAT(stored[3].payload, Optional(std::string()));
    EXPECT_EQ(stored[4].headers, headers);
}

TEST_F(KafkaMessageProducerTest, ReportsEveryRecordOnceAndKeepsTheOrder) {
    const auto topic = make_topic();
    const auto payloads = numbered(3000);
    ReportCollector reports;
    std::vector<OutgoingRecord> records;
    for (const auto& payload : payloads) {
        records.push_back(
            {.topic = topic, .key = "key", .payload = payload, .ticket = &reports.ticket(records.size())});
    }
    const auto producer = started({.linger = 1ms, .max_queued_records = 100});
    producer->send_batch(records, {});

    const auto all = reports.await(records.size());
    ASSERT_THAT(all, SizeIs(records.size()));
    for (std::size_t i = 0; i < all.size(); ++i) {
        ASSERT_EQ(all[i].index, i);
        ASSERT_EQ(all[i].offset, static_cast<std::int64_t>(i));
    }
    const auto stored = read_topic(broker().bootstrap_servers(), topic);
    EXPECT_TRUE(std::ranges::equal(stored, payloads, {}, [](const auto& record) { return record.payload.value(); }));
}

TEST_F(KafkaMessageProducerTest, RefusesWhatIsTooLargeOnTheCallingThreadAndSendsTheRest) {
    const auto topic = make_topic();
    const std::string large(200'000, 'x');
    ReportCollector reports;
    const std::vector<OutgoingRecord> records{{.topic = topic, .payload = "before", .ticket = &reports.ticket(0)},
                                              {.topic = topic, .payload = large, .ticket = &reports.ticket(1)},
                                              {.topic = topic, .payload = "after", .ticket = &reports.ticket(2)}};
    const auto producer = started({.linger = 0ms, .max_message_bytes = 100'000});
    producer->send_batch(records, {});

    auto all = reports.await(3);
    std::ranges::sort(all, {}, &testing_support::Report::index);
    EXPECT_EQ(all[0].error, std::nullopt);
    EXPECT_EQ(all[1].error, ErrorCode::too_large);
    EXPECT_FALSE(all[1].retryable);
    EXPECT_EQ(all[1].thread, std::this_thread::get_id());
    EXPECT_EQ(all[2].error, std::nullopt);
    EXPECT_THAT(read_topic(broker().bootstrap_servers(), topic), SizeIs(2));
}

TEST_F(KafkaMessageProducerTest, ReportsWhatHadNoRoomWhenAskedToStop) {
    EmbeddedBroker slow;
    const auto producer = started({.linger = 0ms, .max_queued_records = 2}, slow);
    slow.set_down(true); // nothing leaves the queue any more
    ReportCollector reports;
    std::vector<OutgoingRecord> records;
    for (std::size_t i = 0; i < 5; ++i) {
        records.push_back({.topic = "t", .payload = "p", .ticket = &reports.ticket(i)});
    }
    std::stop_source stop;
    std::jthread sender([&] { producer->send_batch(records, stop.get_token()); });
    stop.request_stop();
    sender.join();

    const auto refused = reports.await(3);
    EXPECT_THAT(refused, Each(Field(&testing_support::Report::error, ErrorCode::stopped)));
    EXPECT_EQ(producer->stop(0ms), 5 - refused.size());
    EXPECT_THAT(reports.await(5), SizeIs(5));
}

TEST_F(KafkaMessageProducerTest, ReportsWhatItGivesUpWhenStopped) {
    EmbeddedBroker away;
    const auto producer = started({.linger = 0ms}, away);
    away.set_down(true);
    ReportCollector reports;
    const OutgoingRecord record{.topic = "t", .payload = "p", .ticket = &reports.ticket(0)};
    producer->send_batch({&record, 1}, {});
    EXPECT_EQ(producer->stop(0ms), 1U);
    EXPECT_THAT(reports.so_far(), ElementsAre(Field(&testing_support::Report::error, ::testing::Ne(std::nullopt))));
    EXPECT_EQ(producer->stop(0ms), 0U);

    ReportCollector late;
    const OutgoingRecord after{.topic = "t", .payload = "p", .ticket = &late.ticket(0)};
    producer->send_batch({&after, 1}, {});
    EXPECT_THAT(late.so_far(), ElementsAre(Field(&testing_support::Report::error, ErrorCode::stopped)));
}

TEST_F(KafkaMessageProducerTest, GoesOnWithANewClientAfterAFatalError) {
    EmbeddedBroker faulty;
    ASSERT_TRUE(faulty.create_topic("t", 1).ok());
    const auto producer = started({.linger = 0ms}, faulty);
    const OutgoingMessage message{.topic = "t", .payload = "p"};
    ASSERT_TRUE(producer->send(message, 10s).ok());
    faulty.fail_next(kProduce, {kOutOfOrderSequence, kOutOfOrderSequence, kOutOfOrderSequence, kOutOfOrderSequence});

    const auto failed = producer->send(message, 30s);
    ASSERT_FALSE(failed.ok());
    EXPECT_TRUE(failed.error().retryable) << failed.error().message;
    auto again = producer->send(message, 30s);
    while (!again.ok()) {
        ASSERT_TRUE(again.error().retryable) << again.error().message;
        again = producer->send(message, 30s);
    }
}

TEST_F(KafkaMessageProducerTest, SendReturnsTheIdOfTheEvent) {
    const auto topic = make_topic();
    const auto producer = started();
    const auto id = producer->send({.topic = topic, .key = "k", .payload = R"({"id":"e-1","type":"t"})"}, 10s);
    ASSERT_TRUE(id.ok()) << id.error().message;
    EXPECT_EQ(id.value(), "e-1");
    const auto none = producer->send({.topic = topic, .payload = "no envelope"}, 10s);
    ASSERT_TRUE(none.ok());
    EXPECT_EQ(none.value(), "");
}

TEST_F(KafkaMessageProducerTest, SendThatIsNotAcknowledgedInTimeIsUnknown) {
    EmbeddedBroker away;
    const auto producer = started({.linger = 0ms}, away);
    away.set_down(true);
    const auto sent = producer->send({.topic = "t", .payload = "p"}, 50ms);
    ASSERT_FALSE(sent.ok());
    EXPECT_EQ(sent.error().code, ErrorCode::unknown_outcome);
}

TEST_F(KafkaMessageProducerTest, StartNamesTheServersThatDoNotAnswer) {
    std::string servers;
    {
        EmbeddedBroker gone;
        servers = gone.bootstrap_servers();
    }
    KafkaMessageProducer producer({.bootstrap_servers = servers}, {});
    const auto status = producer.start(300ms);
    ASSERT_FALSE(status.ok());
    EXPECT_TRUE(status.error().retryable);
    EXPECT_THAT(status.error().message, AllOf(HasSubstr(servers), HasSubstr("300 ms")));
}

} // namespace
} // namespace streaming
