#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "core/streaming/infrastructure/clock.hpp"
#include "core/streaming/orchestration/source_flow.hpp"

namespace streaming::detail {

/// Runs the sources of a service when they are due, the most urgent first, with a pool of threads; a source by one
/// thread at a time.
/// Thread-safe.
class SourceScheduler {
public:
    SourceScheduler(Clock& clock, std::size_t threads) : clock_(clock), most_threads_(threads) {}
    ~SourceScheduler();
    SourceScheduler(const SourceScheduler&) = delete;
    SourceScheduler& operator=(const SourceScheduler&) = delete;

    /// Runs it from now on. False after a stop.
    [[nodiscard]] bool add(std::shared_ptr<SourceFlow> source);
    /// Polls it no more, hands over what it holds and waits until all of it is settled, at most until the deadline.
    /// Returns how many rows were not: it stays here until they are, or until `end`.
    std::size_t remove(const std::shared_ptr<SourceFlow>& source, Clock::steady_time deadline);
    /// It has something to do before its time.
    void wake(const SourceFlow& source, Clock::steady_time time) noexcept;
    void wake_who_waits_for_room() noexcept;
    [[nodiscard]] std::size_t open_rows() const noexcept; ///< of all, those that are leaving included

    // A stop, in this order.

    /// Polls no more. Returns how many run on regardless, in a connector or handler that does not return.
    std::size_t hold(Clock::steady_time deadline) noexcept;
    /// Does something with each source that does not run, several at a time. Returns how many had not ended it at the
    /// deadline.
    using Step = std::function<void(SourceFlow&)>;
    std::size_t for_each(const Step& step, Clock::steady_time deadline) noexcept;
    /// The destructor waits for those that still run.
    void end() noexcept;

private:
    struct Entry {
        std::shared_ptr<SourceFlow> source{};
        Clock::steady_time due{};
        Clock::steady_time ran{}; ///< last
        std::stop_source stop{};  ///< of this source alone
        bool running = false;
        Clock::steady_time woken = Clock::steady_time::max(); ///< for when, since it ran last
        bool leaving = false;
        Step step{}; ///< to be done once, during a stop
    };
    void run(const std::stop_token& stop);
    void run_entry(Entry& entry, std::unique_lock<std::mutex>& lock);
    [[nodiscard]] Entry* find(const SourceFlow& source) const noexcept;
    void drop(const SourceFlow& source, std::unique_lock<std::mutex>& lock);
    [[nodiscard]] Entry* earliest() noexcept;
    void wait_while_running(std::unique_lock<std::mutex>& lock, Clock::steady_time until);
    [[nodiscard]] std::size_t running() const noexcept;

    Clock& clock_;
    const std::size_t most_threads_;
    mutable std::mutex entries_mutex_{};
    std::condition_variable_any entries_changed_{};
    std::vector<std::unique_ptr<Entry>> entries_{};
    bool stopping_ = false;
    std::vector<std::jthread> threads_{}; // last: joined before anything they use goes
};

} // namespace streaming::detail
