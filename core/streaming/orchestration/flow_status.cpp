#include "core/streaming/orchestration/flow_status.hpp"

#include <utility>

namespace streaming::detail {

void FlowStatus::started() {
    const std::scoped_lock lock(state_mutex_);
    started_ = true;
}

void FlowStatus::assigned() {
    const std::scoped_lock lock(state_mutex_);
    assigned_ = true;
}

void FlowStatus::set_trouble(std::string what) {
    const std::scoped_lock lock(state_mutex_);
    if (!ended_) {
        trouble_ = std::move(what);
    }
}

bool FlowStatus::end(const Error& why) {
    const std::scoped_lock lock(state_mutex_);
    if (std::exchange(ended_, true)) {
        return false;
    }
    trouble_ = why.message;
    return true;
}

void FlowStatus::finished(std::size_t unfinished) {
    const std::scoped_lock lock(state_mutex_);
    finished_ = true;
    unfinished_ = unfinished;
    state_changed_.notify_all();
}

bool FlowStatus::is_started() const {
    const std::scoped_lock lock(state_mutex_);
    return started_;
}

bool FlowStatus::has_ended() const {
    const std::scoped_lock lock(state_mutex_);
    return ended_;
}

std::size_t FlowStatus::wait_until_finished() const {
    std::unique_lock lock(state_mutex_);
    state_changed_.wait(lock, [this] { return finished_; });
    return unfinished_;
}

PartHealth FlowStatus::health() const {
    const std::scoped_lock lock(state_mutex_);
    PartHealth health{.name = "flow " + flow_, .ready = false, .alive = !ended_, .detail = trouble_};
    if (!started_) {
        health.detail = "not started";
    } else if (finished_ && !ended_) {
        health.detail = "stopped";
    } else if (!assigned_ && trouble_.empty()) {
        health.detail = "waiting for partitions";
    }
    health.ready = health.detail.empty();
    return health;
}

} // namespace streaming::detail
