// tributary_bench: the framework beside its bare twin, the same work in the same run, in turn. See --help.

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "bench/our_leg.hpp"
#include "bench/suite.hpp"

namespace bench {
namespace {

constexpr const char* kUsage =
    "usage: tributary_bench [--brokers HOST:PORT] [--redis HOST:PORT] [--records N] [--runs N] [--legs LEG,...]\n"
    "                       [--markdown] | --self-check\n"
    "\n"
    "  --brokers     a real Kafka (tools/kafka start); absent: the embedded broker, which keeps nothing\n"
    "  --redis       absent: a redis-server of its own, on a free port\n"
    "  --records     of the input topic (default 1000000)\n"
    "  --runs        of each program and leg (default 5); the table shows medians\n"
    "  --legs        default all:\n"
    "      consume   read, parse, commit each second\n"
    "      copy      read, convert, send, commit what was acknowledged\n"
    "      dedup     the same without the ids that Redis knows; and one record at a time\n"
    "      typed     read a struct, send a struct, both with nlohmann\n"
    "      slow      10,000 records of 1,000 keys in one partition, 0-5 ms of waiting each\n"
    "      wrapper   send batches of fetched records until each is acknowledged: ProducerWrapper\n"
    "      latency   from input to output at 10,000 records/s\n"
    "      memory    resident memory at 1,000 records/s with deduplication\n"
    "      start     from nothing to ready\n"
    "      own       the framework without Kafka, Redis and JSON; heap allocations\n"
    "      firms     rows of a FIRMS table to events, one core\n"
    "      alerts    the alerts of the NWS (a recording, see TRIBUTARY_TEST_DATA) to events, one core\n"
    "      queue     the ingestion's queue, 1, 2 and 4 producers, one consumer\n"
    "      ingest    sources with ready-made rows, queue, drain, ProducerWrapper, Kafka\n"
    "      source    one source of 500 JSON records an answer, deduplicated, without and with Redis\n"
    "      fetch_latency  from fetch to output at 100 records/s\n"
    "      sources   100 APIs polled once a second: memory and processor time, without and with Redis\n"
    "  --markdown    prints the table as docs/performance.md has it\n"
    "  --self-check  checks the arithmetic and ends\n"
    "\n"
    "All legs take about 15 minutes on two quiet cores with a real Kafka, about 18 on the embedded broker, where each\n"
    "process waits 3 s to join its group. The twin (tributary_raw_twin) is librdkafka and hiredis alone. Ours runs "
    "with\n"
    "metrics, retries and dead letters armed. Rates are from the first record handed over to the last commit.\n"
    "bench/README.md says more.\n";

struct Leg {
    std::string_view name;
    void (*measure)(Suite&);
};

constexpr std::array<Leg, 17> kLegs{{{"consume", measure_consume},
                                     {"copy", measure_copy},
                                     {"dedup", measure_dedup},
                                     {"typed", measure_typed},
                                     {"slow", measure_slow},
                                     {"wrapper", measure_wrapper},
                                     {"latency", measure_latency},
                                     {"memory", measure_memory},
                                     {"start", measure_start},
                                     {"own", measure_own_cost},
                                     {"firms", measure_firms},
                                     {"alerts", measure_alerts},
                                     {"queue", measure_queue},
                                     {"ingest", measure_ingest},
                                     {"source", measure_source},
                                     {"fetch_latency", measure_fetch_latency},
                                     {"sources", measure_sources}}};

[[noreturn]] void usage(int code) {
    std::fputs(kUsage, code == 0 ? stdout : stderr);
    std::exit(code);
}

std::vector<std::string> split(const std::string& text) {
    std::vector<std::string> parts;
    std::istringstream stream(text);
    for (std::string part; std::getline(stream, part, ',');) {
        parts.push_back(part);
    }
    return parts;
}

std::size_t positive(const std::string& text) {
    const auto number = std::strtoull(text.c_str(), nullptr, 10);
    return number > 0 ? number : (usage(2), 0);
}

BenchOptions parse(std::span<char* const> arguments) {
    BenchOptions options;
    for (std::size_t index = 0; index < arguments.size(); ++index) {
        const std::string_view flag = arguments[index];
        if (flag == "--markdown") {
            options.format = Format::markdown;
            continue;
        }
        if (flag == "--help" || flag == "-h") {
            usage(0);
        }
        if (++index == arguments.size()) {
            usage(2);
        }
        const std::string value = arguments[index];
        if (flag == "--brokers") {
            options.brokers = value;
        } else if (flag == "--redis") {
            options.redis = value;
        } else if (flag == "--records") {
            options.records = positive(value);
        } else if (flag == "--runs") {
            options.runs = positive(value);
        } else if (flag == "--legs") {
            options.legs = split(value);
        } else {
            usage(2);
        }
    }
    for (const std::string& leg : options.legs) {
        if (std::ranges::find(kLegs, leg, &Leg::name) == kLegs.end()) {
            usage(2);
        }
    }
    return options;
}

void compare(const BenchOptions& options) {
    Suite suite(options);
    suite.report().note("Broker: " + (options.brokers.empty() ? std::string("embedded") : options.brokers) + ", " +
                        std::to_string(options.records) + " records, " + std::to_string(options.runs) +
                        " runs of each program in turn; median (lowest - highest).\n");
    suite.report().head();
    for (const Leg& leg : kLegs) {
        if (options.legs.empty() || std::ranges::find(options.legs, leg.name) != options.legs.end()) {
            leg.measure(suite);
        }
    }
}

/// The process that `compare` starts for ours.
int run_leg(std::span<char* const> arguments) {
    LegOptions options;
    if (!options.take(arguments)) {
        usage(2);
    }
    if (options.leg == "wrapper") {
        return run_our_wrapper(options);
    }
    if (options.leg == "sources") {
        return run_our_sources(options);
    }
    if (options.leg == "ingest" || options.leg == "source" || options.leg.starts_with("latency_")) {
        return run_our_ingestion(options);
    }
    return options.leg == "start" ? run_our_start(options) : run_our_leg(options);
}

} // namespace
} // namespace bench

int main(int argc, char** argv) {
    const std::span<char* const> arguments(argv + 1, static_cast<std::size_t>(argc - 1));
    const std::string_view first = arguments.empty() ? "" : arguments[0];
    if (first == "--run-leg") {
        return bench::run_leg(arguments.subspan(1));
    }
    if (first == "--run-firms") {
        return bench::run_firms_leg();
    }
    if (first == "--run-alerts" && arguments.size() == 2) {
        return bench::run_alerts_leg(arguments[1]);
    }
    if (first == "--run-queue" && arguments.size() == 2) {
        return bench::run_queue_leg(bench::positive(arguments[1]));
    }
    if (first == "--self-check") {
        return bench::run_self_check();
    }
    bench::compare(bench::parse(arguments));
}
