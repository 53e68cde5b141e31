#include "core/streaming/reliability/correlation.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace streaming {
namespace {

constexpr std::string_view kTrace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

TEST(CorrelationScope, IsEmptyOutsideAny) { EXPECT_EQ(CorrelationScope::current(), ""); }

TEST(CorrelationScope, Nests) {
    const CorrelationScope outer("outer");
    {
        const CorrelationScope inner("inner");
        EXPECT_EQ(CorrelationScope::current(), "inner");
    }
    EXPECT_EQ(CorrelationScope::current(), "outer");
}

TEST(CorrelationScope, BelongsToItsThread) {
    const CorrelationScope scope("here");
    std::string there = "unset";
    std::jthread([&] { there = CorrelationScope::current(); }).join();
    EXPECT_EQ(there, "");
}

TEST(Traceparent, AcceptsTheExampleOfTheStandard) { EXPECT_TRUE(is_valid_traceparent(kTrace)); }

class BadTraceparent : public testing::TestWithParam<std::string_view> {};

TEST_P(BadTraceparent, IsRefused) { EXPECT_FALSE(is_valid_traceparent(GetParam())); }

INSTANTIATE_TEST_SUITE_P(Traceparent, BadTraceparent,
                         testing::Values("", "00", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-010",
                                         kTrace.substr(0, 54),
                                         "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                                         "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
                                         "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
                                         "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
                                         "00-4bf92f3577b34da6a3ce929d0e0e473g-00f067aa0ba902b7-01",
                                         "00_4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                                         "00-4bf92f3577b34da6a3ce929d0e0e4736_00f067aa0ba902b7-01",
                                         "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7_01",
                                         "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0x"));

TEST(ContinueTrace, KeepsTheTraceAndTheFlagsAndMakesANewSpan) {
    const std::string next = continue_trace(kTrace);
    EXPECT_TRUE(is_valid_traceparent(next));
    EXPECT_EQ(next.substr(0, 36), kTrace.substr(0, 36));
    EXPECT_NE(next.substr(36, 16), kTrace.substr(36, 16));
    EXPECT_EQ(next.substr(52), "-01");
}

TEST(ContinueTrace, StartsANewTraceForAnythingElse) {
    const std::string one = continue_trace("nonsense");
    const std::string two = continue_trace("");
    EXPECT_TRUE(is_valid_traceparent(one)) << one;
    EXPECT_TRUE(is_valid_traceparent(two)) << two;
    EXPECT_NE(one.substr(3, 32), two.substr(3, 32));
}

} // namespace
} // namespace streaming
