#include "core/streaming/ingestion/commit_rhythm.hpp"

#include <algorithm>

namespace streaming {
namespace {

using namespace std::chrono_literals;
using Seconds = CommitRhythm::Seconds;

constexpr Seconds kByDefault = 5s;
constexpr Seconds kShortest = 1s; ///< a shorter pause is no standstill
constexpr Seconds kLongest = 20s; ///< what is longer is a standstill, however often it happens
constexpr double kTooLong = 1.5;  ///< of what is usual
constexpr auto kMemory = 5min;
constexpr double kLookedAway = 3; ///< times as long since the last observation as usual: commits went unseen
constexpr unsigned kEnough = 4;   ///< of gaps; the first may be short by chance

} // namespace

void CommitRhythm::add(Clock::steady_time taken, double lag, double committed) {
    const Seconds usual_interval = interval_;
    interval_ = committed_ ? taken - last_ : Clock::steady_time::duration(0);
    const bool moved = committed_ && committed > *committed_;
    just_resumed_ = moved && still_;
    resuming_ = just_resumed_ || (resuming_ && !moved);
    const bool looked_away = usual_interval > 0s && interval_ > kLookedAway * usual_interval;
    if (moved && !looked_away) {
        learn(waiting_since_ ? std::min(Seconds(taken - *waiting_since_), std::max(kLongest, interval_)) : interval_,
              taken);
    }
    if (lag <= 0) {
        waiting_since_.reset();
    } else if (moved || !waiting_since_) {
        waiting_since_ = taken;
    }
    last_ = taken;
    committed_ = committed;
    const Seconds patience = std::max({kTooLong * gap(), gap() + interval_, kShortest});
    still_ = waiting_since_ && taken - *waiting_since_ >= patience;
}

void CommitRhythm::learn(Seconds length, Clock::steady_time now) {
    for (Gap& gap : gaps_) {
        gap.exceeded += length >= gap.length ? 1 : 0;
    }
    std::erase_if(gaps_, [&](const Gap& gap) {
        return gap.exceeded >= 2 || (now - gap.seen > kMemory && learned_ - gap.number >= kEnough);
    });
    gaps_.push_back({now, length, learned_++});
}

Seconds CommitRhythm::gap() const {
    Seconds longest{0};
    Seconds second{0};
    for (const Gap& gap : gaps_) {
        second = std::max(second, std::min(longest, gap.length));
        longest = std::max(longest, gap.length);
    }
    return learned_ < kEnough ? std::max(second, kByDefault) : second;
}

} // namespace streaming
