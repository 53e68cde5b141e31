// latency and memory: what a program does at a rate far below what it could do.

#include <algorithm>

#include "bench/paced_load.hpp"

namespace bench {
namespace {

constexpr std::size_t kLatencyRate = 10'000;
constexpr std::size_t kLatencyRecords = 50'000;
constexpr std::size_t kMemoryRate = 1000;
constexpr std::size_t kMemoryRecords = 5000;

struct Percentiles {
    std::vector<double> p50{};
    std::vector<double> p99{};
    std::vector<double> p999{};

    void add(const std::vector<double>& latencies) {
        p50.push_back(percentile(latencies, 50.0));
        p99.push_back(percentile(latencies, 99.0));
        p999.push_back(percentile(latencies, 99.9));
    }
};

} // namespace

void measure_latency(Suite& suite) {
    const PacedOptions paced{
        .leg = "copy", .rate = kLatencyRate, .records = std::min(kLatencyRecords, suite.options().records)};
    Percentiles twin;
    Percentiles ours;
    for (std::size_t run = 0; run < suite.options().runs; ++run) {
        twin.add(run_paced(suite, Program::twin, paced).latencies_ms);
        ours.add(run_paced(suite, Program::ours, paced).latencies_ms);
    }
    const auto line = [](const char* quantity, const std::vector<double>& of_twin, const std::vector<double>& of_ours) {
        return Line{.leg = "latency",
                    .quantity = quantity,
                    .digits = 2,
                    .twin = of_twin,
                    .ours = of_ours,
                    .compare = Line::Compare::difference};
    };
    suite.report().add(line("p50 ms", twin.p50, ours.p50));
    Line p99 = line("p99 ms", twin.p99, ours.p99);
    p99.budget = {.limit = Line::Limit::at_most, .value = 1.0};
    suite.report().add(p99);
    suite.report().add(line("p99.9 ms", twin.p999, ours.p999));
}

void measure_memory(Suite& suite) {
    const PacedOptions paced{.leg = "dedup",
                             .redis = suite.redis().address(),
                             .rate = kMemoryRate,
                             .records = std::min(kMemoryRecords, suite.options().records)};
    Runs twin;
    Runs ours;
    for (std::size_t run = 0; run < suite.options().runs; ++run) {
        twin.add(run_paced(suite, Program::twin, paced).leg);
        ours.add(run_paced(suite, Program::ours, paced).leg);
    }
    suite.report().add({.leg = "memory",
                        .quantity = "MiB at 1,000 records/s",
                        .digits = 1,
                        .twin = twin.values("rss_mib"),
                        .ours = ours.values("rss_mib")});
    suite.report().add({.leg = "memory",
                        .quantity = "MiB at 1,000 records/s",
                        .digits = 1,
                        .ours = ours.values("rss_mib"),
                        .compare = Line::Compare::none,
                        .budget = Line::Budget{.limit = Line::Limit::at_most, .value = 40.0}});
}

} // namespace bench
