#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "core/streaming/reliability/outcome.hpp"

namespace streaming {

struct FlowLabels {
    std::string service{};
    std::string flow{};
};

/// Handler times in buckets: four to each power of two, from 1 us to 2^27 us (134 s); relative error below 19 %.
class TimeHistogram {
public:
    static constexpr std::size_t kBuckets = 112;
    void record(std::chrono::nanoseconds time) noexcept;
    [[nodiscard]] std::chrono::nanoseconds quantile(double q) const noexcept;    ///< upper bound of its bucket; 0 when empty
    [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
    [[nodiscard]] double sum_seconds() const noexcept { return sum_seconds_; }
    [[nodiscard]] const std::array<std::uint64_t, kBuckets>& buckets() const noexcept { return buckets_; }
    [[nodiscard]] static std::chrono::nanoseconds upper_bound(std::size_t bucket) noexcept;

private:
    std::array<std::uint64_t, kBuckets> buckets_{};
    std::uint64_t count_ = 0;
    double sum_seconds_ = 0;
};

/// Everything counted about one flow at one moment; at every moment
/// consumed = handled + duplicate + ignored + dead_lettered + dropped + in_flight (invariant I4).
struct FlowCounts {
    std::uint64_t consumed = 0;
    std::array<std::uint64_t, kOutcomes> outcomes{};
    std::uint64_t in_flight = 0;
    std::uint64_t retries = 0;
    std::uint64_t missing_ids = 0;
    std::uint64_t dedup_store_errors = 0;
    std::uint64_t sent = 0;               ///< records acknowledged by the broker
    std::uint64_t send_failed = 0;
    std::int64_t lag_records = -1;        ///< -1 = unknown
    double oldest_unfinished_seconds = 0;
    std::map<std::string, std::uint64_t, std::less<>> ignored_by_reason{};
    std::map<std::string, std::uint64_t, std::less<>> dead_lettered_by_class{};
    std::map<std::string, std::uint64_t, std::less<>> dropped_by_reason{};
    TimeHistogram handler_time{};

    [[nodiscard]] std::uint64_t count(Outcome outcome) const noexcept { return outcomes[static_cast<std::size_t>(outcome)]; }
};

/// The counters of one flow. The flow counts into its own plain FlowCounts and publishes a consistent copy now and then (at most
/// once per micro-batch); readers take the last published one. `publish` is for one thread, `snapshot` for any.
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

/// Where a service counts. Thread-safe.
class MetricsCollector {
public:
    virtual ~MetricsCollector() = default;
    /// The counters of one flow, made on first call.
    virtual std::shared_ptr<FlowMetrics> flow(const FlowLabels& labels) = 0;
    /// For work that is no flow: one success and its time, one failure and its class.
    virtual void record_success(const FlowLabels& labels, std::chrono::nanoseconds time) = 0;
    virtual void record_failure(const FlowLabels& labels, std::string_view error_class) = 0;
    /// Prometheus text format 0.0.4.
    [[nodiscard]] virtual std::string scrape() const = 0;
    /// Consistent copies of all flows, in the order they were made.
    [[nodiscard]] virtual std::vector<std::pair<FlowLabels, FlowCounts>> flows() const = 0;
};

/// MetricsCollector on prometheus-cpp: a Collectable that folds the flows' counters when somebody scrapes.
/// Labels beyond 100 different values of one metric (reasons, classes) become `other`.
class PrometheusMetricsCollector final : public MetricsCollector {
public:
    PrometheusMetricsCollector();
    ~PrometheusMetricsCollector() override;
    std::shared_ptr<FlowMetrics> flow(const FlowLabels& labels) override;
    void record_success(const FlowLabels& labels, std::chrono::nanoseconds time) override;
    void record_failure(const FlowLabels& labels, std::string_view error_class) override;
    [[nodiscard]] std::string scrape() const override;
    [[nodiscard]] std::vector<std::pair<FlowLabels, FlowCounts>> flows() const override;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace streaming
