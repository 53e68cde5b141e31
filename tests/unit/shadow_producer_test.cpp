#include "core/streaming/infrastructure/shadow_producer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "core/streaming/infrastructure/event_envelope.hpp"
#include "tests/support/shadow_file.hpp"

namespace {

using namespace streaming;
using namespace std::chrono_literals;
using streaming::testing_support::ShadowFile;
using testing::ElementsAre;
using testing::Eq;
using testing::IsEmpty;
using testing::SizeIs;

class Reports final : public DeliverySink {
public:
    struct Report {
        const DeliveryTicket* ticket = nullptr;
        std::optional<ErrorCode> error{};
        std::thread::id thread{};
        friend bool operator==(const Report&, const Report&) = default;
    };
    void on_delivery(DeliveryTicket& ticket, const Delivery& delivery) noexcept override {
        reports.push_back({.ticket = &ticket,
                           .error = delivery.error == nullptr ? std::nullopt : std::optional(delivery.error->code),
                           .thread = std::this_thread::get_id()});
    }
    void on_delivery_batch_end() noexcept override { ++ends; }

    std::vector<Report> reports{};
    int ends = 0;
};

class ShadowProducerTest : public testing::Test {
protected:
    void SetUp() override { ASSERT_TRUE(log_.open(file_.path()).ok()); }
    std::vector<nlohmann::json> logged() {
        log_.flush();
        return file_.lines();
    }

    ShadowFile file_{};
    ShadowLog log_{};
    ShadowProducer producer_{log_, {.max_message_bytes = 1000}};
    Reports reports_{};
};

TEST_F(ShadowProducerTest, ReportsEachRecordAsDeliveredOnTheCallingThread) {
    ASSERT_TRUE(producer_.start(1s).ok());
    DeliveryTicket first(reports_);
    DeliveryTicket second(reports_);
    const std::vector<OutgoingRecord> records{{.topic = "a", .payload = "p", .ticket = &first},
                                              {.topic = "b", .payload = "p", .ticket = &second},
                                              {.topic = "c", .payload = "p"}};
    producer_.send_batch(records, {});
    const auto here = std::this_thread::get_id();
    EXPECT_THAT(reports_.reports, ElementsAre(Reports::Report{.ticket = &first, .thread = here},
                                              Reports::Report{.ticket = &second, .thread = here}));
    EXPECT_EQ(reports_.ends, 1);
    EXPECT_EQ(log_.entries(), 3U);
}

TEST_F(ShadowProducerTest, LogsIdsOfEnvelopesAndWhatIsNone) {
    ASSERT_TRUE(producer_.start(1s).ok());
    const std::string event =
        EventEnvelope{.id = "id \"1\"", .type = "test.event", .correlation_id = "input-1"}.to_json();
    Headers dead;
    dead.set("tributary-error-class", "PermanentError");
    DeliveryTicket ticket(reports_);
    const std::vector<OutgoingRecord> records{
        {.topic = "a", .key = "k", .payload = event, .ticket = &ticket},
        {.topic = "a.billing.dlq", .key = "k", .payload = event, .headers = &dead, .ticket = &ticket},
        {.topic = "a", .payload = "no envelope", .ticket = &ticket},
        {.topic = "a", .key = "gone", .ticket = &ticket}};
    producer_.send_batch(records, {});
    EXPECT_THAT(
        logged(),
        ElementsAre(nlohmann::json{{"topic", "a"}, {"key", "k"}, {"id", "id \"1\""}, {"correlation_id", "input-1"}},
                    nlohmann::json{{"topic", "a.billing.dlq"},
                                   {"key", "k"},
                                   {"id", "id \"1\""},
                                   {"correlation_id", "input-1"},
                                   {"rejected", true}},
                    nlohmann::json{{"topic", "a"}}, nlohmann::json{{"topic", "a"}, {"key", "gone"}}));
}

TEST_F(ShadowProducerTest, SendReturnsTheIdOfTheEvent) {
    ASSERT_TRUE(producer_.start(1s).ok());
    const auto id =
        producer_.send({.topic = "a", .payload = EventEnvelope{.id = "id-1", .type = "test.event"}.to_json()}, 1s);
    ASSERT_TRUE(id.ok());
    EXPECT_EQ(id.value(), "id-1");
    const auto raw = producer_.send({.topic = "a", .payload = "no envelope"}, 1s);
    ASSERT_TRUE(raw.ok());
    EXPECT_EQ(raw.value(), "");
    EXPECT_THAT(logged(), SizeIs(2));
}

TEST_F(ShadowProducerTest, RefusesWhatAProducerWould) {
    ASSERT_TRUE(producer_.start(1s).ok());
    const std::string large(1001, 'x');
    DeliveryTicket ticket(reports_);
    const std::vector<OutgoingRecord> records{{.topic = "a", .payload = large, .ticket = &ticket},
                                              {.topic = "no topic", .payload = "p", .ticket = &ticket},
                                              {.topic = "a", .payload = "p", .ticket = &ticket}};
    producer_.send_batch(records, {});
    ASSERT_THAT(reports_.reports, SizeIs(3));
    EXPECT_EQ(reports_.reports[0].error, ErrorCode::too_large);
    EXPECT_EQ(reports_.reports[1].error, ErrorCode::invalid_argument);
    EXPECT_EQ(reports_.reports[2].error, std::nullopt);
    EXPECT_THAT(logged(), SizeIs(1));
}

TEST_F(ShadowProducerTest, TakesNothingWhileItIsNotRunning) {
    DeliveryTicket ticket(reports_);
    const std::vector<OutgoingRecord> records{{.topic = "a", .payload = "p", .ticket = &ticket}};
    producer_.send_batch(records, {});
    ASSERT_TRUE(producer_.start(1s).ok());
    EXPECT_EQ(producer_.stop(1s), 0U);
    producer_.send_batch(records, {});
    ASSERT_THAT(reports_.reports, SizeIs(2));
    EXPECT_EQ(reports_.reports[0].error, ErrorCode::stopped);
    EXPECT_EQ(reports_.reports[1].error, ErrorCode::stopped);
    EXPECT_FALSE(producer_.send({.topic = "a"}, 1s).ok());
    EXPECT_THAT(logged(), IsEmpty());
}

} // namespace
