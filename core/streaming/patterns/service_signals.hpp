#pragma once

#include <chrono>
#include <condition_variable>
#include <csignal>
#include <mutex>
#include <stop_token>
#include <thread>

namespace streaming::detail {

/// Turns SIGINT and SIGTERM into a stop request; the second one ends the process at once. Blocks the signals for this
/// thread and every thread started later, so it comes before them. With `hangup`, SIGHUP is waited for too.
class ServiceSignals {
public:
    enum class Hangup { ends_the_process, is_awaited };
    explicit ServiceSignals(Hangup hangup = Hangup::ends_the_process);
    ServiceSignals(const ServiceSignals&) = delete;
    ServiceSignals& operator=(const ServiceSignals&) = delete;

    [[nodiscard]] std::stop_token token() const { return stop_.get_token(); }
    /// Waits for a SIGHUP since the last call, `timeout` at most; ended by a stop.
    [[nodiscard]] bool await_hangup(std::chrono::milliseconds timeout, const std::stop_token& stop);

private:
    void watch(const std::stop_token& stop);

    sigset_t signals_{};
    std::stop_source stop_{};
    std::mutex hangup_mutex_{};
    std::condition_variable_any hangup_changed_{};
    bool hangup_ = false;
    std::jthread thread_{}; // last: joined before anything it uses goes
};

} // namespace streaming::detail
