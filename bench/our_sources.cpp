// sources: many APIs polled by one process, as a configuration file has them.

#include <fmt/format.h>
#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <thread>
#include <utility>

#include "bench/measurement.hpp"
#include "bench/our_leg.hpp"
#include "bench/polled_sources.hpp"
#include "core/streaming/ingestion/standard_source_types.hpp"
#include "core/streaming/patterns/stream_manager.hpp"

namespace bench {
namespace {

using namespace std::chrono_literals;

nlohmann::json document_for(const LegOptions& options) {
    nlohmann::json sources = nlohmann::json::object();
    for (std::size_t number = 0; number < kPolledSources; ++number) {
        const std::string name = polled_source(number);
        sources[name] = {{"source_type", "http_json"},
                         {"topic", options.out},
                         {"rate_limit_per_minute", 120},
                         {"cache_ttl_seconds", 0},
                         {"deduplication", {{"ttl_seconds", 3600}}}, // as the driver expects it
                         {"ingestion", {{"mode", "real_time"}, {"polling_interval_seconds", 1}}},
                         {"custom_params", {{"url", options.url + "/" + name}, {"records", "readings"}}}};
    }
    nlohmann::json document{{"kafka", {{"bootstrap_servers", options.brokers}}}, {"sources", std::move(sources)}};
    if (!options.redis.empty()) {
        document["redis"] = {{"url", "redis://" + options.redis}};
    }
    return document;
}

std::size_t polls_of(const streaming::StreamManager& manager) {
    const nlohmann::json metrics = manager.get_metrics();
    std::size_t polls = 0;
    for (const auto& [id, stream] : metrics.at("streams").items()) {
        polls += stream.at("polls").value("ok", std::size_t{0});
    }
    return polls;
}

} // namespace

int run_our_sources(const LegOptions& options) {
    constexpr auto kSettle = 3s; // connections are open, all sources were polled
    const std::size_t seconds = options.records / kPolledSources;
    streaming::SourceTypes types;
    streaming::add_standard_source_types(types);
    streaming::StreamManager manager(document_for(options), {.types = std::move(types), .service = options.group});
    if (const auto status = manager.start(); !status || manager.start_all() != kPolledSources) {
        std::fprintf(stderr, "ours: %s\n", status ? "not all sources run" : status.error().message.c_str());
        return 1;
    }
    std::this_thread::sleep_for(kSettle);
    const std::size_t polls_before = polls_of(manager);
    const double cpu_before = cpu_seconds();
    const auto begin = std::chrono::steady_clock::now();
    std::this_thread::sleep_for(std::chrono::seconds(seconds));
    const double elapsed = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    const double cpu = cpu_seconds() - cpu_before;
    const double rss = rss_mib();
    const auto polls = static_cast<double>(polls_of(manager) - polls_before);
    if (const std::size_t left = manager.stop(); left > 0) {
        std::fprintf(stderr, "ours: %zu records were not acknowledged\n", left);
        return 1;
    }
    std::puts(fmt::format(R"({{"leg":"sources","polls_per_second":{:.1f},"cpu_percent":{:.2f},"rss_mib":{:.1f}}})",
                          polls / elapsed, 100.0 * cpu / elapsed, rss)
                  .c_str());
    return 0;
}

} // namespace bench
