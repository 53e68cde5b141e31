#include "core/streaming/infrastructure/admission_gate.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace streaming::detail {
namespace {

using std::chrono::steady_clock;

TEST(AdmissionGate, GrantsWhatThereIsRoomFor) {
    AdmissionGate gate(10);
    EXPECT_EQ(gate.admit(4, {}), 4U);
    EXPECT_EQ(gate.admit(100, {}), 6U);
    EXPECT_EQ(gate.inside(), 10U);
}

TEST(AdmissionGate, WaitsUntilSomeoneLeaves) {
    AdmissionGate gate(2);
    ASSERT_EQ(gate.admit(2, {}), 2U);
    std::jthread other([&] { gate.leave(1); });
    EXPECT_EQ(gate.admit(5, {}), 1U);
}

TEST(AdmissionGate, AStopEndsTheWait) {
    AdmissionGate gate(1);
    ASSERT_EQ(gate.admit(1, {}), 1U);
    std::stop_source stop;
    std::jthread other([&] { stop.request_stop(); });
    EXPECT_EQ(gate.admit(1, stop.get_token()), 0U);
}

TEST(AdmissionGate, ADeadlineEndsTheWait) {
    AdmissionGate gate(1);
    ASSERT_EQ(gate.admit(1, {}), 1U);
    EXPECT_EQ(gate.admit(1, {}, steady_clock::now()), 0U);
}

TEST(AdmissionGate, ClosingEndsTheWaitAndLetsNobodyIn) {
    AdmissionGate gate(1);
    ASSERT_EQ(gate.admit(1, {}), 1U);
    std::jthread other([&] { gate.close(); });
    EXPECT_EQ(gate.admit(1, {}), 0U);
    gate.leave(1);
    EXPECT_EQ(gate.admit(1, {}), 0U);
    EXPECT_TRUE(gate.closed());
}

TEST(AdmissionGate, TellsWhetherAllLeftInTime) {
    AdmissionGate gate(1);
    ASSERT_EQ(gate.admit(1, {}), 1U);
    EXPECT_FALSE(gate.wait_until_empty(steady_clock::now()));
    std::jthread other([&] { gate.leave(1); });
    EXPECT_TRUE(gate.wait_until_empty(steady_clock::now() + std::chrono::hours(1)));
}

} // namespace
} // namespace streaming::detail
