#include "core/streaming/ingestion/send_failure.hpp"

#include <gtest/gtest.h>

namespace {

using namespace std::chrono_literals;
using namespace streaming;

TEST(SendFailure, TellsFailuresApart) {
    using enum ErrorCode;
    using Kind = detail::SendFailureKind;
    const auto kind = [](ErrorCode code, bool retryable) {
        return detail::kind_of({.code = code, .retryable = retryable});
    };
    EXPECT_EQ(kind(unavailable, true), Kind::retryable);
    EXPECT_EQ(kind(timed_out, true), Kind::retryable);
    EXPECT_EQ(kind(not_found, true), Kind::retryable);
    EXPECT_EQ(kind(too_large, false), Kind::permanent);
    EXPECT_EQ(kind(not_authorized, false), Kind::permanent);
    EXPECT_EQ(kind(invalid_argument, false), Kind::permanent);
    EXPECT_EQ(kind(unknown_outcome, true), Kind::uncertain);
    EXPECT_EQ(kind(interrupted, true), Kind::retryable);
    EXPECT_EQ(kind(stopped, true), Kind::stopped);
}

TEST(SendFailure, WaitsAtMostFiveMinutes) {
    EXPECT_EQ(detail::retry_delay(2.0, 1), 1s);
    EXPECT_EQ(detail::retry_delay(2.0, 4), 8s);
    EXPECT_EQ(detail::retry_delay(1.0, 20), 1s);
    EXPECT_EQ(detail::retry_delay(1.5, 2), 1500ms);
    EXPECT_EQ(detail::retry_delay(10.0, 20), 5min);
    EXPECT_EQ(detail::retry_delay(10.0, 100'000), 5min);
}

} // namespace
