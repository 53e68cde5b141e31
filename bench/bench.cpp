// tributary_bench: the framework beside its bare twin, the same work in the same run, in turn. See --help.

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "bench/broker_under_bench.hpp"
#include "bench/leg_process.hpp"
#include "bench/our_leg.hpp"

namespace bench {
namespace {

constexpr const char* kUsage =
    "usage: tributary_bench [--brokers HOST:PORT] [--records N] [--runs N] [--legs consume,copy]\n"
    "\n"
    "  --brokers   a real Kafka (tools/kafka start); absent: the embedded broker, which keeps nothing\n"
    "  --records   of the input topic (default 1000000)\n"
    "  --runs      of each program and leg (default 5); the table shows medians\n"
    "  --legs      consume: read, parse, commit each second; copy: read, convert, send, commit what was acknowledged\n"
    "\n"
    "The twin (tributary_raw_twin) is librdkafka alone. Ours runs with metrics, retries and dead letters armed.\n"
    "Rates are from the first record handed over to the last commit; ours closes the service inside that time.\n";

struct BenchOptions {
    std::string brokers{};
    std::size_t records = 1'000'000;
    std::size_t runs = 5;
    std::vector<std::string> legs{"consume", "copy"};
};

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

std::size_t positive(const char* text) {
    const auto number = std::strtoull(text, nullptr, 10);
    return number > 0 ? number : (usage(2), 0);
}

BenchOptions parse(std::span<char*> arguments) {
    BenchOptions options;
    if (arguments.size() == 1 &&
        (std::string_view(arguments[0]) == "--help" || std::string_view(arguments[0]) == "-h")) {
        usage(0);
    }
    if (arguments.size() % 2 != 0) {
        usage(2);
    }
    for (std::size_t index = 0; index < arguments.size(); index += 2) {
        const std::string_view flag = arguments[index];
        const char* value = arguments[index + 1];
        if (flag == "--brokers") {
            options.brokers = value;
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
        if (leg != "consume" && leg != "copy") {
            usage(2);
        }
    }
    return options;
}

template <class Member>
std::vector<double> sorted(const std::vector<LegResult>& results, Member member) {
    std::vector<double> values;
    values.reserve(results.size());
    for (const LegResult& result : results) {
        values.push_back(result.*member);
    }
    std::sort(values.begin(), values.end());
    return values;
}

double median(const std::vector<double>& sorted_values) {
    const std::size_t middle = sorted_values.size() / 2;
    return sorted_values.size() % 2 == 1 ? sorted_values[middle]
                                         : (sorted_values[middle - 1] + sorted_values[middle]) / 2;
}

void print_row(const std::string& leg, const char* program, const std::vector<LegResult>& results,
               std::size_t records) {
    const auto rates = sorted(results, &LegResult::records_per_second);
    const double cpu = median(sorted(results, &LegResult::cpu_seconds)) * 1e6 / static_cast<double>(records);
    std::printf("%-8s %-6s %12.0f  %10.0f - %-10.0f %10.2f %10.0f\n", leg.c_str(), program, median(rates),
                rates.front(), rates.back(), cpu, median(sorted(results, &LegResult::rss_mib)));
}

/// Runs one leg of one program on a new group and checks that all of it was done.
LegResult run_once(BrokerUnderBench& broker, const std::vector<std::string>& command, const std::string& leg,
                   std::size_t records) {
    const LegOptions options{.leg = leg,
                             .brokers = broker.brokers(),
                             .topic = broker.input(),
                             .group = broker.new_group(),
                             .out = leg == "copy" ? broker.new_output() : "",
                             .records = records};
    const LegResult result = run_leg_process(command, options);
    broker.check(options.group, options.out);
    if (!options.out.empty()) {
        broker.drop_output(options.out);
    }
    return result;
}

void compare(const BenchOptions& options) {
    const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe");
    const std::vector<std::string> twin{self.parent_path() / "tributary_raw_twin"};
    const std::vector<std::string> ours{self, "--run-leg"};
    BrokerUnderBench broker(options.brokers, options.records);
    std::printf("broker   %s\nrecords  %zu a run, %zu runs of each program in turn\n\n", broker.describe().c_str(),
                options.records, options.runs);
    std::printf("%-8s %-6s %12s  %-23s %10s %10s\n", "leg", "who", "records/s", "    lowest - highest", "CPU us/rec",
                "peak MiB");
    for (const std::string& leg : options.legs) {
        std::vector<LegResult> of_twin;
        std::vector<LegResult> of_ours;
        for (std::size_t run = 0; run < options.runs; ++run) {
            of_twin.push_back(run_once(broker, twin, leg, options.records));
            of_ours.push_back(run_once(broker, ours, leg, options.records));
        }
        print_row(leg, "twin", of_twin, options.records);
        print_row(leg, "ours", of_ours, options.records);
        const double ratio = median(sorted(of_ours, &LegResult::records_per_second)) /
                             median(sorted(of_twin, &LegResult::records_per_second));
        std::printf("%-8s ours/twin %8.0f %%\n", leg.c_str(), 100.0 * ratio);
        (void)std::fflush(stdout);
    }
}

/// The process that `compare` starts for ours: --run-leg, then the flags of LegOptions.
int run_leg(std::span<char*> arguments) {
    LegOptions options;
    for (std::size_t index = 0; index + 1 < arguments.size(); index += 2) {
        if (!options.take(arguments[index], arguments[index + 1])) {
            usage(2);
        }
    }
    if (!options.complete()) {
        usage(2);
    }
    return run_our_leg(options);
}

} // namespace
} // namespace bench

int main(int argc, char** argv) {
    const std::span<char*> arguments(argv + 1, static_cast<std::size_t>(argc - 1));
    if (!arguments.empty() && std::string_view(arguments[0]) == "--run-leg") {
        return bench::run_leg(arguments.subspan(1));
    }
    bench::compare(bench::parse(arguments));
}
