#include "core/streaming/reliability/prometheus_metrics_collector.hpp"

#include <prometheus/collectable.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <mutex>
#include <set>

#include "core/streaming/reliability/prometheus_families.hpp"

namespace streaming {

namespace {

/// The values one label has shown so far. One that was shown once stays: a counter must not vanish or run backwards.
class ShownValues {
public:
    LabelCounts fold(const LabelCounts& counts) {
        LabelCounts folded;
        for (const auto& [value, count] : counts) {
            folded[admit(value) ? value : std::string(kOtherLabel)] += count;
        }
        return folded;
    }

private:
    bool admit(const std::string& value) {
        if (values_.contains(value)) {
            return true;
        }
        if (value == kOtherLabel || values_.size() == kMaxLabelValues) {
            return false;
        }
        values_.insert(value);
        return true;
    }

    std::set<std::string> values_{};
};

} // namespace

struct PrometheusMetricsCollector::State final : prometheus::Collectable {
    [[nodiscard]] std::vector<prometheus::MetricFamily> Collect() const override;
    detail::ShownFlow& plain_work(const FlowLabels& labels);

    mutable std::mutex flows_mutex{};
    std::vector<std::shared_ptr<FlowMetrics>> flows{};
    std::vector<std::unique_ptr<detail::ShownFlow>> plain{}; // work that is no flow
    std::vector<std::weak_ptr<const MetricsView>> views{};
    mutable ShownValues reasons_ignored{};
    mutable ShownValues classes_dead_lettered{};
    mutable ShownValues reasons_dropped{};
    mutable ShownValues classes_failed{};
};

detail::ShownFlow& PrometheusMetricsCollector::State::plain_work(const FlowLabels& labels) {
    const auto known = std::ranges::find_if(plain, [&](const auto& work) { return work->labels == labels; });
    if (known != plain.end()) {
        return **known;
    }
    plain.push_back(std::make_unique<detail::ShownFlow>());
    plain.back()->labels = labels;
    return *plain.back();
}

std::vector<prometheus::MetricFamily> PrometheusMetricsCollector::State::Collect() const {
    std::unique_lock lock(flows_mutex);
    const auto viewed = views;
    std::vector<detail::ShownFlow> shown;
    for (const auto& flow : flows) {
        shown.push_back({.labels = flow->labels(), .counts = flow->snapshot()});
    }
    for (const auto& work : plain) {
        shown.push_back(*work);
    }
    for (detail::ShownFlow& flow : shown) {
        flow.counts.ignored_by_reason = reasons_ignored.fold(flow.counts.ignored_by_reason);
        flow.counts.dead_lettered_by_class = classes_dead_lettered.fold(flow.counts.dead_lettered_by_class);
        flow.counts.dropped_by_reason = reasons_dropped.fold(flow.counts.dropped_by_reason);
        flow.failures = classes_failed.fold(flow.failures);
    }
    lock.unlock(); // views are somebody else's code
    std::vector<prometheus::MetricFamily> families = detail::families_of(shown);
    for (const auto& known : viewed) {
        if (const auto view = known.lock()) {
            detail::add_samples(families, view->samples());
        }
    }
    return families;
}

PrometheusMetricsCollector::PrometheusMetricsCollector() : state_(std::make_unique<State>()) {}

PrometheusMetricsCollector::~PrometheusMetricsCollector() = default;

std::shared_ptr<FlowMetrics> PrometheusMetricsCollector::flow(const FlowLabels& labels) {
    const std::lock_guard lock(state_->flows_mutex);
    const auto known = std::ranges::find_if(state_->flows, [&](const auto& flow) { return flow->labels() == labels; });
    return known != state_->flows.end() ? *known : state_->flows.emplace_back(std::make_shared<FlowMetrics>(labels));
}

void PrometheusMetricsCollector::record_success(const FlowLabels& labels, std::chrono::nanoseconds time) {
    const std::lock_guard lock(state_->flows_mutex);
    FlowCounts& counts = state_->plain_work(labels).counts;
    ++counts.consumed;
    counts.finish(Outcome::handled, {});
    counts.handler_time.record(time);
}

void PrometheusMetricsCollector::record_failure(const FlowLabels& labels, std::string_view error_class) {
    const std::lock_guard lock(state_->flows_mutex);
    count_label(state_->plain_work(labels).failures, error_class);
}

void PrometheusMetricsCollector::show(std::weak_ptr<const MetricsView> view) {
    const std::lock_guard lock(state_->flows_mutex);
    std::erase_if(state_->views, [](const auto& known) { return known.expired(); });
    state_->views.push_back(std::move(view));
}

std::string PrometheusMetricsCollector::scrape() const {
    return prometheus::TextSerializer().Serialize(state_->Collect());
}

std::vector<std::pair<FlowLabels, FlowCounts>> PrometheusMetricsCollector::flows() const {
    const std::lock_guard lock(state_->flows_mutex);
    std::vector<std::pair<FlowLabels, FlowCounts>> copies;
    for (const auto& flow : state_->flows) {
        copies.emplace_back(flow->labels(), flow->snapshot());
    }
    return copies;
}

} // namespace streaming
