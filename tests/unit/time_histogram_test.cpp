#include "core/streaming/reliability/time_histogram.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace streaming {
namespace {

using namespace std::chrono_literals;

TEST(TimeHistogram, IsEmptyAtFirst) {
    EXPECT_EQ(TimeHistogram().count(), 0U);
    EXPECT_EQ(TimeHistogram().quantile(0.99), 0ns);
}

TEST(TimeHistogram, BoundsGrowByTheFourthRootOfTwo) {
    for (std::size_t bucket = 0; bucket < TimeHistogram::kBuckets; ++bucket) {
        const double expected = 1000 * std::exp2(static_cast<double>(bucket + 1) / 4);
        EXPECT_NEAR(static_cast<double>(TimeHistogram::upper_bound(bucket).count()) / expected, 1, 0.001) << bucket;
    }
}

TEST(TimeHistogram, PutsEachTimeIntoTheBucketThatHoldsIt) {
    for (std::size_t bucket = 0; bucket + 1 < TimeHistogram::kBuckets; ++bucket) {
        const auto bound = TimeHistogram::upper_bound(bucket);
        TimeHistogram below;
        below.record(bound - 1ns);
        EXPECT_EQ(below.buckets()[bucket], 1U) << bucket;
        TimeHistogram at;
        at.record(bound);
        EXPECT_EQ(at.buckets()[bucket + 1], 1U) << bucket;
    }
}

TEST(TimeHistogram, KeepsWhatIsTooSmallOrTooLargeInTheOuterBuckets) {
    TimeHistogram times;
    times.record(-5ns);
    times.record(0ns);
    times.record(24h);
    EXPECT_EQ(times.buckets().front(), 2U);
    EXPECT_EQ(times.buckets().back(), 1U);
    EXPECT_EQ(times.count(), 3U);
}

TEST(TimeHistogram, QuantilesAreWithin19Percent) {
    TimeHistogram times;
    for (int i = 1; i <= 1000; ++i) {
        times.record(std::chrono::microseconds(i * 100));
    }
    for (const double q : {0.01, 0.5, 0.95, 0.99, 1.0}) {
        const double exact = std::ceil(q * 1000) * 100'000;
        const auto shown = static_cast<double>(times.quantile(q).count());
        EXPECT_GE(shown, exact);
        EXPECT_LE(shown, exact * 1.19);
    }
}

TEST(TimeHistogram, AddsAnother) {
    TimeHistogram one;
    TimeHistogram two;
    one.record(10us);
    two.record(10us);
    two.record(1s);
    one.add(two);
    EXPECT_EQ(one.count(), 3U);
    EXPECT_NEAR(one.sum_seconds(), 1.00002, 1e-9);
    EXPECT_GE(one.quantile(1.0), 1s);
}

} // namespace
} // namespace streaming
