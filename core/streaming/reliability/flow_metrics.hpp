#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "core/streaming/reliability/outcome.hpp"
#include "core/streaming/reliability/time_histogram.hpp"

namespace streaming {

struct FlowLabels {
    std::string service{};
    std::string flow{};
    friend bool operator==(const FlowLabels&, const FlowLabels&) = default;
};

/// Counts by a label value.
using LabelCounts = std::map<std::string, std::uint64_t, std::less<>>;

inline constexpr std::size_t kMaxLabelValues =
    100; ///< different values of one label; further ones count as kOtherLabel
inline constexpr std::string_view kOtherLabel = "other";
/// Counts one more of `value`, whoever chose it: at most kMaxLabelValues stay apart, each valid UTF-8 of at most 100
/// bytes.
void count_label(LabelCounts& counts, std::string_view value);

/// Everything counted about one flow at one moment; at every moment
/// consumed = handled + duplicate + ignored + dead_lettered + dropped + in_flight (invariant I4).
struct FlowCounts {
    std::uint64_t consumed = 0;
    std::array<std::uint64_t, kOutcomes> outcomes{};
    std::uint64_t in_flight = 0;
    std::uint64_t retries = 0;
    std::uint64_t missing_ids = 0;
    std::uint64_t dedup_store_errors = 0;
    std::uint64_t sent = 0; ///< records acknowledged by the broker
    std::uint64_t send_failed = 0;
    std::int64_t lag_records = -1; ///< -1 = unknown
    double lag_seconds = -1;       ///< age of the record taken last when it was taken; -1 = unknown
    double oldest_unfinished_seconds = 0;
    LabelCounts ignored_by_reason{};
    LabelCounts dead_lettered_by_class{};
    LabelCounts dropped_by_reason{};
    TimeHistogram handler_time{};

    [[nodiscard]] std::uint64_t count(Outcome outcome) const noexcept {
        return outcomes[static_cast<std::size_t>(outcome)];
    }
    /// One record ended so. `reason` is its label when the outcome has one.
    void finish(Outcome outcome, std::string_view reason);
};

/// The counters of one flow. The flow counts into its own plain FlowCounts and publishes a consistent copy now and then
/// (at most once per micro-batch); readers take the last published one. `publish` is for one thread, `snapshot` for
/// any.
class FlowMetrics {
public:
    explicit FlowMetrics(FlowLabels labels) : labels_(std::move(labels)) {}
    [[nodiscard]] const FlowLabels& labels() const noexcept { return labels_; }
    void publish(const FlowCounts& counts);
    [[nodiscard]] FlowCounts snapshot() const;

private:
    FlowLabels labels_;
    mutable std::mutex counts_mutex_{};
    FlowCounts counts_{};
};

} // namespace streaming
