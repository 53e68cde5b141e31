#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bench/broker_under_bench.hpp"
#include "bench/leg_process.hpp"
#include "bench/redis_under_bench.hpp"
#include "bench/report.hpp"

namespace bench {

struct BenchOptions {
    std::string brokers{}; ///< host:port; empty = embedded
    std::string redis{};   ///< host:port; empty = one of our own
    std::size_t records = 1'000'000;
    std::size_t runs = 5;
    std::vector<std::string> legs{};
    Format format = Format::text;
};

enum class Program { twin, ours };

/// What the legs share: broker, Redis, the input that most of them read, and where results go. Used by one thread.
class Suite {
public:
    explicit Suite(const BenchOptions& options);

    [[nodiscard]] const BenchOptions& options() const noexcept { return options_; }
    [[nodiscard]] BrokerUnderBench& broker() noexcept { return broker_; }
    [[nodiscard]] const Report& report() const noexcept { return report_; }
    [[nodiscard]] const RedisUnderBench& redis(); ///< started when it is first needed
    [[nodiscard]] Observations observations() const { return {.records = options_.records}; }
    [[nodiscard]] const BenchTopic& input();

    [[nodiscard]] LegProcess start(Program program, const LegOptions& leg) const;
    /// A program beside this one, such as tributary_own_cost.
    [[nodiscard]] std::string path_of(const std::string& program) const { return folder_ + "/" + program; }

private:
    BenchOptions options_;
    std::string folder_;
    Report report_;
    BrokerUnderBench broker_;
    std::optional<RedisUnderBench> redis_{};
    std::optional<BenchTopic> input_{};
};

/// What one program measured, run by run.
class Runs {
public:
    void add(LegResult result) { results_.push_back(std::move(result)); }
    [[nodiscard]] std::vector<double> values(const std::string& name) const {
        std::vector<double> values;
        for (const LegResult& result : results_) {
            values.push_back(result.at(name));
        }
        return values;
    }

private:
    std::vector<LegResult> results_{};
};

// Each runs its legs, checks what they did, and reports.
void measure_consume(Suite& suite);
void measure_copy(Suite& suite);
void measure_dedup(Suite& suite);
void measure_typed(Suite& suite);
void measure_slow(Suite& suite);
void measure_wrapper(Suite& suite);
void measure_latency(Suite& suite);
void measure_memory(Suite& suite);
void measure_start(Suite& suite);
void measure_own_cost(Suite& suite);
void measure_firms(Suite& suite);
void measure_alerts(Suite& suite);
void measure_queue(Suite& suite);
void measure_ingest(Suite& suite);
void measure_source(Suite& suite);
void measure_fetch_latency(Suite& suite);
void measure_sources(Suite& suite);

/// Turns a FIRMS table into events, in this process; prints rows_per_second.
int run_firms_leg();
/// Turns a recorded answer of 529 alerts into events, in this process; prints file_ms.
int run_alerts_leg(const std::string& path);
/// Moves records through the ingestion's queue, in this process; prints records a second for each way.
int run_queue_leg(std::size_t records);
/// Checks the arithmetic of the benchmark itself; prints what is wrong.
int run_self_check();

} // namespace bench
