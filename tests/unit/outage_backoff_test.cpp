#include "core/streaming/reliability/outage_backoff.hpp"

#include <gtest/gtest.h>

#include "tests/support/reliability_doubles.hpp"

namespace streaming {
namespace {

using namespace std::chrono_literals;

struct OutageBackoffTest : testing::Test {
    void fail(int times) {
        for (int i = 0; i < times; ++i) {
            (void)backoff.failed();
        }
    }
    doubles::SteppedClock clock{};
    OutageBackoff backoff{clock};
};

TEST_F(OutageBackoffTest, AFewFailuresChangeNothing) {
    fail(OutageBackoff::kFailuresToOpen - 1);
    EXPECT_TRUE(backoff.may_try());
}

TEST_F(OutageBackoffTest, WaitsTwiceAsLongAfterEachFurtherFailureUpTo10Seconds) {
    fail(OutageBackoff::kFailuresToOpen);
    for (const auto wait : {200ms, 400ms, 800ms, 1600ms, 3200ms, 6400ms, 10'000ms, 10'000ms}) {
        clock.advance(wait - 1ms);
        EXPECT_FALSE(backoff.may_try()) << wait.count();
        clock.advance(1ms);
        EXPECT_TRUE(backoff.may_try()) << wait.count();
        fail(1);
    }
}

TEST_F(OutageBackoffTest, ForgetsTheOutageAfterASuccess) {
    fail(OutageBackoff::kFailuresToOpen + 3);
    EXPECT_TRUE(backoff.worked());
    EXPECT_FALSE(backoff.worked());
    EXPECT_TRUE(backoff.may_try());
    EXPECT_TRUE(backoff.failed());
    EXPECT_FALSE(backoff.failed());
}

} // namespace
} // namespace streaming
