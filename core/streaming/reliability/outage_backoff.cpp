#include "core/streaming/reliability/outage_backoff.hpp"

#include <algorithm>
#include <utility>

namespace streaming {

using namespace std::chrono_literals;

bool OutageBackoff::failed() noexcept {
    failures_ = std::min(failures_ + 1, kFailuresToOpen);
    if (failures_ == kFailuresToOpen) {
        delay_ = std::clamp<std::chrono::milliseconds>(delay_ * 2, 200ms, 10s);
        next_try_ = clock_.now() + delay_;
    }
    return failures_ == 1;
}

bool OutageBackoff::worked() noexcept {
    delay_ = 0ms;
    return std::exchange(failures_, 0) != 0;
}

} // namespace streaming
