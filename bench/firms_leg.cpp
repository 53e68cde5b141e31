// firms: a table of NASA FIRMS becomes events with deterministic ids, on one core.

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <chrono>
#include <cstdio>
#include <set>

#include "bench/measurement.hpp"
#include "bench/suite.hpp"
#include "core/streaming/ingestion/source_state.hpp"
#include "services/firms/record_detections.hpp"

namespace bench {
namespace {

constexpr std::size_t kRows = 100'000;
constexpr int kRounds = 5;

streaming::Response table() {
    streaming::Response answer;
    answer.body =
        "latitude,longitude,bright_ti4,scan,track,acq_date,acq_time,satellite,confidence,version,bright_ti5,frp,"
        "daynight\n";
    for (std::size_t row = 0; row < kRows; ++row) {
        const auto degrees = static_cast<double>(row);
        answer.body += fmt::format("{:.5f},{:.5f},{:.2f},0.58,0.52,2026-05-01,{:04d},N,{},2.0NRT,283.65,{:.2f},{}\n",
                                   -60.0 + degrees * 0.00113, -170.0 + degrees * 0.00337,
                                   300.0 + static_cast<double>(row % 6000) / 100.0, row % 24 * 100 + row % 60,
                                   row % 9 == 0 ? "high" : "nominal", static_cast<double>(row % 900) / 10.0,
                                   row % 2 == 0 ? "D" : "N");
    }
    return answer;
}

} // namespace

int run_firms_leg() {
    const streaming::Response answer = table();
    double seconds = 0.0;
    streaming::SourceState state;
    for (int round = 0; round < kRounds; ++round) {
        streaming::SourceContext context({.service = "firms",
                                          .source = "firms_VIIRS_SNPP_NRT",
                                          .log = *spdlog::default_logger(),
                                          .now = std::chrono::system_clock::now(),
                                          .state = &state},
                                         {});
        const double begin = cpu_seconds();
        services::firms::record_detections(answer, context);
        seconds += cpu_seconds() - begin;
        std::set<std::string> ids;
        for (const auto& row : context.rows()) {
            if (!row.rejected) {
                ids.insert(row.id);
            }
        }
        if (ids.size() != kRows) {
            std::fprintf(stderr, "firms: %zu different events from %zu rows\n", ids.size(), kRows);
            return 1;
        }
    }
    std::printf("{\"leg\":\"firms\",\"rows_per_second\":%.0f}\n", static_cast<double>(kRows) * kRounds / seconds);
    return 0;
}

} // namespace bench
