#include "billing.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/streaming/testing/mocks.hpp"
#include "core/streaming/testing/service_harness.hpp"

namespace billing {
namespace {

using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::NiceMock;
using ::testing::Return;
using ::testing::SizeIs;

TEST(Billing, InvoicesAnOrderWithTax) {
    streaming::ServiceHarness service(wire);
    service.deliver("orders", "7", Order{.number = 7, .cents = 1000});
    service.drain();
    EXPECT_THAT(service.sent_as<Invoice>("invoices"), ElementsAre(Invoice{.order = 7, .cents = 1200}));
    EXPECT_EQ(service.committed("billing", "orders"), 1);
}

TEST(Billing, DeadLettersAnOrderThatCostsNothing) {
    streaming::ServiceHarness service(wire);
    service.deliver("orders", "7", Order{.number = 7, .cents = -1});
    service.drain();
    EXPECT_THAT(service.dead_letters("orders", "billing"), SizeIs(1));
}

TEST(Billing, AsksAnErrorHandlerOfItsOwn) {
    auto handler = std::make_unique<NiceMock<streaming::mocks::MockErrorHandler>>();
    EXPECT_CALL(*handler, handle_processing_error(Field(&streaming::Failure::permanent, true)))
        .WillOnce(Return(streaming::Decision{.action = streaming::Decision::Action::drop}));
    streaming::ServiceHarness service([&](streaming::StreamServiceBuilder& builder) {
        builder.with_error_handling(std::move(handler));
        wire(builder);
    });
    service.deliver("orders", "7", Order{.number = 7, .cents = -1});
    service.drain();
    EXPECT_EQ(service.counts("billing").count(streaming::Outcome::dropped), 1U);
}

} // namespace
} // namespace billing
