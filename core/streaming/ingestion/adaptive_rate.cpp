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
constexpr double kProbe = 1.2;         ///< step upwards while consumers are not busy and work waits
constexpr double kReturn = 1.5;        ///< the same, up to a drain that there was not long ago
constexpr double kShareGain = 0.3;
constexpr double kEnoughToCompare = 20; ///< records; fewer say nothing about the share
constexpr double kNoise = 0.1;     ///< of target_consumer_lag: with a usual surprise of more observations are noisy
constexpr double kNoisyGain = 0.1; ///< of a measured drain, while observations are noisy
constexpr Seconds kUsual{120};     ///< of busy time in which a lower drain becomes the usual one
constexpr Seconds kBest{3600};     ///< of busy time in which a higher drain is forgotten
constexpr double kAsUsual = 0.8;   ///< of the usual drain: a stall is over
constexpr std::size_t kSurprises = 15;
constexpr auto kMemory = 5min; ///< of sendings and observations
constexpr auto kGrain = 250ms; ///< sendings this close are kept as one

/// How observations are looked at.
struct Lens {
    std::chrono::seconds drain_window; ///< over which the drain is measured
    std::chrono::seconds low_window;   ///< the lowest lag of it counts: what was read and not committed is no lag
    double smallest_move;              ///< of the rate; less is noise
};
constexpr Lens kClean{15s, 5s, 0.01};
constexpr Lens kNoisy{60s, 30s, 0.03};

const Lens& lens(bool noisy) { return noisy ? kNoisy : kClean; }

} // namespace

AdaptiveRate::AdaptiveRate(const ThrottlingOptions& options) {
    configure(options);
    set_rate(kFirstRate * highest_);
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
    if (now - sendings_.front().time > 2 * kMemory) { // rarely, as the rest has to move
        const auto old = [&](const Sending& sending) { return now - sending.time > kMemory; };
        sendings_.erase(sendings_.begin(), std::ranges::find_if_not(sendings_, old));
    }
}

AdaptiveRate::Pair& AdaptiveRate::remember(const LagObservation& lag) {
    auto& pair = pairs_[lag.worst];
    auto& history = pair.history;
    const Seen seen{lag.taken, static_cast<double>(lag.records), static_cast<double>(lag.committed_total),
                    static_cast<double>(lag.produced_total)};
    if (!history.empty() && (seen.committed < history.back().committed || seen.produced < history.back().produced)) {
        history.clear(); // offsets were reset, or the topic was made anew
    }
    history.push_back(seen);
    const auto old =
        std::ranges::find_if(history, [&](const Seen& one) { return lag.taken - one.taken < kNoisy.drain_window; });
    if (old - history.begin() > 1) {
        history.erase(history.begin(), old - 1); // one that is older stays, so that the window is whole
    }
    std::erase_if(pairs_, [&](const auto& other) { return lag.taken - other.second.history.back().taken > kMemory; });
    return pair;
}

void AdaptiveRate::observe(const LagObservation& lag, Clock::steady_time now) {
    Pair& pair = remember(lag);
    const History& history = pair.history;
    share_ = pair.share;
    judge_noise(history);
    learn(history);
    pair.share = share_;
    modelled_ = bring_forward(history.back(), now);
    for (const Seen& seen : recent(history, lens(noisy_).low_window)) {
        modelled_ = std::min(modelled_, bring_forward(seen, now));
    }
    trend_.add(modelled_, now);
    modelled_ += std::max(trend_.growth(kClean.drain_window), 0.0);
    double rate = drain_ + (kAim * target_ - modelled_) / share_ / kCorrectionTime;
    if (!busy_ && held_back_ && modelled_ < target_) {
        rate = std::max({rate, drain_ * kProbe, std::min(drain_ * kReturn, best_)});
    }
    held_back_ = false;
    move_rate(rate);
}

std::span<const AdaptiveRate::Seen> AdaptiveRate::recent(const History& history, std::chrono::seconds window) const {
    const auto begin =
        std::ranges::find_if(history, [&](const Seen& seen) { return history.back().taken - seen.taken <= window; });
    return {begin, history.end()};
}

std::span<const AdaptiveRate::Seen> AdaptiveRate::recent_interval(const History& history,
                                                                  std::chrono::seconds window) const {
    const auto seen = recent(history, window);
    return seen.size() > 1 ? seen : std::span(history).last(std::min<std::size_t>(history.size(), 2));
}

