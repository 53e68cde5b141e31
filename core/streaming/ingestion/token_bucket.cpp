#include "core/streaming/ingestion/token_bucket.hpp"

#include <algorithm>

namespace streaming {

using std::chrono::nanoseconds;

TokenBucket::TokenBucket(Rate rate) : interval_(interval_of(rate)), burst_(std::max<std::size_t>(rate.burst, 1)) {}

nanoseconds TokenBucket::interval_of(Rate rate) {
    const auto per_minute = static_cast<std::int64_t>(std::max<std::size_t>(rate.per_minute, 1));
    constexpr std::int64_t kMinute = nanoseconds(std::chrono::minutes(1)).count();
    return nanoseconds((kMinute + per_minute - 1) / per_minute); // rounded up: never more often than said
}

nanoseconds TokenBucket::wait(Clock::steady_time now) const {
    const nanoseconds ahead = next_.value_or(now) - now + interval_ - credit();
    return std::max(ahead, nanoseconds(0));
}

TokenBucket::Ticket TokenBucket::take(Clock::steady_time now) {
    next_ = std::max(next_.value_or(now), now) + interval_;
    return ++taken_;
}

Clock::steady_time TokenBucket::due(Ticket ticket) const {
    const auto later_ones = static_cast<std::int64_t>(taken_ - ticket);
    return next_.value_or(Clock::steady_time{}) - interval_ * later_ones - credit();
}

void TokenBucket::set_rate(Rate rate, Clock::steady_time now) {
    const nanoseconds interval = interval_of(rate);
    if (next_ && *next_ > now) {
        const double intervals_ahead =
            static_cast<double>((*next_ - now).count()) / static_cast<double>(interval_.count());
        next_ = now + nanoseconds(static_cast<std::int64_t>(intervals_ahead * static_cast<double>(interval.count())));
    }
    interval_ = interval;
    burst_ = std::max<std::size_t>(rate.burst, 1);
}

} // namespace streaming
