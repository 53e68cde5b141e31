#include "core/streaming/ingestion/send_failure.hpp"

#include <algorithm>
#include <cmath>

namespace streaming::detail {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds kLongestDelay = 5min;
/// In an outage each attempt lasts as long as the producer's delivery timeout anyway.
constexpr std::chrono::milliseconds kLongestDelayOfOutage = 30s;

NextStep to_dead_letters(const FailedAttempt& attempt, const SendPolicy& policy) noexcept {
    if (!policy.dead_letters || attempt.target == SendTarget::dead_letter_pointer) {
        return {};
    }
    if (attempt.target == SendTarget::topic) {
        return {.what = NextStep::What::dead_letter};
    }
    // The dead letter itself: all that may help is to make it smaller.
    return attempt.error.code == ErrorCode::too_large ? NextStep{.what = NextStep::What::dead_letter_pointer}
                                                      : NextStep{};
}

NextStep after_retryable(const FailedAttempt& attempt, const SendPolicy& policy) noexcept {
    if (policy.caller_waits && attempt.target != SendTarget::topic) {
        return {};
    }
    const auto delay = retry_delay(policy.retry_backoff_base, attempt.failed);
    if (attempt.failed <= policy.max_retries) {
        return {.what = NextStep::What::again, .delay = delay};
    }
    const bool of_broker = attempt.error.code == ErrorCode::timed_out || attempt.error.code == ErrorCode::interrupted;
    const bool outage = of_broker && attempt.broker_away;
    if (outage && !policy.caller_waits) {
        return {.what = NextStep::What::again, .delay = std::min(delay, kLongestDelayOfOutage)};
    }
    return attempt.target == SendTarget::topic ? to_dead_letters(attempt, policy) : NextStep{};
}

} // namespace

SendFailureKind kind_of(const Error& error) noexcept {
    switch (error.code) {
        case ErrorCode::unknown_outcome:
            return SendFailureKind::uncertain;
        case ErrorCode::stopped:
            return SendFailureKind::stopped;
        default:
            return error.retryable ? SendFailureKind::retryable : SendFailureKind::permanent;
    }
}

bool is_fault_of_record(const Error& error) noexcept {
    return kind_of(error) == SendFailureKind::permanent &&
           (error.code == ErrorCode::too_large || error.code == ErrorCode::invalid_argument ||
            error.code == ErrorCode::malformed);
}

std::string_view error_class_of(const Error& error) noexcept {
    switch (error.code) {
        case ErrorCode::too_large:
            return "TooLarge";
        case ErrorCode::not_authorized:
            return "NotAuthorized";
        case ErrorCode::not_found:
            return "TopicNotFound";
        case ErrorCode::timed_out:
            return "SendTimedOut";
        case ErrorCode::unavailable:
        case ErrorCode::interrupted:
            return "BrokerUnavailable";
        default:
            return "SendFailed";
    }
}

std::chrono::milliseconds retry_delay(double base, std::size_t retry) noexcept {
    const double longest = std::chrono::duration<double>(kLongestDelay).count();
    const double seconds = std::pow(base, static_cast<double>(retry) - 1.0);
    return std::chrono::round<std::chrono::milliseconds>(std::chrono::duration<double>(std::min(seconds, longest)));
}

NextStep next_step(const FailedAttempt& attempt, const SendPolicy& policy) noexcept {
    switch (kind_of(attempt.error)) {
        case SendFailureKind::retryable:
            return after_retryable(attempt, policy);
        case SendFailureKind::permanent:
            return to_dead_letters(attempt, policy);
        case SendFailureKind::uncertain:
        case SendFailureKind::stopped:
            break;
    }
    return {};
}

} // namespace streaming::detail
