#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "core/streaming/infrastructure/clock.hpp"
#include "core/streaming/orchestration/source_flow.hpp"

namespace streaming::detail {

/// Polls the sources of a service when they are due, with a pool of threads. A source is polled by one thread at a
/// time; its interval runs from the end of one poll to the start of the next.
class SourceScheduler {
public:
    SourceScheduler(Clock& clock, std::size_t threads) : clock_(clock), thread_count_(threads) {}
    SourceScheduler(const SourceScheduler&) = delete;
    SourceScheduler& operator=(const SourceScheduler&) = delete;

    void start(const std::vector<std::unique_ptr<SourceFlow>>& sources);
    /// Asks running polls to end and waits for them; at the deadline they give up what is not acknowledged. Returns how
    /// many run on regardless, in a connector or handler that does not return: the destructor waits for those.
    std::size_t stop(Clock::steady_time deadline) noexcept;

private:
    struct Entry {
        SourceFlow* source = nullptr;
        Clock::steady_time due{};
        bool running = false;
    };
    void run(const std::stop_token& stop);

    Clock& clock_;
    std::size_t thread_count_;
    std::mutex entries_mutex_{};
    std::condition_variable_any entries_changed_{};
    std::vector<Entry> entries_{};
    std::vector<std::jthread> threads_{}; // last: joined before anything they use goes
};

} // namespace streaming::detail
