#include "core/streaming/ingestion/send_pace.hpp"

#include <algorithm>
#include <cmath>

namespace streaming {
namespace {

using Seconds = std::chrono::duration<double>;

constexpr double kSlack = 1e-6; // times are whole nanoseconds: a token may come out a hair short
constexpr double kPause = 0.02; // s; what a waiting caller is made to collect, far below the 50 ms a record may take
constexpr Seconds kLongestWait{3600};

} // namespace

SendPace::SendPace(double rate, Clock::steady_time now)
    : rate_(rate), capacity_(std::max(rate, 1.0)), tokens_(capacity_), filled_(now) {}

void SendPace::set(double rate, Seconds burst, Clock::steady_time now) {
    refill(now);
    rate_ = rate;
    capacity_ = std::max(rate * burst.count(), 1.0);
    tokens_ = std::min(tokens_, capacity_);
}

void SendPace::refill(Clock::steady_time now) {
    if (now > filled_) {
        tokens_ = std::min(tokens_ + rate_ * Seconds(now - filled_).count(), capacity_);
        filled_ = now;
    }
}

std::size_t SendPace::take(std::size_t wanted, Clock::steady_time now) {
    refill(now);
    const double taken = std::min(static_cast<double>(wanted), std::floor(tokens_ + kSlack));
    tokens_ -= taken;
    return static_cast<std::size_t>(taken);
}

Clock::steady_time SendPace::ready(std::size_t wanted) const {
    const double enough = std::max(std::min({rate_ * kPause, static_cast<double>(wanted), capacity_}), 1.0);
    const Seconds wait = std::min(Seconds(std::max(enough - tokens_, 0.0) / rate_), kLongestWait);
    return filled_ + std::chrono::ceil<Clock::steady_time::duration>(wait);
}

} // namespace streaming
