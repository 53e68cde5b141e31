#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "core/streaming/infrastructure/clock.hpp"
#include "core/streaming/ingestion/commit_rhythm.hpp"
#include "core/streaming/ingestion/ingestion_settings.hpp"
#include "core/streaming/ingestion/lag_observation.hpp"
#include "core/streaming/ingestion/trend_predictor.hpp"

namespace streaming {

/// The strategy `adaptive`: a rate at which consumers always have something to do and little to catch up with.
///
/// An observed lag is old: what was sent since is not in it. So it is brought forward to now by what is known: own
/// sends added, what consumers drain taken away (a Smith predictor). The rate is then the drain, corrected so that the
/// modelled lag comes to a part of target_consumer_lag. The drain is known only while consumers are busy. While they
/// are not and work waits here, the rate probes upwards by a step, until it finds their limit. When they stand still,
/// as CommitRhythm tells, they drain nothing; when they go on, they most likely do so as before. Small moves are not
/// made. How it is judged, and how well it does: docs/throttling.md. Used by one thread.
class AdaptiveRate {
public:
    explicit AdaptiveRate(const ThrottlingOptions& options);

    /// `records` leave at `now`. They must be told as they leave.
    void sent(std::size_t records, Clock::steady_time now);
    /// More would have left, had the rate allowed it.
    void held_back(Clock::steady_time now) noexcept {
        held_back_ = true;
        held_back_at_ = now;
    }
    void observe(const LagObservation& lag, Clock::steady_time now);

    void configure(const ThrottlingOptions& options);
    void set_rate(double rate);

    [[nodiscard]] double rate() const noexcept { return rate_; }                      ///< records/s
    [[nodiscard]] std::uint64_t adjustments() const noexcept { return adjustments_; } ///< changes of the rate
    [[nodiscard]] double modelled_lag() const noexcept { return modelled_; }          ///< at the newest observation
    [[nodiscard]] bool predictor_on() const noexcept { return trend_.on(); }

private:
    struct Sending {
        Clock::steady_time time{};
        double records = 0;
    };
    struct Seen {
        Clock::steady_time taken{};
        double lag = 0;
        double committed = 0;
        double produced = 0;
    };
    using History = std::vector<Seen>; ///< oldest first
    struct Pair {
        History history{};
        CommitRhythm commits{};
        double share = 1; ///< records that came into its topic for each record sent here
    };

    using Window = std::chrono::duration<double>;

    Pair& remember(const LagObservation& lag);
    void resume(Pair& pair);
    void learn(Pair& pair);
    void learn_drain(double measured, std::chrono::duration<double> passed);
    [[nodiscard]] double probed(const Pair& pair, Clock::steady_time now) const;
    void judge_noise(const History& history);
    [[nodiscard]] std::span<const Seen> recent(const History& history, Window window) const;
    /// At least two, however rarely the lag is looked at.
    [[nodiscard]] std::span<const Seen> recent_interval(const History& history, Window window) const;
    [[nodiscard]] static double drain_within(std::span<const Seen> window);
    [[nodiscard]] std::span<const Sending> sendings_between(Clock::steady_time from, Clock::steady_time to) const;
    [[nodiscard]] double sent_between(Clock::steady_time from, Clock::steady_time to) const;
    [[nodiscard]] Window drain_window(const CommitRhythm& commits) const; ///< over which the drain is measured
    [[nodiscard]] Window low_window(const CommitRhythm& commits) const;   ///< whose lowest lag counts
    [[nodiscard]] Window busy_window(const CommitRhythm& commits) const;  ///< in which consumers were never idle
    [[nodiscard]] Window probe_window(const CommitRhythm& commits) const;
    [[nodiscard]] double bring_forward(const Seen& seen, Clock::steady_time to) const;
    void move_rate(double rate);

    double target_ = 0;
    double lowest_ = 0;
    double highest_ = 0;
    double rate_ = 0;
    double drain_ = 0;    ///< what consumers can take, in records sent here a second; a lower bound while not busy
    double share_ = 1;    ///< of the worst pair
    double modelled_ = 0; ///< records
    bool busy_ = false;   ///< consumers were, all through the newest interval
    double usual_ = 0;    ///< the drain of the last minutes in which consumers were busy and did not stand still
    double best_ = 0;     ///< the same of the last hour, the highest
    bool stalled_ = false;
    bool held_back_ = false; ///< since the last observation
    Clock::steady_time held_back_at_{};
    bool noisy_ = false;             ///< observations jump, as offsets are committed rarely
    std::deque<double> surprises_{}; ///< by how much the newest observations differed from what was expected
    std::uint64_t adjustments_ = 0;
    TrendPredictor trend_{};
    std::vector<Sending> sendings_{};     ///< oldest first
    std::map<std::string, Pair> pairs_{}; ///< of group and topic: the worst may be another at each observation
};

} // namespace streaming
