#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/streaming/ingestion/ingestion_settings.hpp"
#include "core/streaming/ingestion/throttling_manager.hpp"
#include "core/streaming/testing/fake_clock.hpp"

/// The model on which throttling is judged: arrivals, a sender that asks a ThrottlingManager, a topic, a consumer; in
/// steps of one second of a virtual clock. No network, one consumer group, nothing random: the same numbers in each
/// run.
namespace throttle_model {

/// Records that arrive in each second.
using Arrivals = std::vector<double>;

/// Counts by minute, spread over their seconds and multiplied.
Arrivals by_minute(const std::vector<std::size_t>& minutes, double factor);
/// Minutes (acq_date, acq_time) of the rows of a FIRMS file, from its first to its last.
std::vector<std::size_t> minutes_of_firms(const std::string& csv);
/// Like the passes of satellites: most minutes are empty, some hold very much. `mean` records/s.
Arrivals made_up(std::size_t days, double mean);

/// What the consumer could take at a second, records/s.
using Consumer = std::function<double(std::size_t second)>;
Consumer steady(double rate);
Consumer stalling(double rate); ///< stands still for 120 s every 2 h
Consumer halving(double rate);  ///< takes half for 20 min every 3 h

struct Conditions {
    std::chrono::seconds lag_age{30};     ///< how old an observation is when it comes
    std::chrono::seconds lag_every{10};   ///< between observations
    std::chrono::seconds commit_every{0}; ///< 0 = offsets are committed as records are read
};

struct Score {
    double over = 0;                 ///< share of time with a lag over the target
    double p99_lag = 0;              ///< records
    double highest_lag = 0;          ///< records
    double p99_lag_seconds = 0;      ///< age of the oldest unread record
    double wasted = 0;               ///< share of what the consumer could have taken while work waited
    std::size_t changes = 0;         ///< holds, and moves of the rate of more than 5 %
    std::size_t predictor_steps = 0; ///< seconds in which the predictor was on
    double unread = 0;               ///< records that had not got through a day after the last one arrived
    friend bool operator==(const Score&, const Score&) = default;
};
std::string to_text(const Score& score);

Score run(const streaming::ThrottlingOptions& options, const Arrivals& arrivals, const Consumer& consumer,
          const Conditions& conditions = {});

/// A sender that always has more to send, a topic that gets `share` of it, and a consumer whose capacity the caller
/// sets from one time to the next; in steps short enough for a lag that is looked at several times a second.
class Flow {
public:
    struct Conditions {
        std::chrono::milliseconds step{100};
        std::chrono::milliseconds lag_every{1000}; ///< a multiple of `step`
        std::chrono::milliseconds commit_every{0}; ///< the same; 0 = offsets are committed as records are read
        double share = 1;
    };

    Flow(const streaming::ThrottlingOptions& options, const Conditions& conditions)
        : conditions_(conditions), throttle_(clock_, options) {}

    /// `capacity`: what the consumer can take, records/s.
    void go_on(std::chrono::milliseconds time, double capacity);
    /// The same until the rate has reached `rate`; returns how long that took, `most` at most.
    std::chrono::milliseconds go_on_until_rate(double rate, double capacity, std::chrono::milliseconds most);
    void read_all() { read_ = produced_; }
    void change_worst(std::string worst) { worst_ = std::move(worst); }

    [[nodiscard]] double rate() const { return throttle_.status().send_rate; }
    [[nodiscard]] double unread() const { return produced_ - read_; }
    [[nodiscard]] double highest_unread() const { return highest_unread_; } ///< since it was forgotten
    void forget_highest() { highest_unread_ = 0; }
    [[nodiscard]] double produced() const { return produced_; }
    [[nodiscard]] streaming::ThrottlingManager& throttle() { return throttle_; }
    [[nodiscard]] streaming::fakes::FakeClock& clock() { return clock_; }

private:
    void step(double capacity);

    Conditions conditions_;
    streaming::fakes::FakeClock clock_{};
    streaming::ThrottlingManager throttle_;
    std::string worst_ = "group g, topic t";
    std::chrono::milliseconds passed_{0};
    double produced_ = 0;
    double read_ = 0;
    double committed_ = 0;
    double highest_unread_ = 0;
};

} // namespace throttle_model
