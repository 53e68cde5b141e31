#include "core/streaming/reliability/time_histogram.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>

namespace streaming {

namespace {

constexpr std::size_t kPerPower = 4;
// 1000 * 2^(1/4), 2^(2/4), 2^(3/4), 2: upper bounds, in ns, of the buckets of the first microsecond.
constexpr std::array<std::int64_t, kPerPower> kFirstBounds{1189, 1414, 1682, 2000};

std::int64_t bound(std::size_t bucket) noexcept { return kFirstBounds[bucket % kPerPower] << (bucket / kPerPower); }

std::size_t bucket_of(std::int64_t nanoseconds) noexcept {
    const std::int64_t microseconds = nanoseconds / 1000;
    if (microseconds < 1) {
        return 0;
    }
    const auto power = static_cast<std::size_t>(std::bit_width(static_cast<std::uint64_t>(microseconds)) - 1);
    std::size_t bucket = power * kPerPower;
    if (bucket >= TimeHistogram::kBuckets) {
        return TimeHistogram::kBuckets - 1;
    }
    while (bucket % kPerPower != kPerPower - 1 && nanoseconds >= bound(bucket)) {
        ++bucket;
    }
    return bucket;
}

} // namespace

void TimeHistogram::record(std::chrono::nanoseconds time) noexcept {
    const std::int64_t nanoseconds = std::max<std::int64_t>(time.count(), 0);
    ++buckets_[bucket_of(nanoseconds)];
    ++count_;
    sum_seconds_ += static_cast<double>(nanoseconds) * 1e-9;
}

void TimeHistogram::add(const TimeHistogram& other) noexcept {
    std::ranges::transform(buckets_, other.buckets_, buckets_.begin(), std::plus<>());
    count_ += other.count_;
    sum_seconds_ += other.sum_seconds_;
}

std::chrono::nanoseconds TimeHistogram::quantile(double q) const noexcept {
    if (count_ == 0) {
        return {};
    }
    const double rank = std::ceil(std::clamp(q, 0.0, 1.0) * static_cast<double>(count_));
    const auto wanted = std::max<std::uint64_t>(static_cast<std::uint64_t>(rank), 1);
    std::uint64_t seen = 0;
    for (std::size_t bucket = 0; bucket < kBuckets; ++bucket) {
        seen += buckets_[bucket];
        if (seen >= wanted) {
            return upper_bound(bucket);
        }
    }
    return upper_bound(kBuckets - 1);
}

std::chrono::nanoseconds TimeHistogram::upper_bound(std::size_t bucket) noexcept {
    return std::chrono::nanoseconds(bound(std::min(bucket, kBuckets - 1)));
}

} // namespace streaming
