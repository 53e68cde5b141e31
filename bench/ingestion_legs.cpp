// ingest, source, fetch_latency, sources: the ingestion as a whole.

#include <fmt/format.h>
#include <algorithm>
#include <atomic>
#include <charconv>
#include <chrono>
#include <thread>

#include "bench/output_reader.hpp"
#include "bench/polled_sources.hpp"
#include "bench/raw_client.hpp"
#include "bench/suite.hpp"
#include "bench/topics.hpp"
#include "core/streaming/infrastructure/event_types.hpp"
#include "core/streaming/infrastructure/http_server.hpp"

namespace bench {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kSourceRecords = 200'000;
constexpr std::size_t kLatencyRecords = 1000;
constexpr std::size_t kLongestPolling = 10; ///< seconds

struct IngestionLeg {
    std::string name{}; ///< of the process
    std::string redis{};
    std::size_t records = 0;
    std::vector<std::string> sources{}; ///< each has a dead-letter topic, which is deleted
    std::string url{};
};

LegOptions options_for(Suite& suite, const IngestionLeg& leg, const BenchTopic& output) {
    return {.leg = leg.name,
            .brokers = suite.broker().brokers(),
            .group = suite.broker().new_group(),
            .out = output.name,
            .redis = leg.redis,
            .url = leg.url,
            .records = leg.records};
}

/// Also what ours made beside the output.
void drop(Suite& suite, const IngestionLeg& leg, const LegOptions& options, const BenchTopic& output) {
    for (const std::string& source : leg.redis.empty() ? std::vector<std::string>() : leg.sources) {
        suite.redis().forget(options.group + "." + source);
    }
    if (!suite.broker().is_embedded()) {
        for (const std::string& source : leg.sources) {
            delete_topic(suite.broker().brokers(), streaming::TopicNames::dead_letters(output.name, source));
        }
    }
    suite.broker().drop(output);
}

void check_written(Suite& suite, const BenchTopic& output, std::size_t wanted) {
    if (const std::size_t written = suite.broker().written_to(output); written != wanted) {
        raw::fail(fmt::format("{} holds {} records for {}", output.name, written, wanted));
    }
}

LegResult run_once(Suite& suite, Program program, const IngestionLeg& leg) {
    const BenchTopic output = suite.broker().new_output(suite.broker().partitions_for(leg.records));
    const LegOptions options = options_for(suite, leg, output);
    LegResult result = suite.start(program, options).finish();
    check_written(suite, output, leg.records);
    drop(suite, program == Program::ours ? leg : IngestionLeg{}, options, output);
    return result;
}

Line ours_alone(std::string leg, std::string quantity, int digits, std::vector<double> values) {
    return {.leg = std::move(leg),
            .quantity = std::move(quantity),
            .digits = digits,
            .ours = std::move(values),
            .compare = Line::Compare::none};
}

/// Milliseconds from the fetch of each record, as it says itself, to its arrival.
std::vector<double> run_latency(Suite& suite, const IngestionLeg& leg) {
    const BenchTopic output = suite.broker().new_output(1);
    const LegOptions options = options_for(suite, leg, output);
    LegProcess process = suite.start(Program::ours, options);
    std::vector<double> latencies;
    read_output(suite.broker().brokers(), output, {}, [&](std::string_view, std::string_view payload) {
        constexpr std::string_view kStamp = R"("fetched_ns":)";
        const std::size_t at = payload.find(kStamp);
        std::int64_t fetched = 0;
        if (at == std::string_view::npos ||
            std::from_chars(payload.data() + at + kStamp.size(), payload.data() + payload.size(), fetched).ec !=
                std::errc{}) {
            raw::fail("a record without its time: " + std::string(payload));
        }
        const auto now = std::chrono::steady_clock::now().time_since_epoch().count();
        latencies.push_back(static_cast<double>(now - fetched) / 1e6);
        return latencies.size() < leg.records;
    });
    (void)process.finish();
    check_written(suite, output, leg.records);
    drop(suite, leg, options, output);
    latencies.erase(latencies.begin(), latencies.begin() + static_cast<std::ptrdiff_t>(leg.records / 5));
    return latencies;
}

/// What an API would answer: three readings, one of them new each second.
streaming::ServedResponse answer_to(const streaming::ServedRequest& request) {
    const auto now =
        std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
    std::string body = R"({"readings":[)";
    for (const int age : {2, 1, 0}) {
        body += fmt::format(R"({}{{"id":"{}-{}","sensor":"{}","temperature_celsius":21.5,"humidity_percent":40}})",
                            age == 2 ? "" : ",", request.path.substr(1), now - age, request.path.substr(1));
    }
    return {.content_type = "application/json", .body = body + "]}"};
}

void measure_polling(Suite& suite, const std::string& name, IngestionLeg leg) {
    streaming::HttpServer server({.connection_timeout = 30s, .max_connections = 2 * kPolledSources}, &answer_to);
    if (const auto status = server.start(); !status) {
        raw::fail(status.error().message);
    }
    leg.url = fmt::format("http://{}:{}", server.host(), server.port());
    Runs runs;
    for (std::size_t run = 0; run < suite.options().runs; ++run) {
        const BenchTopic output = suite.broker().new_output(1);
        const LegOptions options = options_for(suite, leg, output);
        runs.add(suite.start(Program::ours, options).finish());
        if (suite.broker().written_to(output) < leg.records) { // one a second of each source
            raw::fail(output.name + " lacks records");
        }
        drop(suite, leg, options, output);
    }
    suite.report().add(ours_alone(name, "polls/s", 1, runs.values("polls_per_second")));
    Line memory = ours_alone(name, "resident MiB", 1, runs.values("rss_mib"));
    memory.budget = {.limit = Line::Limit::at_most, .value = 71.5}; // 75 MB
    suite.report().add(memory);
    Line cpu = ours_alone(name, "CPU, % of one core", 1, runs.values("cpu_percent"));
    cpu.budget = {.limit = Line::Limit::at_most, .value = 20.0};
    suite.report().add(cpu);
}

} // namespace

