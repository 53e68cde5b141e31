#include "core/streaming/reliability/flow_metrics.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <numeric>
#include <thread>

namespace streaming {
namespace {

std::uint64_t total(const LabelCounts& counts) {
    return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0},
                           [](auto sum, const auto& entry) { return sum + entry.second; });
}

TEST(FlowMetrics, EverySnapshotAddsUp) {
    FlowMetrics metrics({"weather", "alerts"});
    std::atomic<bool> started = false;
    std::jthread flow([&](const std::stop_token& stop) {
        FlowCounts counts;
        for (unsigned round = 0; !stop.stop_requested(); ++round) {
            ++counts.consumed;
            if (round % 3 == 0) {
                ++counts.in_flight;
            } else {
                counts.finish(static_cast<Outcome>(round % kOutcomes), "why");
            }
            metrics.publish(counts);
            started = true;
        }
    });
    while (!started) {
        std::this_thread::yield();
    }
    for (int i = 0; i < 20'000; ++i) {
        const FlowCounts seen = metrics.snapshot();
        const auto finished = std::accumulate(seen.outcomes.begin(), seen.outcomes.end(), std::uint64_t{0});
        ASSERT_EQ(seen.consumed, finished + seen.in_flight);
        ASSERT_EQ(seen.count(Outcome::dropped), total(seen.dropped_by_reason));
    }
}

TEST(FlowCounts, AnOutcomeWithALabelIsCountedUnderIt) {
    FlowCounts counts;
    counts.finish(Outcome::handled, "");
    counts.finish(Outcome::ignored, "tombstone");
    counts.finish(Outcome::ignored, "tombstone");
    counts.finish(Outcome::dead_lettered, "Malformed");
    counts.finish(Outcome::dropped, "HandlerError");
    EXPECT_EQ(counts.count(Outcome::handled), 1U);
    EXPECT_EQ(counts.count(Outcome::ignored), 2U);
    EXPECT_EQ(counts.ignored_by_reason, (LabelCounts{{"tombstone", 2}}));
    EXPECT_EQ(counts.dead_lettered_by_class, (LabelCounts{{"Malformed", 1}}));
    EXPECT_EQ(counts.dropped_by_reason, (LabelCounts{{"HandlerError", 1}}));
}

TEST(CountLabel, KeepsAHundredValuesApartAndTheRestAsOther) {
    LabelCounts counts;
    for (int round = 0; round < 2; ++round) {
        for (int i = 0; i < 1000; ++i) {
            count_label(counts, "type-" + std::to_string(i));
        }
    }
    EXPECT_LE(counts.size(), kMaxLabelValues + 1);
    EXPECT_EQ(counts.at("type-7"), 2U);
    EXPECT_EQ(counts.at("other"), 1800U);
}

TEST(CountLabel, CutsAndCleansAValue) {
    LabelCounts counts;
    const std::string long_value(1000, 'x');
    count_label(counts, long_value + "1");
    count_label(counts, long_value + "2");
    count_label(counts, "\xFF");
    EXPECT_EQ(counts, (LabelCounts{{std::string(100, 'x'), 2}, {"\xEF\xBF\xBD", 1}}));
}

} // namespace
} // namespace streaming
