#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <stop_token>
#include <thread>

#include "core/streaming/infrastructure/clock.hpp"
#include "core/streaming/orchestration/loop_trouble.hpp"

namespace streaming::detail {

/// A thread that does something again and again, when the work itself said so: it returns the next time, or
/// steady_time::max() for "when woken". The work may block. When it throws, that is its trouble, and it is done again
/// after a second.
class PeriodicWork {
public:
    using Work = std::function<Clock::steady_time(const std::stop_token&)>;

    /// `last` is done by its thread when it ends.
    PeriodicWork(Clock& clock, LoopTrouble& trouble, Work work, std::function<void()> last = {})
        : clock_(clock), trouble_(trouble), work_(std::move(work)), last_(std::move(last)) {}
    PeriodicWork(const PeriodicWork&) = delete;
    PeriodicWork& operator=(const PeriodicWork&) = delete;

    void start();
    void wake() noexcept; ///< before its time
    void request_stop() noexcept;
    /// Waits for the work that is being done, at most until the deadline. False when it goes on: the destructor waits
    /// for it.
    bool stop(Clock::steady_time deadline) noexcept;

private:
    void run(const std::stop_token& stop);

    Clock& clock_;
    LoopTrouble& trouble_;
    Work work_;
    std::function<void()> last_;
    std::mutex woken_mutex_{};
    std::condition_variable_any woken_changed_{};
    bool woken_ = false;
    bool ended_ = false;
    std::jthread thread_{}; // last: joined before anything it uses goes
};

} // namespace streaming::detail
