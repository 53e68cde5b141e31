#pragma once

#include <chrono>
#include <cstddef>
#include <string_view>

#include "core/streaming/infrastructure/result.hpp"
#include "core/streaming/ingestion/ingestion_settings.hpp"

namespace streaming::detail {

enum class SendFailureKind {
    retryable, ///< the same record may get through next time
    permanent, ///< it never will: too large, not allowed, refused as malformed
    uncertain, ///< it may be in the topic: sending it again might store it twice
    stopped    ///< the producer stops, nothing can be sent
};

[[nodiscard]] SendFailureKind kind_of(const Error& error) noexcept;
/// Of the record, not of the way to the broker: says nothing about the producer's health.
[[nodiscard]] bool is_fault_of_record(const Error& error) noexcept;
/// The error class of a dead letter: few values.
[[nodiscard]] std::string_view error_class_of(const Error& error) noexcept;

/// Where a record is sent.
enum class SendTarget : std::uint8_t {
    topic,
    dead_letter,
    dead_letter_pointer ///< without its payload, which is too large
};

/// What the next step of a record depends on.
struct FailedAttempt {
    const Error& error;
    SendTarget target = SendTarget::topic;
    std::size_t failed = 1;   ///< attempts at this target, this one included
    bool broker_away = false; ///< nothing was acknowledged since this attempt began
};

struct SendPolicy {
    std::size_t max_retries = 3;
    double retry_backoff_base = 2.0;
    bool dead_letters = true;
    /// Somebody waits for the end: an outage uses up the retries, and a dead letter gets one attempt.
    bool caller_waits = false;
};

struct NextStep {
    enum class What {
        again, ///< after `delay`
        dead_letter,
        dead_letter_pointer,
        give_up
    };
    What what = What::give_up;
    std::chrono::milliseconds delay{0};
};

/// The n-th retry waits base^(n-1) seconds, at most five minutes.
[[nodiscard]] std::chrono::milliseconds retry_delay(double base, std::size_t retry) noexcept;

/// The rule for one record, see ProducerWrapper.
[[nodiscard]] NextStep next_step(const FailedAttempt& attempt, const SendPolicy& policy) noexcept;

} // namespace streaming::detail
