#include "core/streaming/ingestion/producer_wrapper.hpp"

#include <gmock/gmock.h>
#include <spdlog/logger.h>

#include "core/streaming/testing/mocks.hpp"
#include "tests/support/sending_fixture.hpp"

namespace {

using namespace std::chrono_literals;
using namespace streaming;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

class ProducerWrapperTest : public tests::SendingFixture {
protected:
    [[nodiscard]] std::string header(const std::string& name) const {
        const auto letters = broker_.records(kDeadLetters);
        return letters.empty() ? "no dead letter" : std::string(letters.front().headers.find(name).value_or("absent"));
    }
};

TEST_F(ProducerWrapperTest, TellsTheSourceWhenTheBrokerHasARecord) {
    broker_.hold_acks();
    send_ids({"a", "b"});
    EXPECT_EQ(wrapper().in_flight(), 2);
    EXPECT_THAT(settlements_->of("a"), IsEmpty());
    broker_.release_acks();
    serve();
    EXPECT_EQ(settlement("a"), Settlement::acknowledged);
    EXPECT_EQ(settlement("b"), Settlement::acknowledged);
    EXPECT_EQ(wrapper().in_flight(), 0);
    EXPECT_THAT(stored(), ElementsAre("a", "b"));
}

TEST_F(ProducerWrapperTest, RetriesAfterOneTwoAndFourSecondsAndThenDeadLetters) {
    fail_sends(4, ErrorCode::unavailable, kTopic);
    send_ids({"a"});
    serve();
    EXPECT_EQ(serve_next(), 1s);
    EXPECT_EQ(serve_next(), 2s);
    EXPECT_THAT(settlements_->of("a"), IsEmpty());
    EXPECT_EQ(serve_next(), 4s);
    EXPECT_EQ(settlement("a"), Settlement::dead_lettered);
    EXPECT_THAT(stored(kDeadLetters), ElementsAre("a"));
    EXPECT_THAT(stored(), IsEmpty());
    EXPECT_EQ(header("tributary-attempts"), "4");
    EXPECT_EQ(header("tributary-first-failure"), "2026-01-01T00:00:00.000Z");
    EXPECT_EQ(header("tributary-last-failure"), "2026-01-01T00:00:07.000Z");
}

TEST_F(ProducerWrapperTest, SaysInADeadLetterWhatItWasAndWhyItFailed) {
    fail_sends(1, ErrorCode::not_authorized, kTopic);
    IngestionRecord one = record("a");
    one.payload = R"({"id":"a","type":"t","correlation_id":"c-1","data":{}})";
    std::vector<IngestionRecord> batch;
    batch.push_back(one);
    send(std::move(batch));
    serve();
    EXPECT_EQ(settlement("a"), Settlement::dead_lettered);
    EXPECT_THAT(stored(kDeadLetters), ElementsAre(one.payload));
    EXPECT_EQ(broker_.records(kDeadLetters).front().key, "k");
    EXPECT_EQ(header("tributary-original-topic"), kTopic);
    EXPECT_EQ(header("tributary-service"), "ingest");
    EXPECT_EQ(header("tributary-handler"), "stations");
    EXPECT_EQ(header("tributary-group"), "stations");
    EXPECT_EQ(header("tributary-error-class"), "NotAuthorized");
    EXPECT_EQ(header("tributary-error-message"), "told to fail");
    EXPECT_EQ(header("tributary-attempts"), "1");
    EXPECT_EQ(header("tributary-redrive-count"), "0");
    EXPECT_EQ(header("tributary-correlation-id"), "c-1");
    EXPECT_EQ(wrapper().get_metrics().retry_count, 0);
}

TEST_F(ProducerWrapperTest, DeadLettersARejectedRowAsItCame) {
    std::vector<IngestionRecord> batch = records({"good", "bad"});
    batch[1].rejected = "no number";
    batch[1].key.clear();
    send(std::move(batch));
    serve();
    EXPECT_EQ(settlement("good"), Settlement::acknowledged);
    EXPECT_EQ(settlement("bad"), Settlement::dead_lettered);
    EXPECT_THAT(stored(kDeadLetters), ElementsAre("bad"));
    EXPECT_EQ(broker_.records(kDeadLetters).front().key, "bad");
    EXPECT_EQ(header("tributary-error-class"), "Rejected");
    EXPECT_EQ(header("tributary-error-message"), "no number");
    EXPECT_EQ(header("tributary-original-topic"), "absent") << "it was in none, and does not belong there";
    EXPECT_EQ(wrapper().get_metrics().total_failed, 0);
}

TEST_F(ProducerWrapperTest, LeavesThePayloadOutOfADeadLetterThatItWouldNotFit) {
    std::vector<IngestionRecord> batch = records({"small", "large"});
    batch[1].payload.assign(5000, 'x');
    send(std::move(batch));
    serve();
    EXPECT_EQ(settlement("small"), Settlement::acknowledged);
    EXPECT_EQ(settlement("large"), Settlement::dead_lettered);
    EXPECT_THAT(stored(kDeadLetters), ElementsAre("no payload"));
    EXPECT_EQ(header("tributary-error-class"), "TooLarge");
    EXPECT_EQ(header("tributary-payload-bytes"), "5000");
}

TEST_F(ProducerWrapperTest, IsWellWhenARecordIsWrong) {
    dead_letters_ = false;
    std::vector<IngestionRecord> batch = records({"large"});
    batch[0].payload.assign(5000, 'x');
    send(std::move(batch));
    serve();
    EXPECT_EQ(settlement("large"), Settlement::discarded);
    EXPECT_TRUE(wrapper().health_check().healthy);
}

TEST_F(ProducerWrapperTest, WaitsForABrokerThatIsAwayAndDeadLettersNothing) {
    broker_.set_down(true);
    send_ids({"a", "b"});
    serve();
    for (int attempt = 0; attempt < 20; ++attempt) {
        EXPECT_LE(serve_next(), 30s);
    }
    EXPECT_EQ(wrapper().in_flight(), 2);
    broker_.set_down(false);
    serve_next();
    EXPECT_EQ(settlement("a"), Settlement::acknowledged);
    EXPECT_EQ(settlement("b"), Settlement::acknowledged);
    EXPECT_THAT(stored(), ElementsAre("a", "b"));
    EXPECT_EQ(wrapper().get_metrics().dead_lettered, 0);
}

TEST_F(ProducerWrapperTest, KeepsADeadLetterWhileTheBrokerIsAway) {
    broker_.set_down(true);
    std::vector<IngestionRecord> batch = records({"bad"});
    batch[0].rejected = "no number";
    send(std::move(batch));
    serve();
    for (int attempt = 0; attempt < 10; ++attempt) {
        serve_next();
    }
    broker_.set_down(false);
    serve_next();
    EXPECT_EQ(settlement("bad"), Settlement::dead_lettered);
}

TEST_F(ProducerWrapperTest, DeadLettersWhatTimesOutWhileTheBrokerTakesOtherRecords) {
    fail_sends(4, ErrorCode::timed_out, kTopic);
    send_ids({"a"});
    serve();
    for (int retry = 0; retry < 3; ++retry) {
        clock_.advance(*wrapper().next_due() - clock_.now());
        std::vector<IngestionRecord> other;
        other.push_back(record("other" + std::to_string(retry), "fires"));
        send(std::move(other));
        serve();
    }
    EXPECT_EQ(settlement("a"), Settlement::dead_lettered);
}

TEST_F(ProducerWrapperTest, DoesNotSendAgainWhatMayHaveBeenStored) {
    fail_sends(1, ErrorCode::unknown_outcome, kTopic);
    send_ids({"a", "b"});
    serve();
    EXPECT_EQ(settlement("a"), Settlement::given_up);
    EXPECT_EQ(settlement("b"), Settlement::acknowledged);
    EXPECT_EQ(wrapper().next_due(), std::nullopt);
    EXPECT_THAT(stored(), ElementsAre("b"));
    EXPECT_EQ(wrapper().get_metrics().uncertain, 1);
    EXPECT_EQ(wrapper().get_metrics().total_failed, 1);
}

TEST_F(ProducerWrapperTest, SendsAgainInTheOrderOfTheFirstTime) {
    fail_sends(4, ErrorCode::unavailable);
    send_ids({"a", "b"});
    send_ids({"c", "d"});
    serve();
    serve_next();
    EXPECT_THAT(stored(), ElementsAre("a", "b", "c", "d"));
    EXPECT_EQ(wrapper().get_metrics().retry_count, 4);
}

TEST_F(ProducerWrapperTest, GivesADeadLetterUpThatIsRefused) {
    fail_sends(1, ErrorCode::not_authorized, kTopic);
    fail_sends(1, ErrorCode::not_authorized, kDeadLetters);
    send_ids({"a"});
    serve();
    EXPECT_EQ(settlement("a"), Settlement::given_up);
    EXPECT_THAT(stored(kDeadLetters), IsEmpty());
    EXPECT_EQ(wrapper().get_metrics().given_up, 1);
}

TEST_F(ProducerWrapperTest, WithoutDeadLettersWhatCanNeverBeSentIsDiscardedAndCounted) {
    dead_letters_ = false;
    fail_sends(1, ErrorCode::not_authorized, kTopic);
    std::vector<IngestionRecord> batch = records({"a", "b", "bad"});
    batch[2].rejected = "no number";
    send(std::move(batch));
    serve();
    EXPECT_EQ(settlement("a"), Settlement::given_up);
    EXPECT_EQ(settlement("b"), Settlement::acknowledged);
    EXPECT_EQ(settlement("bad"), Settlement::discarded);
    EXPECT_THAT(stored(kDeadLetters), IsEmpty());
    EXPECT_EQ(wrapper().get_metrics().total_failed, 2);
}

TEST_F(ProducerWrapperTest, GivesUpOnceWhatIsUnsettledAtTheDeadline) {
    fail_sends(1, ErrorCode::unavailable);
    send_ids({"retried"});
    serve();
    broker_.hold_acks();
    send_ids({"open"});
    EXPECT_EQ(wrapper().give_up(), 2);
    EXPECT_EQ(settlement("retried"), Settlement::given_up);
    EXPECT_EQ(settlement("open"), Settlement::given_up);
    EXPECT_EQ(wrapper().in_flight(), 0);
    broker_.release_acks();
    stop_producer(); // the report of "open" came
    send_ids({"late"});
    serve();
    EXPECT_EQ(wrapper().give_up(), 0);
    EXPECT_EQ(settlement("open"), Settlement::given_up);
    EXPECT_EQ(settlement("late"), Settlement::given_up);
    EXPECT_EQ(wrapper().get_metrics().total_sent, 0);
    EXPECT_EQ(wrapper().get_metrics().given_up, 3);
}

TEST_F(ProducerWrapperTest, SendsAtOnceWhenIdleAndElseWhenFullOrOld) {
    EXPECT_FALSE(wrapper().wants(0, 1h));
    EXPECT_TRUE(wrapper().wants(1, 0s));
    broker_.hold_acks();
    send_ids({"a"});
    EXPECT_FALSE(wrapper().wants(499, 4999ms));
    EXPECT_TRUE(wrapper().wants(500, 0s));
    EXPECT_TRUE(wrapper().wants(1, 5s));
    wrapper().configure({.batch_size = 10, .batch_interval = 1s});
    EXPECT_TRUE(wrapper().wants(10, 0s));
    EXPECT_TRUE(wrapper().wants(1, 1s));
}

TEST_F(ProducerWrapperTest, WantsNoMoreThanSixteenUnsettledBatches) {
    options_.batch_size = 2;
    broker_.hold_acks();
    for (int batch = 0; batch < 16; ++batch) {
        EXPECT_TRUE(wrapper().wants(2, 0s)) << batch;
        send_ids({"a" + std::to_string(batch), "b" + std::to_string(batch)});
    }
    EXPECT_FALSE(wrapper().wants(1000, 1h));
    broker_.release_acks();
    serve();
    EXPECT_TRUE(wrapper().wants(1, 0s));
}

TEST_F(ProducerWrapperTest, DoesNotWaitForARetryWithNewRecords) {
    fail_sends(1, ErrorCode::unavailable);
    send_ids({"a"});
    serve();
    EXPECT_EQ(wrapper().in_flight(), 1);
    EXPECT_TRUE(wrapper().wants(1, 0s));
}

TEST_F(ProducerWrapperTest, SaysSinceWhenAndWhyItIsIllUntilARecordIsAcknowledged) {
    EXPECT_TRUE(wrapper().health_check().healthy);
    clock_.advance(5s);
    fail_sends(2, ErrorCode::timed_out);
    send_ids({"a"});
    serve();
    serve_next();
    const ProducerHealth ill = wrapper().health_check();
    EXPECT_FALSE(ill.healthy);
    EXPECT_FALSE(ill.kafka_connected);
    EXPECT_EQ(ill.detail, "since 2026-01-01T00:00:05.000Z: told to fail");
    EXPECT_EQ(ill.last_report_age, 0ms);
    serve_next();
    clock_.advance(3s);
    const ProducerHealth well = wrapper().health_check();
    EXPECT_TRUE(well.healthy);
    EXPECT_TRUE(well.kafka_connected);
    EXPECT_EQ(well.detail, "");
    EXPECT_EQ(well.last_report_age, 3s);
}

TEST_F(ProducerWrapperTest, IsIllWhenAcknowledgementsStayAway) {
    broker_.hold_acks();
    send_ids({"a"});
    clock_.advance(10s);
    EXPECT_TRUE(wrapper().health_check().healthy);
    clock_.advance(2s);
    EXPECT_FALSE(wrapper().health_check().kafka_connected);
    EXPECT_FALSE(wrapper().health_check().acknowledges);
    EXPECT_EQ(wrapper().health_check().detail, "records wait for the broker, nothing was acknowledged for 12 s");
    broker_.release_acks();
    serve();
    EXPECT_TRUE(wrapper().health_check().healthy);
}

TEST_F(ProducerWrapperTest, AnAcknowledgementFromBeforeTheLastFailureSaysNothingOfTheBroker) {
    fail_sends(1, ErrorCode::timed_out);
    send_ids({"a", "b"}); // one of two
    serve();
    EXPECT_FALSE(wrapper().health_check().healthy);
    EXPECT_TRUE(wrapper().health_check().acknowledges);
    fail_sends(1, ErrorCode::timed_out);
    serve_next();
    EXPECT_FALSE(wrapper().health_check().acknowledges);
    EXPECT_FALSE(wrapper().health_check().kafka_connected);
    serve_next();
    EXPECT_TRUE(wrapper().health_check().acknowledges);
}

TEST_F(ProducerWrapperTest, ABrokerThatAcknowledgesOtherRecordsIsThere) {
    spdlog::logger silent("silent");
    detail::ProducerAccount account(clock_, silent);
    account.wait_since(clock_.now());
    clock_.advance(12s);
    account.settle({.acknowledged = 1, .heard = true});
    EXPECT_FALSE(account.health().healthy);
    EXPECT_TRUE(account.health().kafka_connected);
    EXPECT_THAT(account.health().detail, HasSubstr("sent 12 s ago"));
    clock_.advance(11s);
    EXPECT_FALSE(account.health().kafka_connected);
    EXPECT_THAT(account.health().detail, HasSubstr("nothing was acknowledged for 11 s"));
}

TEST_F(ProducerWrapperTest, CountsEveryRecordOnce) {
    fail_sends(1, ErrorCode::not_authorized, kTopic);
    fail_sends(1, ErrorCode::unknown_outcome, kTopic);
    fail_sends(1, ErrorCode::unavailable, kTopic);
    std::vector<IngestionRecord> batch = records({"refused", "uncertain", "retried", "sent", "bad"});
    batch[4].rejected = "no number";
    send(std::move(batch));
    serve();
    const ProducerMetrics before = wrapper().get_metrics();
    EXPECT_EQ(before.accepted, before.total_sent + before.dead_lettered + before.given_up + before.in_flight);
    EXPECT_EQ(before.waiting, 1);
    serve_next();
    const ProducerMetrics after = wrapper().get_metrics();
    EXPECT_EQ(after.accepted, 5);
    EXPECT_EQ(after.total_sent, 2);
    EXPECT_EQ(after.dead_lettered, 2);
    EXPECT_EQ(after.given_up, 1);
    EXPECT_EQ(after.total_failed, 2);
    EXPECT_EQ(after.retry_count, 1);
    EXPECT_EQ(after.batches_sent, 3) << "the first, the dead letter of the refused one, the retry";
    EXPECT_THAT(after.dead_lettered_by_class, ElementsAre(Pair("NotAuthorized", 1), Pair("Rejected", 1)));
}

TEST_F(ProducerWrapperTest, LendsABatchInOneCallWithoutHeaders) {
    testing::NiceMock<mocks::MockMessageProducer> producer;
    spdlog::logger log{"test", std::make_shared<spdlog::sinks::null_sink_mt>()};
    ProducerWrapper wrapper({.producer = producer, .clock = clock_, .log = log}, {}, "ingest", true);
    auto batch = records({"a", "b"});
    batch[1].key.clear();
    EXPECT_CALL(producer, send_batch).WillOnce([&](std::span<const OutgoingRecord> sent, const std::stop_token&) {
        ASSERT_EQ(sent.size(), 2);
        EXPECT_EQ(sent[0].headers, nullptr);
        EXPECT_EQ(sent[0].key, "k");
        EXPECT_EQ(sent[1].key, std::nullopt) << "records without a key are spread";
    });
    wrapper.send(std::move(batch), {});
    EXPECT_EQ(wrapper.give_up(), 2);
}

} // namespace
