#pragma once

#include <spdlog/fwd.h>
#include <chrono>
#include <cstddef>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "core/streaming/infrastructure/clock.hpp"
#include "core/streaming/infrastructure/result.hpp"

namespace streaming {

/// Starts the parts of a service in order and stops them in reverse, under one deadline; when a part does not start,
/// those before it are stopped again. Used by one thread at a time.
class LifecycleCoordinator {
public:
    struct Part {
        std::string name{};
        std::function<Status(std::stop_token)> start{};          ///< may throw: the text becomes the error
        std::function<void(Clock::steady_time deadline)> stop{}; ///< returns by the deadline; does not throw
    };

    LifecycleCoordinator(Clock& clock, spdlog::logger& log) : clock_(clock), log_(log) {}

    void add(Part part) { parts_.push_back(std::move(part)); }

    /// The error names the part that failed.
    Status start(const std::stop_token& stop, std::chrono::milliseconds stop_deadline);
    /// Stops what was started. A second call does nothing.
    void stop(std::chrono::milliseconds deadline) noexcept;
    [[nodiscard]] bool running() const noexcept { return started_ > 0; }

private:
    Clock& clock_;
    spdlog::logger& log_;
    std::vector<Part> parts_{};
    std::size_t started_ = 0; ///< parts_[0 .. started_) run
};

} // namespace streaming
