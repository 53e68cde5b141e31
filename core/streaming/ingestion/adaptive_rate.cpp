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
constexpr double kHighestProbe = 2;    ///< the same at most
constexpr double kRisk = 0.25;         ///< of target_consumer_lag: what a step may add to the lag until it is seen
constexpr double kReturn = 1.5;        ///< at least so far, up to a drain that there was not long ago
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
    Seconds drain_window; ///< over which the drain is measured
    Seconds low_window;   ///< the lowest lag of it counts: what was read and not committed is no lag
    double smallest_move; ///< of the rate; less is noise
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
    usual_ = std::max(usual_, rate_);
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
        pair.commits = {};
    }
    history.push_back(seen);
    pair.commits.add(seen.taken, seen.lag, seen.committed);
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
    learn(pair);
    pair.share = share_;
    modelled_ = bring_forward(history.back(), now);
    if (!pair.commits.stands_still()) { // what was not read is not only not committed
        for (const Seen& seen : recent(history, low_window(pair.commits))) {
            modelled_ = std::min(modelled_, bring_forward(seen, now));
        }
    }
    trend_.add(modelled_, now);
    modelled_ += std::max(trend_.growth(kClean.drain_window), 0.0);
    double rate = drain_ + (kAim * target_ - modelled_) / share_ / kCorrectionTime;
    if (!busy_ && held_back_ && modelled_ < target_) {
        rate = std::max(rate, probed(pair, now));
    }
    held_back_ = false;
    move_rate(rate);
}

std::span<const AdaptiveRate::Seen> AdaptiveRate::recent(const History& history, Window window) const {
    const auto begin =
        std::ranges::find_if(history, [&](const Seen& seen) { return history.back().taken - seen.taken <= window; });
    return {begin, history.end()};
}

std::span<const AdaptiveRate::Seen> AdaptiveRate::recent_interval(const History& history, Window window) const {
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

void AdaptiveRate::learn(Pair& pair) {
    const CommitRhythm& commits = pair.commits;
    if (commits.stands_still()) {
        busy_ = true;
        stalled_ = true;
        drain_ = 0;
        return;
    }
    if (commits.just_resumed()) {
        resume(pair);
    }
    if (commits.resuming() || pair.history.size() < 2) {
        return;
    }
    const History& history = pair.history;
    const auto window = recent_interval(history, drain_window(commits));
    const Seen& last = window.back();
    if (last.taken <= window.front().taken) {
        return;
    }
    const double sent = sent_between(window.front().taken, last.taken);
    if (sent >= kEnoughToCompare && last.produced > window.front().produced) {
        share_ += kShareGain * ((last.produced - window.front().produced) / sent - share_);
    }
    const auto lows = recent_interval(history, busy_window(commits));
    // Where nothing had to wait, a small lag is what was read and not committed, and the drain is what came.
    const bool work_waited = held_back_at_ >= lows.front().taken;
    busy_ = std::ranges::min(lows, {}, &Seen::lag).lag > (work_waited ? kNothing : kAim) * target_;
    if (busy_) {
        learn_drain(drain_within(window) / share_, last.taken - history[history.size() - 2].taken);
        return;
    }
    const auto newest = recent_interval(history, probe_window(commits));
    const double passed = Seconds(last.taken - newest.front().taken).count();
    const double came = sent_between(newest.front().taken, last.taken) / passed; // and all of it was read
    drain_ = std::max({drain_, came, stalled_ ? usual_ : 0.0});
    usual_ = std::max(usual_, came);
    stalled_ = false;
}

/// Whoever goes on after a standstill most likely does so as before it, unless the first commit is less than that.
void AdaptiveRate::resume(Pair& pair) {
    History& history = pair.history;
    history.erase(history.begin(), history.end() - 2); // the standstill says nothing about what is drained now
    const double most =
        (history[1].committed - history[0].committed) / share_ / Seconds(history[1].taken - history[0].taken).count();
    drain_ = std::min(std::max(usual_, kFirstRate * highest_), most);
}

/// So far up that what comes in until it is seen to be too much is a part of the target.
double AdaptiveRate::probed(const Pair& pair, Clock::steady_time now) const {
    const History& history = pair.history;
    if (!pair.commits.known() && history.back().lag > 0) {
        return 0; // nothing was ever seen to be read
    }
    const auto window = recent_interval(history, probe_window(pair.commits));
    const double unseen = drain_ * share_ * Seconds(now - window.front().taken).count();
    const double step = std::clamp(1 + kRisk * target_ / std::max(unseen, 1.0), kProbe, kHighestProbe);
    return std::max(drain_ * step, std::min(drain_ * kReturn, best_));
}

AdaptiveRate::Window AdaptiveRate::drain_window(const CommitRhythm& commits) const {
    return std::min(lens(noisy_).drain_window, std::max(6 * commits.gap(), kClean.drain_window));
}

AdaptiveRate::Window AdaptiveRate::low_window(const CommitRhythm& commits) const {
    return std::min(lens(noisy_).low_window, std::max(3 * commits.gap(), kClean.low_window));
}

AdaptiveRate::Window AdaptiveRate::busy_window(const CommitRhythm& commits) const {
    return std::min(std::max(lens(noisy_).low_window, kClean.drain_window), 3 * commits.gap());
}

AdaptiveRate::Window AdaptiveRate::probe_window(const CommitRhythm& commits) const {
    return std::min(lens(noisy_).drain_window, 2 * commits.gap() + 4 * commits.interval());
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

double AdaptiveRate::sent_between(Clock::steady_time from, Clock::steady_time to) const {
    double sent = 0;
    for (const Sending& sending : sendings_between(from, to)) {
        sent += sending.records;
    }
    return sent;
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
