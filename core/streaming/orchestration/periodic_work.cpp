#include "core/streaming/orchestration/periodic_work.hpp"

#include <utility>

namespace streaming::detail {

namespace {
constexpr std::chrono::seconds kAfterException{1};
} // namespace

void PeriodicWork::start() {
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

void PeriodicWork::wake() noexcept {
    const std::scoped_lock lock(woken_mutex_);
    woken_ = true;
    woken_changed_.notify_all();
}

void PeriodicWork::request_stop() noexcept {
    thread_.request_stop();
    wake();
}

bool PeriodicWork::stop(Clock::steady_time deadline) noexcept {
    if (!thread_.joinable()) {
        return true;
    }
    request_stop();
    {
        std::unique_lock lock(woken_mutex_);
        while (!ended_ && clock_.now() < deadline) {
            clock_.wait_until(lock, woken_changed_, deadline, {});
        }
        if (!ended_) {
            return false;
        }
    }
    thread_.join();
    return true;
}

void PeriodicWork::run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
        Clock::steady_time next{};
        if (!trouble_.attempt([&] { next = work_(stop); })) {
            next = clock_.now() + kAfterException;
        }
        std::unique_lock lock(woken_mutex_);
        while (!woken_ && !stop.stop_requested() && clock_.now() < next) {
            clock_.wait_until(lock, woken_changed_, next, stop);
        }
        woken_ = false;
    }
    if (last_) {
        (void)trouble_.attempt(last_);
    }
    const std::scoped_lock lock(woken_mutex_);
    ended_ = true;
    woken_changed_.notify_all();
}

} // namespace streaming::detail
