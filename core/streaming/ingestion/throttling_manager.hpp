#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/streaming/infrastructure/clock.hpp"
#include "core/streaming/ingestion/adaptive_rate.hpp"
#include "core/streaming/ingestion/ingestion_settings.hpp"
#include "core/streaming/ingestion/lag_observation.hpp"
#include "core/streaming/ingestion/lag_thresholds.hpp"
#include "core/streaming/ingestion/lag_window.hpp"
#include "core/streaming/ingestion/send_pace.hpp"

namespace streaming {

struct ThrottleStatus {
    std::string current_state{}; ///< allow, throttle_moderate, throttle_critical, no_signal
    unsigned backoff_level = 0;  ///< 0-4; the next hold above critical lasts 2^(level + 1) s, 16 s at most
    std::uint64_t rate_adjustments = 0;
    std::uint64_t throttled_count = 0;                   ///< checks that answered with a delay
    double send_rate = 0;                                ///< records/s
    std::optional<std::uint64_t> lag_records{};          ///< mean of the last 60 s; absent = not known
    std::optional<std::uint64_t> lag_records_now{};      ///< of the newest observation
    std::optional<double> lag_seconds{};                 ///< of the newest observation
    bool predictor_on = false;                           ///< adaptive: the trend is worth looking at
    std::string worst{};                                 ///< `group g, topic t` of the newest observation
    std::string no_signal_reason{};                      ///< empty while there is a signal
    std::vector<std::string> left_out{};                 ///< what the newest observation did not count, and why
    std::map<std::string, std::uint64_t> throttled_by{}; ///< source as the caller named it -> checks with a delay
};

/// Decides how many records may leave for Kafka, by how far the consumers of the topics are behind.
///
/// Two ways to use it: `check_and_throttle` by whoever knows the lag and waits itself; or `observe` by who looks at the
/// lag every now and then, and `admit` by who sends, before it takes a batch from its queue. A hold concerns the next
/// batch and not a chosen one: what became more urgent meanwhile leaves first.
///
/// The strategy decides what `admit` does: `thresholds` as LagThresholds says, `adaptive` without holds, at the rate of
/// AdaptiveRate. `check_and_throttle` goes by thresholds always.
///
/// An unknown lag is never zero: without a signal there are no holds, and the rate stays where it is, the last safe
/// one, until there is one again. The signal is lost when it is said to be (`observe_unknown`), and when nothing was
/// observed for three intervals (at least 60 s). Thread-safe; calls nobody and never blocks. Borrows the clock.
class ThrottlingManager {
public:
    ThrottlingManager(Clock& clock, ThrottlingOptions options);
    ThrottlingManager(const ThrottlingManager&) = delete;
    ThrottlingManager& operator=(const ThrottlingManager&) = delete;

    /// One check: `lag` goes into the mean of the last 60 s, and what that means is answered. The caller waits.
    /// `source` is counted with.
    ThrottleDecision check_and_throttle(std::uint64_t lag, std::string_view source);

    struct Admission {
        std::size_t records = 0;         ///< so many may leave; 0 = ask again at
        Clock::steady_time not_before{}; ///< this time
    };
    /// How many of the `wanted` records that wait may leave now; they count as sent. In turn: check, hold, one batch.
    /// A check needs an observation newer than the last one's, so that levels rise with time and not with the number of
    /// batches; without, what the last check said is said again. While nothing waits nothing is checked, but an
    /// observation below the target counts as a low check by itself: level and rate recover in quiet times.
    [[nodiscard]] Admission admit(std::size_t wanted, std::string_view source);

    /// What a LagWatch saw. An incomplete one below the target says nothing: the real worst may be higher.
    void observe(const LagObservation& lag);
    void observe_unknown(std::string reason);

    /// While running: level, rate (within the new limits) and observations stay.
    void configure(ThrottlingOptions options);
    [[nodiscard]] ThrottleStatus status() const;

private:
    [[nodiscard]] bool has_signal() const noexcept { return no_signal_.empty(); }
    ThrottleDecision check(double lag, std::string_view source);
    void lose_signal(std::string reason);
    void forget_decision();
    void expire_signal(Clock::steady_time now);
    void regain_signal(Clock::steady_time now);
    [[nodiscard]] std::optional<Clock::steady_time> hold(Clock::steady_time now, std::string_view source);
    void follow(const LagObservation& lag, Clock::steady_time now);
    [[nodiscard]] bool is_adaptive() const noexcept { return options_.strategy == ThrottlingStrategy::adaptive; }
    [[nodiscard]] double rate() const noexcept { return is_adaptive() ? adaptive_.rate() : thresholds_.rate(); }
    void pace(Clock::steady_time now);

    Clock& clock_;
    mutable std::mutex state_mutex_{}; ///< guards all below
    ThrottlingOptions options_;
    LagThresholds thresholds_;
    AdaptiveRate adaptive_;
    SendPace pace_;
    LagWindow window_{};
    std::string no_signal_; ///< why there is none; empty = there is one
    LagObservation newest_{};
    Clock::steady_time seen_{}; ///< when the newest observation came
    bool unchecked_ = false;    ///< the newest observation has not been checked
    ThrottleDecision last_{};   ///< what the last check said
    Clock::steady_time hold_{}; ///< nothing leaves before
    bool batch_is_due_ = false; ///< the hold was served: one batch leaves before the next check
    std::map<std::string, std::uint64_t, std::less<>> throttled_by_{};
};

} // namespace streaming
