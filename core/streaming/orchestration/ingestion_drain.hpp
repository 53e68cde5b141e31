#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>
#include <utility>

#include "core/streaming/ingestion/producer_wrapper.hpp"
#include "core/streaming/ingestion/queue_manager.hpp"
#include "core/streaming/ingestion/throttling_manager.hpp"
#include "core/streaming/orchestration/loop_trouble.hpp"

namespace streaming::detail {

/// The one thread that takes records out of the queue: asks the throttle first, so that what is urgent and comes
/// during a hold leaves first, then hands batches to the producer wrapper and serves it. What throws there, for want
/// of memory, is its trouble; it goes on after a second.
class IngestionDrain {
public:
    struct Dependencies {
        Clock& clock;
        QueueManager& queue;
        ThrottlingManager& throttle;
        ProducerWrapper& producer;
        LoopTrouble& trouble;
        std::function<void()> on_room{}; ///< records left the queue; throws nothing
    };
    IngestionDrain(Dependencies dependencies, const SendingOptions& options) : dependencies_(std::move(dependencies)) {
        configure(options);
    }
    IngestionDrain(const IngestionDrain&) = delete;
    IngestionDrain& operator=(const IngestionDrain&) = delete;

    void configure(const SendingOptions& options) noexcept; ///< thread-safe
    void start();
    /// Sends what is in the queue, throttled or not, and waits for the acknowledgements until the deadline. What is
    /// left is given up, its number returned: the sources send it again.
    std::size_t stop(Clock::steady_time deadline) noexcept;

private:
    void run(const std::stop_token& stop);
    /// How long there is nothing to do; see QueueManager::wait.
    struct Rest {
        std::size_t at_least = 0;
        Clock::steady_time until{};
    };
    [[nodiscard]] std::optional<Rest> work(const std::stop_token& stop);
    [[nodiscard]] std::optional<Rest> send_some(std::size_t wanted, Clock::steady_time next,
                                                const std::stop_token& stop);
    void pause(const std::stop_token& stop);
    void finish();
    void give_up_rest();

    Dependencies dependencies_;
    std::atomic<std::size_t> batch_size_{0};
    std::atomic<std::chrono::milliseconds> batch_interval_{};
    std::mutex ended_mutex_{};
    std::condition_variable_any ended_changed_{};
    bool ended_ = false;
    Clock::steady_time deadline_{}; ///< of the stop; written before the stop is requested
    std::size_t given_up_ = 0;
    std::stop_source out_of_time_{};
    std::jthread thread_{}; // last: joined before anything it uses goes
};

} // namespace streaming::detail
