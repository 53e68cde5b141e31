#include "core/streaming/ingestion/adaptive_rate.hpp"

#include <algorithm>
#include <cmath>

namespace streaming {
namespace {

using namespace std::chrono_literals;
using Seconds = std::chrono::duration<double>;

constexpr double kFirstRate = 0.05;    ///< of max_send_rate, while nothing is known
constexpr double kAim = 0.4;           ///< of target_consumer_lag: consumers stay busy, surprises have room
constexpr double kNothing = 0.05;      ///< of target_consumer_lag: with less than this consumers may have been idle
constexpr double kCorrectionTime = 40; ///< s in which the modelled lag is to come to the aim
constexpr double kProbe = 1.15;        ///< step upwards while consumers are not busy and work waits
constexpr double kSmallestMove = 0.01; ///< of the rate; less is noise
constexpr double kShareGain = 0.3;
constexpr double kEnoughToCompare = 20; ///< records; fewer say nothing about the share
constexpr auto kDrainWindow = 15s;      ///< over which drain is measured: some commits
constexpr auto kMemory = 5min;          ///< of sendings and observations
constexpr auto kGrain = 250ms;          ///< sendings this close are kept as one

} // namespace

AdaptiveRate::AdaptiveRate(const ThrottlingOptions& options) {
    configure(options);
    rate_ = std::max(lowest_, kFirstRate * highest_);
    drain_ = rate_;
}

void AdaptiveRate::configure(const ThrottlingOptions& options) {
    target_ = static_cast<double>(options.target_consumer_lag);
    lowest_ = options.min_send_rate;
    highest_ = options.max_send_rate;
    rate_ = std::clamp(rate_, lowest_, highest_);
}

void AdaptiveRate::set_rate(double rate) {
    rate_ = std::clamp(rate, lowest_, highest_);
    drain_ = rate_;
}

void AdaptiveRate::sent(std::size_t records, Clock::steady_time now) {
    if (sendings_.empty() || now - sendings_.back().time >= kGrain) {
        sendings_.push_back({now, 0});
    }
    sendings_.back().records += static_cast<double>(records);
    while (now - sendings_.front().time > kMemory) {
        sendings_.pop_front();
    }
}

AdaptiveRate::History& AdaptiveRate::remember(const LagObservation& lag) {
    auto& history = histories_[lag.worst];
    const Seen seen{lag.taken, static_cast<double>(lag.records), static_cast<double>(lag.committed_total),
                    static_cast<double>(lag.produced_total)};
    if (!history.empty() && (seen.committed < history.back().committed || seen.produced < history.back().produced)) {
        history.clear(); // offsets were reset, or the topic was made anew
    }
    history.push_back(seen);
    while (history.size() > 2 && lag.taken - history[1].taken >= kDrainWindow) {
        history.pop_front();
    }
    std::erase_if(histories_, [&](const auto& other) { return lag.taken - other.second.back().taken > kMemory; });
    return history;
}

void AdaptiveRate::observe(const LagObservation& lag, Clock::steady_time now) {
    const History& history = remember(lag);
    trend_.add(static_cast<double>(lag.records), lag.taken);
    learn(history);
    modelled_ = bring_forward(history.back(), now) + std::max(trend_.growth(Seconds(kDrainWindow)), 0.0);
    double rate = drain_ + (kAim * target_ - modelled_) / share_ / kCorrectionTime;
    if (!busy_ && held_back_ && modelled_ < target_) {
        rate = std::max(rate, drain_ * kProbe);
    }
    held_back_ = false;
    move_rate(rate);
}

void AdaptiveRate::learn(const History& history) {
    const Seen& first = history.front();
    const Seen& last = history.back();
    const double passed = Seconds(last.taken - first.taken).count();
    if (passed <= 0) {
        return;
    }
    const double sent = sent_between(first.taken, last.taken);
    if (sent >= kEnoughToCompare && last.produced > first.produced) {
        share_ += kShareGain * ((last.produced - first.produced) / sent - share_);
    }
    busy_ = std::ranges::all_of(history, [this](const Seen& seen) { return seen.lag > kNothing * target_; });
    drain_ = busy_ ? (last.committed - first.committed) / passed / share_ : std::max(drain_, sent / passed);
}

double AdaptiveRate::sent_between(Clock::steady_time from, Clock::steady_time to) const {
    double records = 0;
    for (const Sending& sending : sendings_) {
        if (sending.time > from && sending.time <= to) {
            records += sending.records;
        }
    }
    return records;
}

double AdaptiveRate::bring_forward(const Seen& seen, Clock::steady_time now) const {
    double lag = seen.lag;
    auto reached = seen.taken;
    const auto drain_until = [&](Clock::steady_time time) {
        lag = std::max(lag - drain_ * share_ * Seconds(time - reached).count(), 0.0);
        reached = time;
    };
    for (const Sending& sending : sendings_) {
        if (sending.time > seen.taken && sending.time <= now) {
            drain_until(sending.time);
            lag += share_ * sending.records;
        }
    }
    drain_until(now);
    return lag;
}

void AdaptiveRate::move_rate(double rate) {
    const double within = std::clamp(rate, lowest_, highest_);
    if (std::abs(within - rate_) > kSmallestMove * rate_) {
        rate_ = within;
        ++adjustments_;
    }
}

} // namespace streaming
