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

/// FNV-1a, http://www.isthe.com/chongo/tech/comp/fnv/: the same on every machine, unlike std::hash.
Jitter::Jitter(std::string_view name, double share) : state_(0xcbf29ce484222325U), share_(share) {
    for (const char letter : name) {
        state_ = (state_ ^ static_cast<unsigned char>(letter)) * 0x100000001b3U;
    }
}

/// SplitMix64, https://prng.di.unimi.it/splitmix64.c (public domain): the standard's distributions differ between
/// libraries.
std::chrono::nanoseconds Jitter::next(std::chrono::milliseconds interval) {
    state_ += 0x9e3779b97f4a7c15U;
    std::uint64_t bits = state_;
    bits = (bits ^ (bits >> 30U)) * 0xbf58476d1ce4e5b9U;
    bits = (bits ^ (bits >> 27U)) * 0x94d049bb133111ebU;
    bits ^= bits >> 31U;
    constexpr double kTwoTo52 = 4503599627370496.0;
    const double each_way = static_cast<double>(bits >> 11U) / kTwoTo52 - 1.0; // -1 to 1
    const std::chrono::duration<double, std::nano> varied(std::chrono::nanoseconds(interval) *
                                                          (1.0 + share_ * each_way));
    return std::max<std::chrono::nanoseconds>(1ms, std::chrono::duration_cast<std::chrono::nanoseconds>(varied));
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
