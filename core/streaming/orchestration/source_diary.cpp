#include "core/streaming/orchestration/source_diary.hpp"

#include <chrono>
#include <utility>

namespace streaming::detail {

void SourceDiary::answered(std::string_view poll_class) {
    const std::scoped_lock lock(state_mutex_);
    count_label(poll_classes_, poll_class);
    last_good_ = clock_.now();
    trouble_.clear();
}

bool SourceDiary::failed(std::string_view poll_class, const std::string& why) {
    const std::scoped_lock lock(state_mutex_);
    count_label(poll_classes_, poll_class);
    return std::exchange(trouble_, why) != why;
}

void SourceDiary::halted(std::string_view poll_class, const std::string& why) {
    const std::scoped_lock lock(state_mutex_);
    count_label(poll_classes_, poll_class);
    trouble_ = why;
    halted_ = true;
}

void SourceDiary::goes_on() {
    const std::scoped_lock lock(state_mutex_);
    trouble_ = "not polled since it was configured anew";
    halted_ = false;
}

bool SourceDiary::is_of(Clock::system_time payload, std::string too_old) {
    const std::scoped_lock lock(state_mutex_);
    payload_ = payload;
    const bool before = !std::exchange(stale_, std::move(too_old)).empty();
    return before == stale_.empty();
}

void SourceDiary::is_of_no_time() {
    const std::scoped_lock lock(state_mutex_);
    payload_.reset();
    stale_.clear();
}

void SourceDiary::waits(const std::string& why) {
    const std::scoped_lock lock(state_mutex_);
    trouble_ = why;
}

void SourceDiary::is_well() noexcept {
    const std::scoped_lock lock(state_mutex_);
    trouble_.clear();
}

void SourceDiary::publish(const ModeCounts& mode, const Backlog& backlog) {
    const std::scoped_lock lock(state_mutex_);
    mode_ = mode;
    backlog_ = backlog;
}

SourceStatus SourceDiary::status() const {
    const auto seconds = [now = clock_.now()](Clock::steady_time since) {
        return std::chrono::duration<double>(now - since).count();
    };
    const auto wall_clock = clock_.system_now();
    const std::scoped_lock lock(state_mutex_);
    SourceStatus status{.ready = trouble_.empty(),
                        .halted = halted_,
                        .detail = trouble_.empty() ? stale_ : trouble_,
                        .mode = mode_,
                        .polls = poll_classes_,
                        .stale = !stale_.empty(),
                        .waiting = backlog_.waiting,
                        .unsettled = backlog_.unsettled};
    status.mode.uptime_seconds = seconds(started_);
    if (last_good_) {
        status.age_seconds = seconds(*last_good_);
    }
    if (payload_) {
        status.payload_age_seconds = std::chrono::duration<double>(wall_clock - *payload_).count();
    }
    return status;
}

std::size_t SourceDiary::open_rows() const {
    const std::scoped_lock lock(state_mutex_);
    return backlog_.waiting + backlog_.unsettled;
}

} // namespace streaming::detail