void measure_ingest(Suite& suite) {
    IngestionLeg leg{.name = "wrapper", .records = suite.options().records};
    Runs twin;
    Runs ours;
    for (std::size_t run = 0; run < suite.options().runs; ++run) {
        leg.name = "wrapper"; // the twin sends the same rows and has no more to do
        twin.add(run_once(suite, Program::twin, leg));
        leg.name = "ingest";
        leg.sources = {"source_0", "source_1", "source_2", "source_3"};
        ours.add(run_once(suite, Program::ours, leg));
    }
    const auto line = [&](const char* quantity, const char* value, int digits) {
        return Line{.leg = "ingest",
                    .quantity = quantity,
                    .digits = digits,
                    .twin = twin.values(value),
                    .ours = ours.values(value)};
    };
    suite.report().add(line("records/s", "records_per_second", 0));
    suite.report().add(line("CPU us a record", "cpu_us_per_record", 2));
    suite.report().add(line("peak memory MiB", "rss_mib", 0));
    Line rate = ours_alone("ingest", "records/s", 0, ours.values("records_per_second"));
    rate.budget = {.limit = Line::Limit::at_least, .value = 100'000.0};
    suite.report().add(rate);
}

void measure_source(Suite& suite) {
    IngestionLeg leg{
        .name = "source", .records = std::min(suite.options().records, kSourceRecords), .sources = {"readings"}};
    for (const bool with_redis : {false, true}) {
        leg.redis = with_redis ? suite.redis().address() : "";
        Runs runs;
        for (std::size_t run = 0; run < suite.options().runs; ++run) {
            runs.add(run_once(suite, Program::ours, leg));
        }
        const std::string name = with_redis ? "source, Redis" : "source";
        Line rate = ours_alone(name, "records/s", 0, runs.values("records_per_second"));
        rate.budget = {.limit = Line::Limit::at_least, .value = 1000.0};
        suite.report().add(rate);
        suite.report().add(ours_alone(name, "CPU us a record", 2, runs.values("cpu_us_per_record")));
    }
}

void measure_fetch_latency(Suite& suite) {
    IngestionLeg leg{.records = std::min(suite.options().records, kLatencyRecords), .sources = {"readings"}};
    for (const auto& [process, name] :
         {std::pair{"latency_continuous", "fetch_latency"}, {"latency_real_time", "fetch_latency, real_time"}}) {
        leg.name = process;
        std::vector<std::vector<double>> runs;
        for (std::size_t run = 0; run < suite.options().runs; ++run) {
            runs.push_back(run_latency(suite, leg));
        }
        for (const double percent : {50.0, 95.0, 99.0}) {
            std::vector<double> values;
            for (const auto& latencies : runs) {
                values.push_back(percentile(latencies, percent));
            }
            Line line = ours_alone(name, fmt::format("p{:.0f} ms", percent), 1, std::move(values));
            if (percent == 95.0) {
                line.budget = {.limit = Line::Limit::at_most, .value = 50.0};
            }
            suite.report().add(line);
        }
    }
}

void measure_sources(Suite& suite) {
    const std::size_t seconds = std::clamp<std::size_t>(suite.options().records / 1000, 2, kLongestPolling);
    IngestionLeg leg{.name = "sources", .records = kPolledSources * seconds};
    for (std::size_t number = 0; number < kPolledSources; ++number) {
        leg.sources.push_back(polled_source(number));
    }
    measure_polling(suite, "sources", leg);
    leg.redis = suite.redis().address();
    measure_polling(suite, "sources, Redis", leg);
}

} // namespace bench
