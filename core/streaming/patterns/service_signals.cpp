#include "core/streaming/patterns/service_signals.hpp"

#include <spdlog/spdlog.h>

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <utility>

#include "core/streaming/patterns/run_service.hpp"

namespace streaming::detail {

ServiceSignals::ServiceSignals(Hangup hangup) {
    sigemptyset(&signals_);
    sigaddset(&signals_, SIGINT);
    sigaddset(&signals_, SIGTERM);
    if (hangup == Hangup::is_awaited) {
        sigaddset(&signals_, SIGHUP);
    }
    pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
    thread_ = std::jthread([this](const std::stop_token& stop) { watch(stop); });
}

void ServiceSignals::watch(const std::stop_token& stop) {
    constexpr timespec kLook{.tv_sec = 0, .tv_nsec = 100'000'000};
    while (!stop.stop_requested()) {
        const int signal = sigtimedwait(&signals_, nullptr, &kLook);
        if (signal < 0) {
            continue;
        }
        if (signal == SIGHUP) {
            const std::scoped_lock lock(hangup_mutex_);
            hangup_ = true;
            hangup_changed_.notify_all();
            continue;
        }
        if (stop_.stop_requested()) {
            std::fputs("second signal: ending at once, unfinished records come again\n", stderr);
            std::_Exit(static_cast<int>(ExitCode::stop_incomplete));
        }
        spdlog::info("{}: stopping", signal == SIGINT ? "SIGINT" : "SIGTERM");
        stop_.request_stop();
    }
}

bool ServiceSignals::await_hangup(std::chrono::milliseconds timeout, const std::stop_token& stop) {
    std::unique_lock lock(hangup_mutex_);
    (void)hangup_changed_.wait_for(lock, stop, timeout, [this] { return hangup_; });
    return std::exchange(hangup_, false);
}

} // namespace streaming::detail
