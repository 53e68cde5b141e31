#include "core/streaming/testing/service_harness.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/streaming/infrastructure/permanent_error.hpp"
#include "core/streaming/testing/mocks.hpp"

namespace streaming {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

struct Order {
    static constexpr std::string_view event_type = "test.order";
    int number = 0;
    NLOHMANN_DEFINE_TYPE_INTRUSIVE(Order, number)
};

struct Invoice {
    static constexpr std::string_view event_type = "test.invoice";
    int order = 0;
    friend bool operator==(const Invoice&, const Invoice&) = default;
    NLOHMANN_DEFINE_TYPE_INTRUSIVE(Invoice, order)
};

const ConsumerOptions kBilling{.topics = {"orders"}, .group_id = "billing"};

void invoice_orders(StreamServiceBuilder& service) {
    service.add_consumer_handler<Order>(kBilling, [](const Order& order, Context& context) {
        context.send("invoices", "k", Invoice{.order = order.number});
    });
}

TEST(ServiceHarness, RetriesThenDeadLetters) {
    int attempts = 0;
    ServiceHarness service([&](StreamServiceBuilder& builder) {
        builder.add_consumer_handler<Order>(kBilling, [&](const Order&, Context&) {
            ++attempts;
            throw std::runtime_error("no stock");
        });
    });
    service.deliver("orders", "k", Order{.number = 7}, "order-7");
    service.drain();
    EXPECT_EQ(attempts, 5);
    const auto dead = service.dead_letters("orders", "billing");
    ASSERT_THAT(dead, SizeIs(1));
    EXPECT_EQ(dead[0].envelope.id, "order-7");
    EXPECT_EQ(dead[0].header("tributary-attempts"), "5");
    EXPECT_THAT(dead[0].header("tributary-error-message"), HasSubstr("no stock"));
    EXPECT_EQ(service.committed("billing", "orders"), 1);
}

TEST(ServiceHarness, HandledRecordIsCommitted) {
    ServiceHarness service(invoice_orders);
    service.deliver("orders", "k", Order{.number = 1});
    service.deliver("orders", "k", Order{.number = 2});
    service.drain();
    EXPECT_EQ(service.committed("billing", "orders"), 2);
    EXPECT_EQ(service.counts("billing").count(Outcome::handled), 2U);
}

TEST(ServiceHarness, HandlerSendsWithDerivedId) {
    std::vector<std::string> ids;
    for (int run = 0; run < 2; ++run) {
        ServiceHarness service(invoice_orders);
        service.deliver("orders", "k", Order{.number = 7}, "order-7");
        service.drain();
        EXPECT_THAT(service.sent_as<Invoice>("invoices"), ElementsAre(Invoice{.order = 7}));
        ids.push_back(service.sent("invoices").at(0).envelope.id);
    }
    EXPECT_EQ(ids[0], ids[1]);
    EXPECT_NE(ids[0], "order-7");
}

TEST(ServiceHarness, DuplicateIsSkipped) {
    ServiceHarness service(invoice_orders);
    service.deliver("orders", "k", Order{.number = 7}, "order-7");
    service.drain();
    service.deliver("orders", "k", Order{.number = 7}, "order-7");
    service.drain();
    EXPECT_THAT(service.sent("invoices"), SizeIs(1));
    EXPECT_EQ(service.counts("billing").count(Outcome::duplicate), 1U);
    EXPECT_EQ(service.committed("billing", "orders"), 2);
}

TEST(ServiceHarness, DuplicateIsSkippedAfterARestart) {
    fakes::Platform platform;
    for (int run = 0; run < 2; ++run) {
        ServiceHarness service(invoice_orders, {}, platform);
        service.deliver("orders", "k", Order{.number = 7}, "order-7");
        service.drain();
        EXPECT_THAT(service.sent("invoices"), SizeIs(1));
    }
    EXPECT_EQ(platform.broker().lent_records(), 0U);
}

TEST(ServiceHarness, WireErrorsAreReportedAllAtOnce) {
    ServiceHarness service([](StreamServiceBuilder& builder) {
        builder.add_consumer_handler<Order>({.topics = {}, .group_id = "billing"}, [](const Order&, Context&) {});
        builder.add_consumer_handler<Order>({.topics = {"orders"}, .group_id = "other", .workers = 0},
                                            [](const Order&, Context&) {});
    });
    try {
        service.start();
        FAIL() << "a service without topics started";
    } catch (const ConfigError& error) {
        EXPECT_THAT(error.what(), AllOf(HasSubstr("topics"), HasSubstr("workers")));
    }
}

/// Answers each poll with the same two rows.
void poll_orders(StreamServiceBuilder& builder) {
    auto connector = std::make_unique<::testing::NiceMock<mocks::MockConnector>>();
    ON_CALL(*connector, fetch).WillByDefault([](const Connector::Request&) {
        return Result<Response>(Response{.body = "1 2"});
    });
    builder.add_source({.name = "shop", .topic = "orders"}, std::move(connector),
                       [](const Response&, SourceContext& rows) {
                           rows.emit("1", "k", Order{.number = 1});
                           rows.emit("2", "k", Order{.number = 2});
                       });
}

TEST(ServiceHarness, SourceEmitsRepeatedRowsOnce) {
    ServiceHarness service(poll_orders);
    service.poll_sources();
    service.poll_sources();
    EXPECT_THAT(service.sent("orders"), SizeIs(2));
    EXPECT_EQ(service.counts("shop").count(Outcome::duplicate), 4U);
}

TEST(ServiceHarness, WhatASourceSendsIsConsumedInTheSameDrain) {
    ServiceHarness service([](StreamServiceBuilder& builder) {
        poll_orders(builder);
        invoice_orders(builder);
    });
    service.drain();
    EXPECT_THAT(service.sent_as<Invoice>("invoices"), ElementsAre(Invoice{.order = 1}, Invoice{.order = 2}));
}

TEST(ServiceHarness, FailedSendIsAnAttemptAndIsRepeated) {
    ServiceHarness service(invoice_orders);
    service.platform().broker().fail_next_sends(2, {ErrorCode::timed_out, "injected", true}, "invoices");
    service.deliver("orders", "k", Order{.number = 7});
    service.drain();
    EXPECT_THAT(service.sent("invoices"), SizeIs(1));
    EXPECT_EQ(service.platform().broker().send_faults().fired(), 2U);
    EXPECT_EQ(service.committed("billing", "orders"), 1);
}

TEST(ServiceHarness, StopLeavesWhatIsNotAcknowledgedUncommitted) {
    ServiceHarness service(invoice_orders);
    service.platform().broker().hold_acks();
    service.deliver("orders", "k", Order{.number = 7});
    service.start();
    auto& activity = service.platform().activity();
    for (auto seen = activity.count(); service.sent("invoices").empty(); seen = activity.count()) {
        ASSERT_TRUE(activity.wait_past(seen, std::chrono::steady_clock::now() + std::chrono::seconds(10)));
    }
    EXPECT_EQ(service.stop(), 1U);
    EXPECT_EQ(service.committed("billing", "orders"), 0);
}

} // namespace
} // namespace streaming
