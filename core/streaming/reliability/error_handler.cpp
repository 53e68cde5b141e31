#include "core/streaming/reliability/error_handler.hpp"

#include <algorithm>
#include <random>

namespace streaming {

bool RetryPolicy::exhausted(int attempt) const noexcept {
    return attempt > 0 && static_cast<std::size_t>(attempt) >= options_.max_attempts;
}

std::chrono::milliseconds RetryPolicy::longest_delay(int attempt) const noexcept {
    std::chrono::milliseconds longest = std::min(options_.first_delay, options_.max_delay);
    for (int n = 1; n < attempt && longest > 0ms && longest < options_.max_delay; ++n) {
        longest = std::min(longest * 2, options_.max_delay);
    }
    return std::max(longest, 0ms);
}

std::chrono::milliseconds RetryPolicy::delay(int attempt) const {
    thread_local std::mt19937_64 random{std::random_device{}()};
    std::uniform_int_distribution<std::chrono::milliseconds::rep> within(0, longest_delay(attempt).count());
    return std::chrono::milliseconds(within(random));
}

Decision RetryingErrorHandler::handle_processing_error(const Failure& failure) {
    if (!failure.permanent && !policy_.exhausted(failure.attempt)) {
        return {.action = Decision::Action::retry, .delay = policy_.delay(failure.attempt)};
    }
    switch (on_exhausted_) {
        case ExhaustedPolicy::drop:
            return {.action = Decision::Action::drop};
        case ExhaustedPolicy::stop:
            return {.action = Decision::Action::stop};
        case ExhaustedPolicy::dead_letter:
            break;
    }
    return {.action = Decision::Action::dead_letter};
}

} // namespace streaming
