#include "core/streaming/orchestration/stuck_handler_watch.hpp"

#include <fmt/format.h>
#include <spdlog/logger.h>

namespace streaming::detail {

std::string StuckHandlerWatch::look(const std::vector<std::unique_ptr<Lane>>& lanes, Clock::steady_time now) {
    std::string stuck;
    reported_.resize(lanes.size());
    for (std::size_t i = 0; i < lanes.size(); ++i) {
        const Lane::Running running = lanes[i]->running();
        if (running.task == nullptr || now - running.since < timeout_) {
            reported_[i] = nullptr;
            continue;
        }
        // The task stays valid: only this thread takes tasks back, and a lane lets go of one before it hands it back.
        const ConsumedRecord& record = *running.task->state.record;
        stuck = fmt::format("handler of {}:{}:{} runs longer than {} ms", record.topic, record.partition, record.offset,
                            timeout_.count());
        if (reported_[i] != running.task) {
            reported_[i] = running.task;
            log_.error("{}", stuck);
        }
    }
    return stuck;
}

} // namespace streaming::detail
