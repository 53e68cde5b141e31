#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace streaming {

/// Handler times in buckets: four to each power of two, from 1 us to 2^28 us (268 s); relative error below 19 %.
/// Used by one thread.
class TimeHistogram {
public:
    static constexpr std::size_t kBuckets = 112;

    void record(std::chrono::nanoseconds time) noexcept;
    void add(const TimeHistogram& other) noexcept;
    [[nodiscard]] std::chrono::nanoseconds quantile(
        double q) const noexcept; ///< upper bound of its bucket; 0 when empty
    [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
    [[nodiscard]] double sum_seconds() const noexcept { return sum_seconds_; }
    [[nodiscard]] const std::array<std::uint64_t, kBuckets>& buckets() const noexcept { return buckets_; }
    [[nodiscard]] static std::chrono::nanoseconds upper_bound(
        std::size_t bucket) noexcept; ///< not in the bucket itself

private:
    std::array<std::uint64_t, kBuckets> buckets_{};
    std::uint64_t count_ = 0;
    double sum_seconds_ = 0;
};

} // namespace streaming
