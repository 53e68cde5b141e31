#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string_view>

#include "core/streaming/infrastructure/message.hpp"
#include "core/streaming/infrastructure/options.hpp"

namespace streaming {

/// One failed attempt.
struct Failure {
    const Message& message;
    int attempt = 1;        ///< 1 for the first
    bool permanent = false; ///< no retry can help
    std::string_view error_class{};
    std::string_view text{};
};

struct Decision {
    enum class Action { retry, dead_letter, drop, stop };
    Action action = Action::dead_letter;
    std::chrono::milliseconds delay{0}; ///< of a retry
};

/// Decides what becomes of a record whose handler failed. Called by several lanes at once: thread-safe.
class ErrorHandler {
public:
    virtual ~ErrorHandler() = default;
    virtual Decision handle_processing_error(const Failure& failure) = 0;
};

/// Exponential backoff with full jitter: the n-th wait is uniform in [0, min(max_delay, first_delay * 2^(n-1))].
/// Source: "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
class RetryPolicy {
public:
    explicit RetryPolicy(const ErrorHandlingOptions& options) : options_(options) {}
    [[nodiscard]] bool exhausted(int attempt) const noexcept;
    [[nodiscard]] std::chrono::milliseconds longest_delay(int attempt) const noexcept; ///< after this failed attempt
    [[nodiscard]] std::chrono::milliseconds delay(int attempt) const; ///< drawn from [0, longest_delay]

private:
    ErrorHandlingOptions options_;
};

/// The default: a PermanentError is never retried; others are, as RetryPolicy says; then on_exhausted.
class RetryingErrorHandler final : public ErrorHandler {
public:
    explicit RetryingErrorHandler(const ErrorHandlingOptions& options)
        : policy_(options), on_exhausted_(options.on_exhausted) {}
    Decision handle_processing_error(const Failure& failure) override;

private:
    RetryPolicy policy_;
    ExhaustedPolicy on_exhausted_;
};

} // namespace streaming
