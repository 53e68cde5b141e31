#include "core/streaming/ingestion/poll_timing.hpp"

#include <algorithm>

namespace streaming::detail {

using namespace std::chrono_literals;

std::chrono::nanoseconds first_poll_delay(std::size_t place, std::chrono::milliseconds interval) {
    constexpr std::chrono::nanoseconds kStep = 1'236'067'977ns;
    constexpr std::size_t kTogether = 5;
    constexpr std::size_t kMostPlaces = 1'000'000'000; // so that the product fits
    const auto whole = kStep * static_cast<std::int64_t>(std::min(place, kMostPlaces) / kTogether);
    const std::chrono::milliseconds round =
        interval < 10s ? std::max(interval, 1ms) : std::max<std::chrono::milliseconds>(interval, 1min);
    return whole % std::chrono::nanoseconds(round);
}

namespace {

/// -1 to 1, the same for one number. SplitMix64, https://prng.di.unimi.it/splitmix64.c (public domain): the standard's
/// distributions differ between libraries.
double each_way(std::int64_t number) {
    std::uint64_t bits = static_cast<std::uint64_t>(number) * 0x9e3779b97f4a7c15U;
    bits = (bits ^ (bits >> 30U)) * 0xbf58476d1ce4e5b9U;
    bits = (bits ^ (bits >> 27U)) * 0x94d049bb133111ebU;
    bits ^= bits >> 31U;
    constexpr double kTwoTo52 = 4503599627370496.0;
    return static_cast<double>(bits >> 11U) / kTwoTo52 - 1.0;
}

} // namespace

/// Straight lines between a number for each two intervals: so much it can go from -1 to 1.
Clock::steady_time PollSlots::due() const {
    if (is_first_) {
        return slot_;
    }
    const std::chrono::nanoseconds stretch = 2 * interval_;
    const std::chrono::nanoseconds time = slot_.time_since_epoch();
    const std::int64_t number = time / stretch;
    const double part = static_cast<double>((time % stretch).count()) / static_cast<double>(stretch.count());
    const double moved = (1.0 - part) * each_way(number) + part * each_way(number + 1);
    return slot_ + std::chrono::duration_cast<Clock::steady_time::duration>(interval_ * (share_ * moved));
}

void PollSlots::began(Clock::steady_time now) {
    if (now - due() > std::min<std::chrono::nanoseconds>(interval_ / 10, 1s)) {
        slot_ = now;
    }
    slot_ += interval_;
    is_first_ = false;
}

PollBackoff PollBackoff::of_interval(std::chrono::milliseconds interval) {
    constexpr std::chrono::milliseconds kLongest = 5min;
    return PollBackoff({.first = interval, .longest = std::max(interval, std::min(8 * interval, kLongest))});
}

std::chrono::milliseconds PollBackoff::failed() {
    delay_ = std::clamp(delay_ * 2, options_.first, options_.longest);
    return delay_;
}

} // namespace streaming::detail
