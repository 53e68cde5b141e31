// queue: records through the ingestion's queue, several producers and one consumer, in one process.

#include <fmt/format.h>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <thread>
#include <utility>
#include <vector>

#include "bench/suite.hpp"
#include "core/streaming/infrastructure/system_clock.hpp"
#include "core/streaming/ingestion/queue_manager.hpp"

namespace bench {
namespace {

using streaming::IngestionRecord;
using streaming::Priority;
using streaming::QueueManager;

constexpr std::size_t kBatch = 500;
constexpr std::size_t kRoundRecords = 200'000; ///< made before a round and freed after it; about 120 MiB
constexpr std::size_t kPayload = 300;
constexpr std::size_t kSources = 4; ///< of each producer

enum class Way { single, batch };

std::vector<IngestionRecord> make_records(std::size_t producer, std::size_t count) {
    std::vector<IngestionRecord> records;
    records.reserve(count);
    for (std::size_t number = 0; number < count; ++number) {
        records.push_back({.id = fmt::format("{:016x}{:016x}", producer, number),
                           .source = fmt::format("source_{}_{}", producer, number / 50 % kSources),
                           .topic = "wildfire-weather-data",
                           .key = fmt::format("station-{}", number % 1000),
                           .payload = std::string(kPayload, 'x'),
                           .priority = static_cast<Priority>(number / 50 % streaming::kPriorities)});
    }
    return records;
}

void produce(QueueManager& queue, Way way, std::vector<IngestionRecord>& records) {
    if (way == Way::single) {
        for (IngestionRecord& record : records) {
            (void)queue.enqueue(std::move(record));
        }
        return;
    }
    std::vector<IngestionRecord> batch;
    for (std::size_t begin = 0; begin < records.size(); begin += kBatch) {
        const auto first = records.begin() + static_cast<std::ptrdiff_t>(begin);
        batch.assign(std::move_iterator(first),
                     std::move_iterator(first + static_cast<std::ptrdiff_t>(std::min(kBatch, records.size() - begin))));
        (void)queue.enqueue_batch(batch);
    }
}

/// As the drain does it: sleeps until one record waits, takes a batch.
std::vector<std::vector<IngestionRecord>> consume(QueueManager& queue, std::size_t count) {
    std::vector<std::vector<IngestionRecord>> batches;
    batches.reserve(count);
    for (std::size_t taken = 0; taken < count;) {
        queue.wait(1, streaming::Clock::steady_time::max(), {});
        batches.push_back(queue.dequeue_batch(kBatch));
        taken += batches.back().size();
    }
    return batches;
}

/// Seconds from the first record handed over to the last one taken.
double run_round(std::size_t producers, Way way, std::size_t count) {
    std::vector<std::vector<IngestionRecord>> records;
    for (std::size_t producer = 0; producer < producers; ++producer) {
        records.push_back(make_records(producer, count / producers));
    }
    QueueManager queue(streaming::system_clock(), {});
    std::vector<std::vector<IngestionRecord>> taken;
    const auto begin = std::chrono::steady_clock::now();
    {
        std::vector<std::jthread> threads;
        for (std::vector<IngestionRecord>& own : records) {
            threads.emplace_back([&queue, way, &own] { produce(queue, way, own); });
        }
        taken = consume(queue, count / producers * producers);
    }
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    const auto counts = queue.counts();
    if (counts.enqueued != counts.dequeued || counts.dequeued != count / producers * producers) {
        std::fprintf(stderr, "queue: %zu records in, %zu out\n", std::size_t{counts.enqueued},
                     std::size_t{counts.dequeued});
        std::exit(1);
    }
    return seconds;
}

double rate(std::size_t producers, Way way, std::size_t count) {
    double seconds = 0.0;
    std::size_t done = 0;
    while (done < count) {
        const std::size_t round = std::min(kRoundRecords, count - done);
        seconds += run_round(producers, way, round);
        done += round;
    }
    return static_cast<double>(done) / seconds;
}

} // namespace

int run_queue_leg(std::size_t records) {
    const std::size_t count = std::max<std::size_t>(records, 1000);
    std::string line = R"({"leg":"queue")";
    for (const std::size_t producers : {1U, 2U, 4U}) {
        line += fmt::format(R"(,"single_{}":{:.0f},"batch_{}":{:.0f})", producers, rate(producers, Way::single, count),
                            producers, rate(producers, Way::batch, count));
    }
    std::puts((line + "}").c_str());
    return 0;
}

} // namespace bench
