// alerts: the active alerts of the NWS, as they were recorded, become events with deterministic ids, on one core.

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "bench/measurement.hpp"
#include "bench/suite.hpp"
#include "core/streaming/infrastructure/system_clock.hpp"
#include "core/streaming/ingestion/source_state.hpp"
#include "services/ingest/noaa_alerts.hpp"

namespace bench {
namespace {

constexpr int kRounds = 20;
constexpr std::size_t kAlerts = 529;

} // namespace

int run_alerts_leg(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    const streaming::Response answer{.body = std::string(std::istreambuf_iterator<char>(file), {})};
    double seconds = 0.0;
    for (int round = 0; round < kRounds; ++round) {
        streaming::SourceState state; // each answer is the first
        const auto handler = services::ingest::alerts_handler("alerts", {}, streaming::system_clock());
        streaming::SourceContext context({.service = "weather",
                                          .source = "noaa_alerts",
                                          .log = *spdlog::default_logger(),
                                          .now = std::chrono::system_clock::now(),
                                          .state = &state},
                                         {});
        const double begin = cpu_seconds();
        handler(answer, context);
        seconds += cpu_seconds() - begin;
        std::set<std::string> ids;
        for (const auto& row : context.rows()) {
            if (!row.rejected) {
                ids.insert(row.id);
            }
        }
        if (ids.size() != kAlerts) {
            std::fprintf(stderr, "alerts: %zu different events of %zu alerts\n", ids.size(), kAlerts);
            return 1;
        }
    }
    std::printf("{\"leg\":\"alerts\",\"file_ms\":%.2f}\n", seconds * 1000.0 / kRounds);
    return 0;
}

} // namespace bench
