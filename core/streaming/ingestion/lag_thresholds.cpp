#include "core/streaming/ingestion/lag_thresholds.hpp"

#include <algorithm>

namespace streaming {

using namespace std::chrono_literals;

std::string_view to_string(ThrottleAction action) noexcept {
    switch (action) {
        case ThrottleAction::allow:
            return "allow";
        case ThrottleAction::throttle_moderate:
            return "throttle_moderate";
        case ThrottleAction::throttle_critical:
            return "throttle_critical";
    }
    return "unknown";
}

LagThresholds::LagThresholds(const ThrottlingOptions& options) : rate_(options.max_send_rate) { configure(options); }

void LagThresholds::configure(const ThrottlingOptions& options) {
    const bool at_highest = rate_ >= highest_;
    target_ = static_cast<double>(options.target_consumer_lag);
    critical_ = static_cast<double>(options.critical_consumer_lag);
    factor_ = options.adjustment_factor;
    lowest_ = options.min_send_rate;
    highest_ = options.max_send_rate;
    rate_ = at_highest ? highest_ : std::clamp(rate_, lowest_, highest_);
}

void LagThresholds::set_rate(double rate) { rate_ = std::clamp(rate, lowest_, highest_); }

ThrottleAction LagThresholds::action_for(double lag) const noexcept {
    if (lag < target_) {
        return ThrottleAction::allow;
    }
    return lag <= critical_ ? ThrottleAction::throttle_moderate : ThrottleAction::throttle_critical;
}

ThrottleDecision LagThresholds::check(double lag) {
    const ThrottleAction action = action_for(lag);
    if (action == ThrottleAction::allow) {
        relax();
        return {};
    }
    low_checks_ = 0;
    ++throttled_;
    move_rate(rate_ / factor_);
    if (action == ThrottleAction::throttle_moderate) {
        return {action, 1s};
    }
    level_ = std::min(level_ + 1, kHighestLevel);
    return {action, std::chrono::seconds(1U << level_)};
}

void LagThresholds::relax() {
    low_checks_ = std::min(low_checks_ + 1, kChecksToRecover);
    if (low_checks_ == kChecksToRecover) {
        level_ = 0;
        move_rate(rate_ * factor_);
    }
}

void LagThresholds::move_rate(double rate) {
    const double within = std::clamp(rate, lowest_, highest_);
    adjustments_ += within == rate_ ? 0 : 1;
    rate_ = within;
}

} // namespace streaming
