#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <vector>

#include "core/streaming/infrastructure/clock.hpp"
#include "core/streaming/testing/activity.hpp"

namespace streaming::fakes {

/// Time that stands still until a test moves it. Threads that wait on it are known, so a test can ask who waits and
/// jump to the next deadline: a backoff of 30 s takes no real time. Begins on 2026-01-01T00:00:00Z. Thread-safe.
class FakeClock final : public Clock {
public:
    explicit FakeClock(std::shared_ptr<Activity> activity = std::make_shared<Activity>());

    [[nodiscard]] steady_time now() const noexcept override;
    [[nodiscard]] system_time system_now() const noexcept override;
    void wait_until(std::unique_lock<std::mutex>& lock, std::condition_variable_any& changed, steady_time time,
                    std::stop_token stop) override;

    /// Moves time and wakes every wait that is over. Must not be called with a mutex held that some thread waits with.
    void advance(std::chrono::nanoseconds by);
    /// Moves time to the earliest deadline of a waiting thread. False when none waits for a time, or when a thread that
    /// was woken by the last move has not gone on yet: it may have something to do before that deadline.
    bool advance_to_next_deadline();

    /// Wakes every wait for no reason, as may happen at any time: who waits again has nothing to do now.
    void wake_all();

    /// Threads that wait for a time that has not come. steady_time::max() is no time.
    [[nodiscard]] std::size_t waiters() const;
    /// Waits, in real time, until a thread waits for a time; false after 10 s.
    [[nodiscard]] bool await_waiter();

    /// `listener` is called after each move, on the thread that moved the time. For fakes; not to be called later than
    /// the first move.
    void on_advance(std::function<void()> listener);

private:
    struct Waiter {
        std::mutex* mutex = nullptr;
        std::condition_variable_any* changed = nullptr;
        steady_time deadline{};
        std::size_t notifiers = 0; ///< moves of time that are about to notify it
    };

    [[nodiscard]] std::vector<steady_time> deadlines() const;
    void move_to(steady_time time);
    void leave(std::unique_lock<std::mutex>& lock, Waiter& waiter);

    std::shared_ptr<Activity> activity_;
    std::vector<std::function<void()>> listeners_{};
    std::atomic<steady_time::rep> now_;
    mutable std::mutex waiters_mutex_{};
    std::condition_variable notified_{};
    std::vector<Waiter*> waiters_{};
};

} // namespace streaming::fakes