void AdaptiveRate::judge_noise(const History& history) {
    if (history.size() < 2) {
        return;
    }
    const Seen& last = history.back();
    const Seen& before = history[history.size() - 2];
    if (last.lag <= 0 && before.lag <= 0) {
        return; // when consumers have nothing to do there is nothing to learn
    }
    surprises_.push_back(std::abs(last.lag - bring_forward(before, last.taken)));
    if (surprises_.size() > kSurprises) {
        surprises_.pop_front();
    }
    std::vector<double> sorted(surprises_.begin(), surprises_.end());
    const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2);
    std::ranges::nth_element(sorted, middle);
    noisy_ = *middle > kNoise * target_;
}

void AdaptiveRate::learn(const History& history) {
    const auto window = recent_interval(history, lens(noisy_).drain_window);
    const Seen& first = window.front();
    const Seen& last = window.back();
    const double passed = Seconds(last.taken - first.taken).count();
    if (passed <= 0) {
        return;
    }
    double sent = 0;
    for (const Sending& sending : sendings_between(first.taken, last.taken)) {
        sent += sending.records;
    }
    if (sent >= kEnoughToCompare && last.produced > first.produced) {
        share_ += kShareGain * ((last.produced - first.produced) / sent - share_);
    }
    const auto lows = recent_interval(history, std::max(lens(noisy_).low_window, kClean.drain_window));
    // Where nothing had to wait, a small lag is what was read and not committed, and the drain is what came.
    const bool work_waited = held_back_at_ >= lows.front().taken;
    busy_ = std::ranges::min(lows, {}, &Seen::lag).lag > (work_waited ? kNothing : kAim) * target_;
    if (busy_) {
        learn_drain(drain_within(window) / share_, last.taken - history[history.size() - 2].taken);
    } else {
        drain_ = std::max({drain_, sent / passed, stalled_ ? usual_ : 0.0});
        stalled_ = false;
    }
}

void AdaptiveRate::learn_drain(double measured, Seconds passed) {
    drain_ += (noisy_ ? kNoisyGain : 1.0) * (measured - drain_);
    if (measured <= 0) {
        stalled_ = true; // whoever goes on after a pause most likely does so as before it
        return;
    }
    usual_ = std::max(measured, usual_ + std::min(passed / kUsual, 1.0) * (measured - usual_));
    best_ = std::max(measured, best_ + std::min(passed / kBest, 1.0) * (measured - best_));
    stalled_ = stalled_ && measured < kAsUsual * usual_;
}

double AdaptiveRate::drain_within(std::span<const Seen> window) {
    // From commit to commit: what was read after the last one is not known.
    const Seen* first = nullptr;
    const Seen* last = nullptr;
    Seconds longest{0};
    for (std::size_t i = 1; i < window.size(); ++i) {
        if (window[i].committed > window[i - 1].committed) {
            longest = last == nullptr ? longest : std::max(longest, Seconds(window[i].taken - last->taken));
            first = first == nullptr ? &window[i] : first;
            last = &window[i];
        }
    }
    const Seen& end = window.back();
    if (first == last || end.taken - last->taken > 2 * longest) { // too few commits, or they ceased
        return (end.committed - window.front().committed) / Seconds(end.taken - window.front().taken).count();
    }
    return (last->committed - first->committed) / Seconds(last->taken - first->taken).count();
}

std::span<const AdaptiveRate::Sending> AdaptiveRate::sendings_between(Clock::steady_time from,
                                                                      Clock::steady_time to) const {
    const auto after = [this](Clock::steady_time time) {
        return std::ranges::upper_bound(sendings_, time, {}, &Sending::time);
    };
    return from < to ? std::span(after(from), after(to)) : std::span<const Sending>();
}

double AdaptiveRate::bring_forward(const Seen& seen, Clock::steady_time to) const {
    double lag = seen.lag;
    auto reached = seen.taken;
    const auto drain_until = [&](Clock::steady_time time) {
        lag = std::max(lag - drain_ * share_ * Seconds(time - reached).count(), 0.0);
        reached = time;
    };
    for (const Sending& sending : sendings_between(seen.taken, to)) {
        drain_until(sending.time);
        lag += share_ * sending.records;
    }
    drain_until(to);
    return lag;
}

void AdaptiveRate::move_rate(double rate) {
    const double within = std::clamp(rate, lowest_, highest_);
    if (std::abs(within - rate_) > lens(noisy_).smallest_move * rate_) {
        rate_ = within;
        ++adjustments_;
    }
}

} // namespace streaming
