#include "core/streaming/reliability/error_handler.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace streaming {
namespace {

using Action = Decision::Action;

Action decided(ErrorHandlingOptions options, int attempt, bool permanent = false) {
    const Message message;
    return RetryingErrorHandler(options)
        .handle_processing_error({.message = message, .attempt = attempt, .permanent = permanent})
        .action;
}

TEST(RetryPolicy, DoublesTheLongestDelayUpToTheLimit) {
    const RetryPolicy policy({.first_delay = 200ms, .max_delay = 1s});
    EXPECT_EQ(policy.longest_delay(1), 200ms);
    EXPECT_EQ(policy.longest_delay(2), 400ms);
    EXPECT_EQ(policy.longest_delay(3), 800ms);
    EXPECT_EQ(policy.longest_delay(4), 1s);
    EXPECT_EQ(policy.longest_delay(std::numeric_limits<int>::max()), 1s);
}

TEST(RetryPolicy, DrawsDelaysFromTheWholeRangeAndNeverBeyond) {
    const RetryPolicy policy({.first_delay = 10ms, .max_delay = 40ms});
    auto least = 1h + 0ms;
    auto most = -1ms;
    for (int i = 0; i < 2000; ++i) {
        const auto delay = policy.delay(3);
        least = std::min(least, delay);
        most = std::max(most, delay);
    }
    EXPECT_EQ(least, 0ms);
    EXPECT_EQ(most, 40ms);
}

TEST(RetryPolicy, WaitsNotAtAllWithoutDelays) {
    const RetryPolicy policy({.first_delay = 0ms, .max_delay = 0ms});
    EXPECT_EQ(policy.delay(1), 0ms);
    EXPECT_EQ(policy.delay(1'000'000), 0ms);
}

TEST(RetryPolicy, NeverWaitsLongerThanTheLimitEvenAtFirst) {
    EXPECT_EQ(RetryPolicy({.first_delay = 5s, .max_delay = 1s}).longest_delay(1), 1s);
}

TEST(RetryingErrorHandler, RetriesUntilTheAttemptsAreUsedUp) {
    EXPECT_EQ(decided({.max_attempts = 3}, 1), Action::retry);
    EXPECT_EQ(decided({.max_attempts = 3}, 2), Action::retry);
    EXPECT_EQ(decided({.max_attempts = 3}, 3), Action::dead_letter);
}

TEST(RetryingErrorHandler, NeverRetriesWhatIsPermanent) { EXPECT_EQ(decided({}, 1, true), Action::dead_letter); }

TEST(RetryingErrorHandler, DropsOrStopsOnlyWhenTold) {
    EXPECT_EQ(decided({.max_attempts = 1, .on_exhausted = ExhaustedPolicy::drop}, 1), Action::drop);
    EXPECT_EQ(decided({.max_attempts = 1, .on_exhausted = ExhaustedPolicy::stop}, 1), Action::stop);
    EXPECT_EQ(decided({.max_attempts = 2, .on_exhausted = ExhaustedPolicy::stop}, 1, true), Action::stop);
}

} // namespace
} // namespace streaming
