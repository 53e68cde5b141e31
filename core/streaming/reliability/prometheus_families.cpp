#include "core/streaming/reliability/prometheus_families.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <functional>
#include <optional>
#include <string_view>
#include <utility>

namespace streaming::detail {

namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

constexpr std::array<double, 12> kShownBounds{0.00001, 0.0001, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60};

ClientMetric labelled(const FlowLabels& labels) {
    ClientMetric metric;
    metric.label = {{"service", labels.service}, {"flow", labels.flow}};
    return metric;
}

MetricFamily family(std::string_view name, std::string_view help, MetricType type) {
    MetricFamily made;
    made.name = name;
    made.help = help;
    made.type = type;
    return made;
}

using Value = std::function<std::optional<double>(const FlowCounts&)>;

MetricFamily values(std::string_view name, std::string_view help, MetricType type, const std::vector<ShownFlow>& flows,
                    const Value& value_of) {
    MetricFamily made = family(name, help, type);
    for (const ShownFlow& flow : flows) {
        if (const auto value = value_of(flow.counts)) {
            ClientMetric metric = labelled(flow.labels);
            (type == MetricType::Gauge ? metric.gauge.value : metric.counter.value) = *value;
            made.metric.push_back(std::move(metric));
        }
    }
    return made;
}

MetricFamily counter(std::string_view name, std::string_view help, const std::vector<ShownFlow>& flows,
                     std::uint64_t FlowCounts::*member) {
    return values(name, help, MetricType::Counter, flows,
                  [member](const FlowCounts& counts) { return static_cast<double>(counts.*member); });
}

MetricFamily outcome_counter(std::string_view name, std::string_view help, const std::vector<ShownFlow>& flows,
                             Outcome outcome) {
    return values(name, help, MetricType::Counter, flows,
                  [outcome](const FlowCounts& counts) { return static_cast<double>(counts.count(outcome)); });
}

using Labels = std::function<const LabelCounts&(const ShownFlow&)>;

MetricFamily by_label(std::string_view name, std::string_view help, const char* label,
                      const std::vector<ShownFlow>& flows, const Labels& labels_of) {
    MetricFamily made = family(name, help, MetricType::Counter);
    for (const ShownFlow& flow : flows) {
        for (const auto& [value, count] : labels_of(flow)) {
            ClientMetric metric = labelled(flow.labels);
            metric.label.push_back({label, value});
            metric.counter.value = static_cast<double>(count);
            made.metric.push_back(std::move(metric));
        }
    }
    return made;
}

/// A fine bucket counts as below a shown bound when most of it is.
std::uint64_t count_below(const TimeHistogram& times, double seconds) {
    std::uint64_t count = 0;
    for (std::size_t bucket = 0; bucket < TimeHistogram::kBuckets; ++bucket) {
        const double upper = std::chrono::duration<double>(TimeHistogram::upper_bound(bucket)).count();
        const double middle = upper * std::exp2(-0.125);
        if (middle > seconds) {
            break;
        }
        count += times.buckets()[bucket];
    }
    return count;
}

MetricFamily handler_seconds(const std::vector<ShownFlow>& flows) {
    MetricFamily made =
        family("tributary_handler_seconds", "Time a handler took for one attempt.", MetricType::Histogram);
    for (const ShownFlow& flow : flows) {
        const TimeHistogram& times = flow.counts.handler_time;
        ClientMetric metric = labelled(flow.labels);
        metric.histogram.sample_count = times.count();
        metric.histogram.sample_sum = times.sum_seconds();
        for (const double bound : kShownBounds) {
            metric.histogram.bucket.push_back({.cumulative_count = count_below(times, bound), .upper_bound = bound});
        }
        made.metric.push_back(std::move(metric));
    }
    return made;
}

void add_outcomes(std::vector<MetricFamily>& families, const std::vector<ShownFlow>& flows) {
    families.push_back(
        counter("tributary_records_consumed_total", "Records taken from the broker.", flows, &FlowCounts::consumed));
    families.push_back(outcome_counter("tributary_records_handled_total",
                                       "Records whose handler returned and whose messages were acknowledged.", flows,
                                       Outcome::handled));
    families.push_back(outcome_counter("tributary_records_duplicate_total",
                                       "Records skipped because their id was handled before.", flows,
                                       Outcome::duplicate));
    families.push_back(
        by_label("tributary_records_ignored_total", "Records nobody wanted, by reason.", "reason", flows,
                 [](const ShownFlow& flow) -> const LabelCounts& { return flow.counts.ignored_by_reason; }));
    families.push_back(by_label(
        "tributary_records_dead_lettered_total", "Records copied to the dead-letter topic, by error class.", "class",
        flows, [](const ShownFlow& flow) -> const LabelCounts& { return flow.counts.dead_lettered_by_class; }));
    families.push_back(by_label(
        "tributary_records_dropped_total", "Records given up because the service said so, by reason.", "reason", flows,
        [](const ShownFlow& flow) -> const LabelCounts& { return flow.counts.dropped_by_reason; }));
    families.push_back(values("tributary_records_in_flight", "Records taken and not finished.", MetricType::Gauge,
                              flows, [](const FlowCounts& counts) { return static_cast<double>(counts.in_flight); }));
}

void add_progress(std::vector<MetricFamily>& families, const std::vector<ShownFlow>& flows) {
    families.push_back(handler_seconds(flows));
    families.push_back(counter("tributary_retries_total", "Attempts after the first.", flows, &FlowCounts::retries));
    families.push_back(values("tributary_lag_records", "Records between the committed offset and the end of the topic.",
                              MetricType::Gauge, flows, [](const FlowCounts& counts) {
                                  return counts.lag_records < 0
                                             ? std::nullopt
                                             : std::optional(static_cast<double>(counts.lag_records));
                              }));
    families.push_back(values("tributary_lag_seconds", "Age of the record taken last.", MetricType::Gauge, flows,
                              [](const FlowCounts& counts) {
                                  return counts.lag_seconds < 0 ? std::nullopt : std::optional(counts.lag_seconds);
                              }));
    families.push_back(values("tributary_oldest_unfinished_seconds",
                              "How long the oldest unfinished record has been in flight.", MetricType::Gauge, flows,
                              [](const FlowCounts& counts) { return counts.oldest_unfinished_seconds; }));
    families.push_back(counter("tributary_records_missing_id_total",
                               "Records without an id, known by topic, partition and offset.", flows,
                               &FlowCounts::missing_ids));
    families.push_back(counter("tributary_dedup_store_errors_total", "Failed trips to the deduplication store.", flows,
                               &FlowCounts::dedup_store_errors));
    families.push_back(
        counter("tributary_producer_sent_total", "Records sent and acknowledged.", flows, &FlowCounts::sent));
    families.push_back(counter("tributary_producer_failed_total", "Records that could not be delivered.", flows,
                               &FlowCounts::send_failed));
    families.push_back(by_label("tributary_failures_total", "Failures of work that is no flow, by class.", "class",
                                flows, [](const ShownFlow& flow) -> const LabelCounts& { return flow.failures; }));
}

} // namespace

std::vector<MetricFamily> families_of(const std::vector<ShownFlow>& flows) {
    std::vector<MetricFamily> families;
    add_outcomes(families, flows);
    add_progress(families, flows);
    std::erase_if(families, [](const MetricFamily& made) { return made.metric.empty(); });
    return families;
}

void add_samples(std::vector<prometheus::MetricFamily>& families, const std::vector<MetricSample>& samples) {
    for (const MetricSample& sample : samples) {
        const auto known =
            std::find_if(families.begin(), families.end(), [&](const auto& made) { return made.name == sample.name; });
        const MetricType type = sample.counter ? MetricType::Counter : MetricType::Gauge;
        MetricFamily& made =
            known != families.end() ? *known : families.emplace_back(family(sample.name, sample.help, type));
        ClientMetric metric;
        for (const auto& [name, value] : sample.labels) {
            metric.label.push_back({name, value});
        }
        (sample.counter ? metric.counter.value : metric.gauge.value) = sample.value;
        made.metric.push_back(std::move(metric));
    }
}

} // namespace streaming::detail
