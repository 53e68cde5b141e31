// start, own, firms, alerts, queue: what needs no load from outside.

#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "bench/suite.hpp"

namespace bench {
namespace {

constexpr const char* kAlertsFile = "/nws/alerts/active_2025-12-15T2155Z.json";

LegResult run_program(std::vector<std::string> command) {
    return parse_leg_result(ChildProcess(std::move(command), ChildProcess::Output::capture).finish());
}

Line ours_alone(const std::string& leg, const std::string& quantity, int digits, std::vector<double> values) {
    return {
        .leg = leg, .quantity = quantity, .digits = digits, .ours = std::move(values), .compare = Line::Compare::none};
}

} // namespace

void measure_start(Suite& suite) {
    const BenchTopic input = suite.broker().new_input({}, suite.broker().partitions_for(1));
    Runs twin;
    Runs ours;
    const auto run = [&](Program program) {
        return suite
            .start(program, {.leg = "start",
                             .brokers = suite.broker().brokers(),
                             .topic = input.name,
                             .group = suite.broker().new_group(),
                             .redis = suite.redis().address(),
                             .records = 1})
            .finish();
    };
    for (std::size_t count = 0; count < suite.options().runs; ++count) {
        twin.add(run(Program::twin));
        ours.add(run(Program::ours));
    }
    suite.broker().drop(input);
    const auto line = [&](const char* quantity, const char* name) {
        return Line{.leg = "start",
                    .quantity = quantity,
                    .digits = 1,
                    .twin = twin.values(name),
                    .ours = ours.values(name),
                    .compare = Line::Compare::difference};
    };
    Line ready = line("ms to ready", "ready_ms");
    ready.budget = {.limit = Line::Limit::at_most, .value = 300.0};
    suite.report().add(ready);
    suite.report().add(line("ms until subscribed", "started_ms"));
}

void measure_own_cost(Suite& suite) {
    struct Variant {
        const char* name;
        double allocations;
    };
    for (const auto& [name, allocations] : {Variant{"skip", 0.0}, Variant{"handle", 2.0}, Variant{"send", 2.0}}) {
        Runs runs;
        for (std::size_t run = 0; run < suite.options().runs; ++run) {
            runs.add(run_program({suite.path_of("tributary_own_cost"), name, std::to_string(suite.options().records)}));
        }
        const std::string leg = std::string("own ") + name;
        Line cpu = ours_alone(leg, "CPU us a record, own", 3, runs.values("own_us"));
        cpu.budget = {.limit = Line::Limit::at_most, .value = 0.4};
        suite.report().add(cpu);
        suite.report().add(ours_alone(leg, "CPU us a record, JSON", 3, runs.values("json_us")));
        Line heap = ours_alone(leg, "allocations a record", 4, runs.values("allocations"));
        heap.budget = {.limit = Line::Limit::at_most, .value = allocations + 0.001}; // timers allocate now and then
        suite.report().add(heap);
    }
}

void measure_firms(Suite& suite) {
    Runs runs;
    for (std::size_t run = 0; run < suite.options().runs; ++run) {
        runs.add(run_program({suite.path_of("tributary_bench"), "--run-firms"}));
    }
    Line rows = ours_alone("firms", "rows/s", 0, runs.values("rows_per_second"));
    rows.budget = {.limit = Line::Limit::at_least, .value = 500'000.0};
    suite.report().add(rows);
}

/// Skipped where there are no recordings: they are no part of the repository.
void measure_alerts(Suite& suite) {
    const char* const variable = std::getenv("TRIBUTARY_TEST_DATA");
    const std::string path = std::string(variable != nullptr ? variable : TRIBUTARY_TEST_DATA) + kAlertsFile;
    if (!std::filesystem::exists(path)) {
        std::fprintf(stderr, "alerts: skipped, there is no '%s': set TRIBUTARY_TEST_DATA\n", path.c_str());
        return;
    }
    Runs runs;
    for (std::size_t run = 0; run < suite.options().runs; ++run) {
        runs.add(run_program({suite.path_of("tributary_bench"), "--run-alerts", path}));
    }
    Line file = ours_alone("alerts", "ms a file", 1, runs.values("file_ms"));
    file.budget = {.limit = Line::Limit::at_most, .value = 40.0};
    suite.report().add(file);
}

void measure_queue(Suite& suite) {
    Runs runs;
    for (std::size_t run = 0; run < suite.options().runs; ++run) {
        runs.add(
            run_program({suite.path_of("tributary_bench"), "--run-queue", std::to_string(suite.options().records)}));
    }
    for (const char* way : {"single", "batch"}) {
        for (const char* producers : {"1", "2", "4"}) {
            Line records = ours_alone(std::string("queue ") + way, std::string("records/s, producers: ") + producers, 0,
                                      runs.values(std::string(way) + "_" + producers));
            records.budget = {.limit = Line::Limit::at_least, .value = 1'000'000.0};
            suite.report().add(records);
        }
    }
}

} // namespace bench
