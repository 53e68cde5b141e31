#include "core/streaming/ingestion/fetch_retries.hpp"

#include <algorithm>

namespace streaming {

void FetchRetries::asked() { saved_ = std::min(saved_ + options_.budget, kMostSaved); }

bool FetchRetries::take(std::size_t retries_before) {
    if (retries_before >= options_.max_retries || options_.budget <= 0 || saved_ < 1) {
        return false;
    }
    saved_ -= 1;
    return true;
}

std::chrono::nanoseconds FetchRetries::most_delay(std::size_t retries_before) const {
    const std::int64_t times = std::int64_t{1} << std::min<std::size_t>(retries_before, 20);
    return std::min(options_.first_delay * times, std::max(options_.max_delay, options_.first_delay));
}

bool FetchRetries::may_succeed_later(const Result<HttpResponse>& answer) {
    if (!answer) {
        return answer.error().retryable && answer.error().code != ErrorCode::stopped;
    }
    switch (answer.value().status) {
        case 408:
        case 425:
        case 429:
        case 500:
        case 502:
        case 503:
        case 504:
            return true;
        default:
            return false;
    }
}

} // namespace streaming
