#include "core/streaming/orchestration/lifecycle_coordinator.hpp"

#include <spdlog/logger.h>
#include <exception>

namespace streaming {

namespace {

Status start_part(const LifecycleCoordinator::Part& part, const std::stop_token& stop) {
    try {
        return part.start(stop);
    } catch (const std::exception& error) {
        return Error{.code = ErrorCode::fatal, .message = error.what()};
    } catch (...) {
        return Error{.code = ErrorCode::fatal, .message = "unknown exception"};
    }
}

} // namespace

Status LifecycleCoordinator::start(const std::stop_token& stop, std::chrono::milliseconds stop_deadline) {
    for (const Part& part : parts_) {
        Status status = stop.stop_requested()
                            ? Status(Error{.code = ErrorCode::stopped, .message = "stopped while starting"})
                            : start_part(part, stop);
        if (!status.ok()) {
            Error error = status.error();
            error.message = part.name + ": " + error.message;
            this->stop(stop_deadline);
            return error;
        }
        ++started_;
    }
    return {};
}

void LifecycleCoordinator::stop(std::chrono::milliseconds deadline) noexcept {
    const auto until = clock_.now() + deadline;
    while (started_ > 0) {
        const Part& part = parts_[--started_];
        log_.debug("stopping {}", part.name);
        part.stop(until);
    }
}

} // namespace streaming
