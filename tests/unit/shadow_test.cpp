#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/streaming/infrastructure/permanent_error.hpp"
#include "core/streaming/testing/service_harness.hpp"
#include "tests/support/shadow_file.hpp"

namespace {

using namespace streaming;
using streaming::testing_support::ShadowFile;
using testing::Contains;
using testing::Each;
using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;

struct Order {
    static constexpr std::string_view event_type = "test.order";
    int number = 0;
    NLOHMANN_DEFINE_TYPE_INTRUSIVE(Order, number)
};

/// Two invoices an order; number 13 is refused.
void invoice_orders(StreamServiceBuilder& service) {
    service.add_topic({.name = "invoices", .partitions = 3});
    service.add_consumer_handler<Order>({.topics = {"orders"}, .group_id = "billing"},
                                        [](const Order& order, Context& context) {
                                            if (order.number == 13) {
                                                throw PermanentError("unlucky");
                                            }
                                            context.send("invoices", "a", order);
                                            context.send("invoices", "b", order);
                                        });
}

void deliver_orders(ServiceHarness& service) {
    for (const int number : {7, 13, 8}) {
        service.deliver("orders", "k", Order{.number = number}, "order-" + std::to_string(number));
    }
    service.drain();
}

std::vector<std::string> ids_of(const std::vector<nlohmann::json>& lines, const std::string& topic) {
    std::vector<std::string> ids;
    for (const auto& line : lines) {
        if (line.at("topic") == topic) {
            ids.push_back(line.at("id"));
        }
    }
    return ids;
}

std::vector<std::string> ids_of(const std::vector<SentMessage>& sent) {
    std::vector<std::string> ids;
    for (const auto& message : sent) {
        ids.push_back(message.envelope.id);
    }
    return ids;
}

std::string kafka_detail(ServiceHarness& service) {
    const auto parts = service.service().health().parts;
    const auto kafka = std::ranges::find(parts, "kafka", &PartHealth::name);
    return kafka == parts.end() ? "no such part" : kafka->detail;
}

TEST(Shadow, HandlesAndCommitsAndProducesNothing) {
    const ShadowFile file;
    ServiceHarness service(invoice_orders, {.shadow = true, .shadow_log = file.path()});
    deliver_orders(service);
    EXPECT_EQ(service.counts("billing").count(Outcome::handled), 2U);
    EXPECT_EQ(service.counts("billing").count(Outcome::dead_lettered), 1U);
    EXPECT_EQ(service.committed("billing.shadow", "orders"), 3);
    EXPECT_THAT(service.sent("invoices"), IsEmpty());
    EXPECT_THAT(service.dead_letters("orders", "billing"), IsEmpty());
    EXPECT_EQ(kafka_detail(service), "shadow");
    EXPECT_TRUE(service.service().health().ready());
    service.stop();
    EXPECT_THAT(file.lines(), SizeIs(5));
}

TEST(Shadow, ChangesNothingOutside) {
    ServiceHarness service(invoice_orders, {.shadow = true});
    deliver_orders(service);
    service.stop();
    auto& outside = service.platform();
    EXPECT_EQ(outside.broker().partitions_of("invoices"), std::nullopt);
    EXPECT_EQ(outside.broker().partitions_of("orders.billing.dlq"), std::nullopt);
    EXPECT_EQ(outside.broker().committed("billing", {.topic = "orders"}), std::nullopt);
    EXPECT_THAT(outside.store().keys(), Not(IsEmpty()));
    EXPECT_THAT(outside.store().keys(), Each(StartsWith("shadow:dedup:")));
}

TEST(Shadow, LogsTheIdsThatARealRunProduces) {
    const ShadowFile file;
    fakes::Platform platform;
    ServiceHarness shadow(invoice_orders, {.shadow = true, .shadow_log = file.path()}, platform);
    deliver_orders(shadow);
    shadow.stop();
    ServiceHarness real(invoice_orders, {}, platform); // finds the orders where the other one found them
    real.drain();
    EXPECT_THAT(ids_of(real.sent("invoices")), SizeIs(4));
    EXPECT_EQ(ids_of(file.lines(), "invoices"), ids_of(real.sent("invoices")));
    EXPECT_EQ(ids_of(file.lines(), "orders.billing.dlq"), ids_of(real.dead_letters("orders", "billing")));
    EXPECT_EQ(real.committed("billing", "orders"), 3);
}

TEST(Shadow, RunsBesideTheRealOneWithTheSameConfiguration) {
    fakes::Platform platform;
    ServiceHarness real(invoice_orders, {}, platform);
    ServiceHarness shadow(invoice_orders, {.shadow = true}, platform);
    real.start();
    shadow.start();
    deliver_orders(real);
    shadow.drain();
    EXPECT_EQ(real.counts("billing").count(Outcome::handled), 2U);
    EXPECT_EQ(shadow.counts("billing").count(Outcome::handled), 2U);
    EXPECT_THAT(real.sent("invoices"), SizeIs(4));
}

TEST(Shadow, RemembersWhatItHandledOverARestart) {
    const ShadowFile file;
    fakes::Platform platform;
    for (int run = 0; run < 2; ++run) {
        ServiceHarness service(invoice_orders, {.shadow = true, .shadow_log = file.path()}, platform);
        service.deliver("orders", "k", Order{.number = 7}, "order-7");
        service.drain();
    }
    EXPECT_THAT(file.lines(), SizeIs(2));
}

TEST(Shadow, ALogThatCannotBeOpenedFailsTheStart) {
    ServiceHarness service(invoice_orders, {.shadow = true, .shadow_log = "/no/such/folder/log"});
    EXPECT_THROW(service.start(), std::runtime_error);
}

} // namespace
