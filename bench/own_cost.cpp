// tributary_own_cost VARIANT RECORDS: a whole service on a Kafka and a Redis that cost nothing. What it still needs a
// record, less the reading of the envelope, is the framework's own cost. Counts calls of operator new as well.
//
//   skip    every record is a duplicate that the store knows
//   handle  every record is new; the handler does nothing; its id is marked
//   send    as handle, and the handler sends 150 bytes

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "bench/allocation_count.hpp"
#include "bench/measurement.hpp"
#include "bench/weightless_platform.hpp"
#include "core/streaming/infrastructure/envelope_reader.hpp"
#include "core/streaming/patterns/run_service.hpp"

namespace bench {
namespace {

struct Cost {
    double cpu = 0.0;
    double allocations = 0.0;
};

Cost now() { return {.cpu = cpu_seconds(), .allocations = static_cast<double>(bench::allocations())}; }

/// What `records` of the topic cost in a loop that takes them in batches and does `work`.
template <class Work>
double bare_microseconds(std::size_t records, Work work) {
    constexpr std::size_t kBatch = 500;
    WeightlessInput input;
    streaming::RecordBatch batch;
    const double begin = cpu_seconds();
    for (std::size_t taken = 0; taken < records; taken += kBatch) {
        batch.clear();
        for (std::size_t index = 0; index < kBatch; ++index) {
            input.next(batch);
        }
        work(batch);
    }
    return (cpu_seconds() - begin) * 1e6 / static_cast<double>(records);
}

Cost cost_of_service(std::string_view variant, std::size_t records) {
    const std::size_t warm_up = records / 5;
    Cost begin;
    WeightlessPlatform platform(
        {.records = records, .warm_up = warm_up, .all_known = variant == "skip", .on_warm = [&begin] {
             begin = now();
         }});
    streaming::StreamServiceBuilder builder("own", {}, platform);
    const std::string output(150, 'x');
    builder.with_kafka({.bootstrap_servers = "nowhere:9092"})
        .with_redis({.url = "redis://nowhere"})
        .with_error_handling(streaming::ErrorHandlingOptions{})
        .with_metrics()
        .add_consumer_handler(
            {.topics = {"weightless"}, .group_id = "own"},
            [&output, sends = variant == "send"](const streaming::Message& message, streaming::Context& context) {
                if (sends) {
                    context.send_view({.topic = "out", .key = message.key(), .payload = output});
                }
            });
    const auto service = builder.build();
    if (const auto status = service->start(); !status) {
        std::fprintf(stderr, "own cost: %s\n", status.error().message.c_str());
        std::exit(1);
    }
    platform.wait_for_the_end();
    if (service->stop() > 0) {
        std::fprintf(stderr, "own cost: records stayed unfinished\n");
        std::exit(1);
    }
    const Cost end = now();
    std::uint64_t handled = 0;
    std::uint64_t skipped = 0;
    for (const auto& [labels, counts] : service->metrics().flows()) {
        handled += counts.count(streaming::Outcome::handled);
        skipped += counts.count(streaming::Outcome::duplicate);
    }
    if ((variant == "skip" ? skipped : handled) != records) {
        std::fprintf(stderr, "own cost: %zu records, %llu handled, %llu skipped\n", records,
                     static_cast<unsigned long long>(handled), static_cast<unsigned long long>(skipped));
        std::exit(1);
    }
    const auto measured = static_cast<double>(records - warm_up);
    return {.cpu = (end.cpu - begin.cpu) * 1e6 / measured,
            .allocations = (end.allocations - begin.allocations) / measured};
}

} // namespace
} // namespace bench

int main(int argc, char** argv) {
    const std::string_view variant = argc == 3 ? argv[1] : "";
    const std::size_t records = argc == 3 ? std::strtoull(argv[2], nullptr, 10) : 0;
    if ((variant != "skip" && variant != "handle" && variant != "send") || records < 1000) {
        std::fprintf(stderr, "usage: tributary_own_cost skip|handle|send RECORDS\n");
        return 2;
    }
    const double input = bench::bare_microseconds(records, [](const streaming::RecordBatch&) {});
    streaming::EnvelopeReader reader;
    std::string unescaped;
    const double reading = bench::bare_microseconds(records, [&](const streaming::RecordBatch& batch) {
        for (const streaming::ConsumedRecord& record : batch.records()) {
            streaming::EnvelopeView view;
            if (!reader.read(*record.payload, view, unescaped)) {
                std::exit(1);
            }
        }
    });
    const bench::Cost cost = bench::cost_of_service(variant, records);
    std::printf("{\"leg\":\"own\",\"total_us\":%.4f,\"json_us\":%.4f,\"own_us\":%.4f,\"allocations\":%.6f}\n", cost.cpu,
                reading - input, cost.cpu - reading, cost.allocations);
}
