#include "core/streaming/orchestration/delivery_wait.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace {

using namespace streaming;
using detail::DeliveryWait;

void report(DeliveryTicket& ticket, const Error* error) {
    ticket.sink().on_delivery(ticket, {.error = error});
    ticket.sink().on_delivery_batch_end();
}

TEST(DeliveryWait, WaitsForEveryReport) {
    DeliveryWait deliveries;
    auto& first = deliveries.expect();
    auto& second = deliveries.expect();
    std::jthread broker([&] {
        const Error error{.code = ErrorCode::timed_out, .message = "no answer"};
        report(second, &error);
        report(first, nullptr);
    });
    ASSERT_TRUE(deliveries.wait());
    EXPECT_TRUE(deliveries.tickets()[0].delivered);
    EXPECT_FALSE(deliveries.tickets()[1].delivered);
    EXPECT_EQ(deliveries.tickets()[1].error, "no answer");
}

TEST(DeliveryWait, NothingExpectedIsNotWaitedFor) {
    DeliveryWait deliveries;
    EXPECT_TRUE(deliveries.wait());
    report(deliveries.expect(), nullptr);
    EXPECT_TRUE(deliveries.wait());
    deliveries.reset();
    EXPECT_TRUE(deliveries.tickets().empty());
}

TEST(DeliveryWait, GivingUpEndsTheWaitAndTicketsStayOpen) {
    DeliveryWait deliveries;
    auto& open = deliveries.expect();
    std::jthread stopper([&] { deliveries.give_up(); });
    EXPECT_FALSE(deliveries.wait());
    report(open, nullptr); // late: its ticket is still there
    EXPECT_TRUE(deliveries.wait());
}

} // namespace
