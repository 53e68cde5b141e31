#pragma once

#include <string>
#include <vector>

#include "core/streaming/infrastructure/event_envelope.hpp"
#include "tests/contract/broker_contract.hpp"

namespace streaming::contract {

class ProducerContract : public BrokerContract {
protected:
    /// The errors of the reports that came before `send_batch` returned.
    static std::vector<std::optional<ErrorCode>> errors_at_once(MessageProducer& producer,
                                                                const OutgoingRecord& record) {
        Reports reports;
        DeliveryTicket ticket(reports);
        OutgoingRecord with_ticket = record;
        with_ticket.ticket = &ticket;
        producer.send_batch({&with_ticket, 1}, {});
        std::vector<std::optional<ErrorCode>> errors;
        for (const Reports::Report& report : reports.so_far()) {
            errors.push_back(report.error);
        }
        return errors;
    }
};

TEST_P(ProducerContract, StartsTwice) { EXPECT_TRUE(producer_->start(10s).ok()); }

TEST_P(ProducerContract, ABatchArrivesInOrderAndIsReportedRecordByRecord) {
    Reports reports;
    DeliveryTicket ticket(reports); // one for all of them: it gets as many reports
    std::vector<std::string> payloads;
    payloads.reserve(100);
    for (int i = 0; i < 100; ++i) {
        payloads.push_back(std::to_string(i));
    }
    std::vector<OutgoingRecord> batch;
    batch.reserve(payloads.size());
    for (const std::string& payload : payloads) {
        batch.push_back({.topic = topic_, .key = "k", .payload = payload, .ticket = &ticket});
    }
    producer_->send_batch(batch, {});
    const auto delivered = reports.wait_for(100);
    for (std::size_t i = 0; i < delivered.size(); ++i) {
        EXPECT_EQ(delivered[i].error, std::nullopt);
        EXPECT_EQ(delivered[i].partition, 0);
        EXPECT_EQ(delivered[i].offset, static_cast<std::int64_t>(i));
    }
    std::vector<std::string> read;
    for (const Copy& record : broadcast_reader()->read(100)) {
        read.push_back(record.payload.value_or(""));
    }
    EXPECT_EQ(read, payloads);
}

TEST_P(ProducerContract, ARecordTooLargeIsReportedBeforeSendBatchReturnsAndTheOthersAreSent) {
    Reports reports;
    DeliveryTicket ticket(reports);
    const std::string large(200'000, 'x');
    const OutgoingRecord batch[] = {{.topic = topic_, .payload = "a", .ticket = &ticket},
                                    {.topic = topic_, .payload = large, .ticket = &ticket},
                                    {.topic = topic_, .payload = "b", .ticket = &ticket}};
    EXPECT_THAT(errors_at_once(*producer_, {.topic = topic_, .payload = large}),
                ::testing::ElementsAre(ErrorCode::too_large));
    producer_->send_batch(batch, {});
    (void)reports.wait_for(3);
    const auto records = broadcast_reader()->read(2);
    EXPECT_EQ(records[0].payload, "a");
    EXPECT_EQ(records[1].payload, "b");
}

TEST_P(ProducerContract, RefusesBeforeTheStartAndAfterTheStop) {
    const auto early = platform_->producer(kafka_, {});
    EXPECT_THAT(errors_at_once(*early, {.topic = topic_, .payload = "p"}), ::testing::ElementsAre(ErrorCode::stopped));
    EXPECT_EQ(producer_->stop(10s), 0U);
    EXPECT_EQ(producer_->stop(10s), 0U);
    EXPECT_THAT(errors_at_once(*producer_, {.topic = topic_, .payload = "p"}),
                ::testing::ElementsAre(ErrorCode::stopped));
    const auto sent = producer_->send({.topic = topic_, .payload = "p"}, 10s);
    ASSERT_FALSE(sent.ok());
    EXPECT_EQ(sent.error().code, ErrorCode::stopped);
}

TEST_P(ProducerContract, SendReturnsTheIdOfTheEvent) {
    const EventEnvelope envelope{.id = "id-1", .type = "test.event"};
    const auto sent = producer_->send({.topic = topic_, .payload = envelope.to_json()}, 10s);
    ASSERT_TRUE(sent.ok());
    EXPECT_EQ(sent.value(), "id-1");
    const auto raw = producer_->send({.topic = topic_, .payload = "no envelope"}, 10s);
    ASSERT_TRUE(raw.ok());
    EXPECT_EQ(raw.value(), "");
    const auto tombstone = producer_->send({.topic = topic_, .key = "k"}, 10s);
    ASSERT_TRUE(tombstone.ok());
    EXPECT_EQ(tombstone.value(), "");
}

TEST_P(ProducerContract, SendOfATooLargeMessageSaysSo) {
    const auto sent = producer_->send({.topic = topic_, .payload = std::string(200'000, 'x')}, 10s);
    ASSERT_FALSE(sent.ok());
    EXPECT_EQ(sent.error().code, ErrorCode::too_large);
    EXPECT_FALSE(sent.error().retryable);
}

TEST_P(ProducerContract, RecordsOfOneKeyGoToOnePartition) {
    const std::string wide = new_topic(3);
    Reports reports;
    DeliveryTicket ticket(reports);
    const std::vector<OutgoingRecord> batch(20, {.topic = wide, .key = "k", .payload = "p", .ticket = &ticket});
    producer_->send_batch(batch, {});
    const auto delivered = reports.wait_for(batch.size());
    for (const Reports::Report& report : delivered) {
        EXPECT_EQ(report.partition, delivered.front().partition);
    }
}

} // namespace streaming::contract
