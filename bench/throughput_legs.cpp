// consume, copy, dedup, typed, slow: as fast as it goes, from a topic that is full already. wrapper: from nowhere.

#include <algorithm>
#include <functional>

#include "bench/output_reader.hpp"
#include "bench/raw_client.hpp"
#include "bench/suite.hpp"

namespace bench {
namespace {

constexpr std::int32_t kOutputPartitions = 8;

/// How a leg is run and checked.
struct Leg {
    std::string name{};
    BenchTopic input{};
    Observations observations{};
    std::int32_t output_partitions = 0; ///< 0 = it writes nothing
    std::string redis{};
    std::size_t records = 0; ///< it stops after so many
    std::function<void(const BenchTopic& output, std::size_t written)> check{};
};

Leg leg_on_input(Suite& suite, const std::string& name) {
    return {
        .name = name, .input = suite.input(), .observations = suite.observations(), .records = suite.options().records};
}

/// Ends the program unless there is one record in the output for each in the input.
void check_count(const BenchTopic& output, std::size_t written, std::size_t wanted) {
    if (written != wanted) {
        raw::fail(output.name + " holds " + std::to_string(written) + " records for " + std::to_string(wanted));
    }
}

LegResult run_once(Suite& suite, Program program, const Leg& leg) {
    BrokerUnderBench& broker = suite.broker();
    const BenchTopic output = leg.output_partitions == 0 ? BenchTopic{} : broker.new_output(leg.output_partitions);
    const LegOptions options{.leg = leg.name,
                             .brokers = broker.brokers(),
                             .topic = leg.input.name,
                             .group = broker.new_group(),
                             .out = output.name,
                             .redis = leg.redis,
                             .records = leg.records,
                             .distinct = leg.observations.distinct()};
    LegResult result = suite.start(program, options).finish();
    if (leg.records == leg.observations.records) {
        broker.check_committed(options.group, leg.input, leg.records);
    }
    if (leg.check) {
        leg.check(output, broker.written_to(output));
    }
    if (leg.output_partitions != 0) {
        broker.drop(output);
    }
    if (!leg.redis.empty()) {
        suite.redis().forget(options.group);
    }
    return result;
}

struct BothRuns {
    Runs twin{};
    Runs ours{};
};

BothRuns run_in_turn(Suite& suite, const Leg& leg) {
    BothRuns runs;
    for (std::size_t run = 0; run < suite.options().runs; ++run) {
        runs.twin.add(run_once(suite, Program::twin, leg));
        runs.ours.add(run_once(suite, Program::ours, leg));
    }
    return runs;
}

/// `memory_budget` 0 = none.
void report_rates(Suite& suite, const Leg& leg, const BothRuns& runs, double budget, double memory_budget = 1.3) {
    const auto line = [&](const char* quantity, const char* name, int digits) {
        return Line{.leg = leg.name,
                    .quantity = quantity,
                    .digits = digits,
                    .twin = runs.twin.values(name),
                    .ours = runs.ours.values(name)};
    };
    Line rate = line("records/s", "records_per_second", 0);
    rate.budget = {.limit = Line::Limit::at_least, .value = budget};
    suite.report().add(rate);
    suite.report().add(line("CPU us a record", "cpu_us_per_record", 2));
    Line memory = line("peak memory MiB", "rss_mib", 0);
    if (memory_budget > 0.0) {
        memory.budget = {.limit = Line::Limit::at_most, .value = memory_budget};
    }
    suite.report().add(memory);
}

} // namespace

void measure_consume(Suite& suite) {
    const Leg leg = leg_on_input(suite, "consume");
    report_rates(suite, leg, run_in_turn(suite, leg), 0.70);
}

void measure_copy(Suite& suite) {
    Leg leg = leg_on_input(suite, "copy");
    leg.output_partitions = kOutputPartitions;
    leg.check = [&leg](const BenchTopic& output, std::size_t written) { check_count(output, written, leg.records); };
    report_rates(suite, leg, run_in_turn(suite, leg), 0.80);
}

void measure_typed(Suite& suite) {
    Leg leg = leg_on_input(suite, "typed");
    leg.output_partitions = kOutputPartitions;
    leg.check = [&leg](const BenchTopic& output, std::size_t written) { check_count(output, written, leg.records); };
    const BothRuns runs = run_in_turn(suite, leg);
    report_rates(suite, leg, runs, 0.80);
    leg.name = "typed_whole";
    Runs whole;
    for (std::size_t run = 0; run < suite.options().runs; ++run) {
        whole.add(run_once(suite, Program::twin, leg));
    }
    suite.report().add({.leg = "typed",
                        .quantity = "records/s, whole record",
                        .twin = whole.values("records_per_second"),
                        .ours = runs.ours.values("records_per_second")});
}

void measure_dedup(Suite& suite) {
    Leg leg = leg_on_input(suite, "dedup");
    leg.redis = suite.redis().address();
    leg.output_partitions = suite.broker().partitions_for(leg.records);
    leg.check = [&](const BenchTopic& output, std::size_t written) {
        check_ids(suite.broker().brokers(), output, leg.observations, written);
    };
    const BothRuns runs = run_in_turn(suite, leg);
    report_rates(suite, leg, runs, 0.85);

    constexpr std::size_t kOneAtATime = 3000; // it takes a second or more for these
    leg.name = "one_at_a_time";
    leg.records = std::min(leg.records, kOneAtATime);
    leg.check = [&leg](const BenchTopic& output, std::size_t written) {
        if (written > leg.records || written < leg.records - leg.records / 50) { // one in a hundred is a repetition
            raw::fail(output.name + " holds " + std::to_string(written) + " records");
        }
    };
    Runs single;
    for (std::size_t run = 0; run < suite.options().runs; ++run) {
        single.add(run_once(suite, Program::twin, leg));
    }
    suite.report().add({.leg = "dedup",
                        .quantity = "records/s, one at a time",
                        .twin = single.values("records_per_second"),
                        .ours = runs.ours.values("records_per_second"),
                        .budget = Line::Budget{.limit = Line::Limit::at_least, .value = 50.0}});
}

void measure_slow(Suite& suite) {
    constexpr std::size_t kSlowRecords = 10'000;
    Leg leg{.name = "slow",
            .observations = {.records = std::min(suite.options().records, kSlowRecords), .repeats = false},
            .output_partitions = kOutputPartitions};
    leg.records = leg.observations.records;
    leg.input = suite.broker().new_input(leg.observations, 1);
    leg.check = [&](const BenchTopic& output, std::size_t written) {
        check_order(suite.broker().brokers(), output, leg.observations, written);
    };
    const BothRuns runs = run_in_turn(suite, leg);
    suite.report().add({.leg = "slow",
                        .quantity = "seconds",
                        .digits = 3,
                        .twin = runs.twin.values("seconds"),
                        .ours = runs.ours.values("seconds")});
    suite.report().add({.leg = "slow",
                        .quantity = "seconds",
                        .digits = 3,
                        .ours = runs.ours.values("seconds"),
                        .compare = Line::Compare::none,
                        .budget = Line::Budget{.limit = Line::Limit::at_most, .value = 0.5}});
    suite.broker().drop(leg.input);
}

void measure_wrapper(Suite& suite) {
    Leg leg{.name = "wrapper", .records = suite.options().records};
    leg.output_partitions = suite.broker().partitions_for(leg.records);
    leg.check = [&leg](const BenchTopic& output, std::size_t written) { check_count(output, written, leg.records); };
    // Ours owns each record in strings of its own, the twin has their bytes in one piece: of the memory there is no
    // ratio.
    report_rates(suite, leg, run_in_turn(suite, leg), 0.70, 0.0);
}

} // namespace bench
