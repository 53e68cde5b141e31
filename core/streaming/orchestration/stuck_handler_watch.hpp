#pragma once

#include <spdlog/fwd.h>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "core/streaming/infrastructure/clock.hpp"
#include "core/streaming/orchestration/lane.hpp"

namespace streaming::detail {

/// Sees handlers that run longer than they may: names the record, once. Used by the poll thread, which never waits for
/// a handler.
class StuckHandlerWatch {
public:
    StuckHandlerWatch(std::chrono::milliseconds handler_timeout, spdlog::logger& log)
        : timeout_(handler_timeout), log_(log) {}

    /// What is stuck now, as a sentence; empty when nothing is.
    [[nodiscard]] std::string look(const std::vector<std::unique_ptr<Lane>>& lanes, Clock::steady_time now);

private:
    std::chrono::milliseconds timeout_;
    spdlog::logger& log_;
    std::vector<const RecordTask*> reported_{}; ///< by lane
};

} // namespace streaming::detail
