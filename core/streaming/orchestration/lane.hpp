#pragma once

#include <spdlog/fwd.h>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "core/streaming/infrastructure/clock.hpp"
#include "core/streaming/infrastructure/message_producer.hpp"
#include "core/streaming/infrastructure/options.hpp"
#include "core/streaming/orchestration/record_task.hpp"
#include "core/streaming/reliability/reliability_layer.hpp"

namespace streaming::detail {

/// What lanes report to their flow. Called on lane threads.
class LaneOwner {
public:
    virtual ~LaneOwner() = default;
    /// A chain of nodes (linked by `next`) the lane is done with.
    virtual void on_lane_done(InboxNode* first, InboxNode* last) noexcept = 0;
    virtual void on_retry() noexcept = 0;
    /// on_exhausted: stop. The record stays unfinished.
    virtual void on_halt(const RecordTask& task) noexcept = 0;
    /// What is being handled ended the lane; records that it had stay unfinished.
    virtual void on_lane_threw() noexcept = 0;
};

/// One thread that runs handlers, one at a time. Records of one order key start in the order they were given; one whose
/// retry is not due yet holds back its own key only. Messages are sent in batches: at the end of a work, or when 1 ms
/// went by.
class Lane {
public:
    struct Dependencies {
        const ReliabilityLayer& layer;
        MessageProducer& producer;
        Clock& clock;
        LaneOwner& owner;
        Ordering ordering = Ordering::key;
    };
    explicit Lane(const Dependencies& dependencies) : dependencies_(dependencies) {}
    Lane(const Lane&) = delete;
    Lane& operator=(const Lane&) = delete;

    void start();
    void give(LaneWork& work);   ///< a batch's part; thread-safe
    void redo(RecordTask& task); ///< its messages could not be delivered; thread-safe
    void sweep();                ///< look for records of revoked partitions; thread-safe
    /// The service is stopping: handlers see it in their stop_token, and nothing waits for a retry any more, what would
    /// is given up. Thread-safe.
    void begin_stop();
    void request_stop() noexcept; ///< ends the thread after the handler that runs; thread-safe

    /// The record in a handler now and since when, for the watchdog of the poll thread.
    struct Running {
        const RecordTask* task = nullptr;
        Clock::steady_time since{};
    };
    [[nodiscard]] Running running() const noexcept;

private:
    struct Parked {
        Clock::steady_time due{};
        std::deque<RecordTask*> tasks{}; ///< the first waits for its retry, the others for the first
    };

    void run(const std::stop_token& stop);
    void run_once(const std::stop_token& stop);
    void wait_for_work(const std::stop_token& stop);
    void run_work(LaneWork& work);
    void run_due();
    void discard_revoked();
    void submit(RecordTask& task, OutputBuffer& outputs);
    /// Runs or repeats one attempt and acts on the verdict; false when the record has to wait (it was parked or
    /// halted).
    bool attempt(RecordTask& task, OutputBuffer& outputs, bool shared_outputs, bool after_failed_delivery);
    void park(RecordTask& task, Clock::steady_time due, bool in_front);
    void abandon(RecordTask& task);
    [[nodiscard]] std::uint64_t order_key(RecordTask& task) const;
    void flush(OutputBuffer& outputs);
    void done(InboxNode& node) noexcept;
    void hand_back() noexcept;

    Dependencies dependencies_;

    std::mutex inbox_mutex_{};
    std::condition_variable_any inbox_changed_{};
    std::vector<LaneWork*> given_{};
    std::vector<RecordTask*> redone_{};
    bool sweep_ = false;
    bool stopping_ = false;

    // Of the lane's thread alone.
    std::vector<LaneWork*> works_{};
    std::vector<RecordTask*> redos_{};
    std::unordered_map<std::uint64_t, Parked> parked_{};
    bool giving_up_ = false;
    InboxNode* done_first_ = nullptr;
    InboxNode* done_last_ = nullptr;
    Clock::steady_time last_end_{};
    Clock::steady_time last_flush_{};
    std::size_t unflushed_ = 0; ///< records run since the last flush
    std::stop_source handlers_stop_{};

    std::atomic<const RecordTask*> running_{nullptr};
    std::atomic<Clock::steady_time::rep> running_since_{0};

    std::jthread thread_{}; // last: joined before anything it uses goes
};

} // namespace streaming::detail
