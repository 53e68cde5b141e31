#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

#include "core/streaming/ingestion/ingestion_settings.hpp"

namespace streaming {

enum class ThrottleAction { allow, throttle_moderate, throttle_critical };

[[nodiscard]] std::string_view to_string(ThrottleAction action) noexcept;

struct ThrottleDecision {
    ThrottleAction action = ThrottleAction::allow;
    std::chrono::milliseconds delay{0}; ///< how long the next batch has to wait
    friend bool operator==(const ThrottleDecision&, const ThrottleDecision&) = default;
};

/// The strategy `thresholds`: what one check of the mean lag decides.
///
///     lag                  action              delay        level   rate
///     < target             allow               0            0 after ten in a row; from the tenth on each multiplies
///     the rate target to critical   throttle_moderate   1 s          stays   divided by adjustment_factor, down to
///     min_send_rate > critical           throttle_critical   2^level s    + 1, up to 4   divided as well
///
/// The rate begins at max_send_rate and never exceeds it. Used by one thread.
class LagThresholds {
public:
    static constexpr unsigned kHighestLevel = 4; ///< a hold of 16 s
    static constexpr unsigned kChecksToRecover = 10;

    explicit LagThresholds(const ThrottlingOptions& options);

    ThrottleDecision check(double lag);
    /// Level and count of low checks stay. A rate that was at its maximum stays at the maximum.
    void configure(const ThrottlingOptions& options);
    void set_rate(double rate);

    [[nodiscard]] bool is_low(double lag) const noexcept { return lag < target_; }
    [[nodiscard]] ThrottleAction action_for(double lag) const noexcept;
    [[nodiscard]] unsigned level() const noexcept { return level_; }
    [[nodiscard]] double rate() const noexcept { return rate_; }                      ///< records/s
    [[nodiscard]] std::uint64_t adjustments() const noexcept { return adjustments_; } ///< changes of the rate
    [[nodiscard]] std::uint64_t throttled() const noexcept { return throttled_; }     ///< checks with a delay

private:
    void relax();
    void move_rate(double rate);

    double target_ = 0;
    double critical_ = 0;
    double factor_ = 1;
    double lowest_ = 0;
    double highest_ = 0;
    double rate_ = 0;
    unsigned level_ = 0;
    unsigned low_checks_ = 0;
    std::uint64_t adjustments_ = 0;
    std::uint64_t throttled_ = 0;
};

} // namespace streaming
