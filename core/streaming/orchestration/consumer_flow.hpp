#pragma once

#include <spdlog/fwd.h>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "core/streaming/infrastructure/connection_manager.hpp"
#include "core/streaming/infrastructure/message_consumer.hpp"
#include "core/streaming/orchestration/catch_up.hpp"
#include "core/streaming/orchestration/completion_inbox.hpp"
#include "core/streaming/orchestration/duplicate_filter.hpp"
#include "core/streaming/orchestration/flow_ledger.hpp"
#include "core/streaming/orchestration/flow_status.hpp"
#include "core/streaming/orchestration/health.hpp"
#include "core/streaming/orchestration/lane.hpp"
#include "core/streaming/orchestration/lane_set.hpp"
#include "core/streaming/orchestration/partition_table.hpp"
#include "core/streaming/orchestration/record_intake.hpp"
#include "core/streaming/orchestration/record_task.hpp"
#include "core/streaming/orchestration/service_plan.hpp"
#include "core/streaming/orchestration/stuck_handler_watch.hpp"
#include "core/streaming/reliability/reliability_layer.hpp"

namespace streaming {

/// Takes the records of one consumer group through deduplication, handlers, delivery and commit. Owns one poll thread,
/// which polls, deduplicates, keeps the books and commits and never runs a handler, and `workers` lanes, which run the
/// handlers.
///
/// The way of a record: poll -> envelope -> duplicate? -> lane -> messages acknowledged -> mark -> tracker -> commit.
///
/// start, stop, health and in_flight are thread-safe. Borrows its dependencies, which must outlive it.
class ConsumerFlow final : private AssignmentListener, private DeliverySink, private detail::LaneOwner {
public:
    struct Dependencies {
        ConnectionManager& connections;
        Clock& clock;
        spdlog::logger& log;
        ErrorHandler& errors;
        std::shared_ptr<FlowMetrics> metrics{};
        std::function<void(Error)> on_ended{}; ///< the flow ended by itself; called once, on one of its threads
        detail::CatchUp* state = nullptr;      ///< of the flows with catch_up_first; null = there are none
    };
    ConsumerFlow(Dependencies dependencies, const std::string& service, ConsumerPlan plan);
    ~ConsumerFlow() override;
    ConsumerFlow(const ConsumerFlow&) = delete;
    ConsumerFlow& operator=(const ConsumerFlow&) = delete;

    /// Makes the dead-letter topics, subscribes and begins to poll. Does not wait for partitions.
    Status start();
    /// Takes nothing more, finishes what is in flight until `deadline`, commits and leaves the group. Returns how many
    /// records stay unfinished; they were not committed. A handler that runs on past the deadline is waited for by the
    /// destructor only.
    std::size_t stop(Clock::steady_time deadline) noexcept;
    /// The first half of stop: returns at once, so that several flows can drain at the same time.
    void begin_stop(Clock::steady_time deadline) noexcept;

    [[nodiscard]] PartHealth health() const { return status_.health(); }
    [[nodiscard]] std::size_t in_flight() const noexcept { return in_flight_.load(std::memory_order_acquire); }
    [[nodiscard]] const std::string& name() const noexcept { return identity_.flow; }

private:
    // On the poll thread.
    void run(const std::stop_token& stop);
    void poll_once(const std::stop_token& stop);
    void consume();
    void poll(bool asking);
    void take_polled();
    void hold_on(const std::stop_token& stop);
    void answer_oldest();
    void answer_all();
    void dispatch(detail::FlightBatch& batch, const std::vector<std::uint8_t>* duplicates);
    void settle();
    void settle_task(detail::RecordTask& task);
    void finish(detail::RecordTask& task, Outcome outcome);
    void close_books();
    void housekeeping(Clock::steady_time now);
    void commit(CommitMode mode, detail::PartitionTable::Which which);
    void look_around(Clock::steady_time now);
    void publish();
    [[nodiscard]] std::size_t drain(const std::stop_token& stop) noexcept; ///< returns what stays unfinished
    void finish_what_is_in_flight(const std::stop_token& stop);
    void give_back(std::span<const TopicPartition> partitions, bool still_owner) noexcept;
    [[nodiscard]] std::size_t room() const noexcept;

    void on_assigned(std::span<const TopicPartition> partitions) noexcept override;
    void on_revoked(std::span<const TopicPartition> partitions) noexcept override;
    void on_lost(std::span<const TopicPartition> partitions) noexcept override;
    void on_end_reached(const TopicOffset& end) noexcept override { ends_reached_.push_back(end); }

    // On lanes and the delivery thread.
    void on_delivery(DeliveryTicket& ticket, const Delivery& delivery) noexcept override;
    void on_delivery_batch_end() noexcept override;
    void on_lane_done(detail::InboxNode* first, detail::InboxNode* last) noexcept override;
    void on_retry() noexcept override;
    void on_halt(const detail::RecordTask& task) noexcept override;
    void on_lane_threw() noexcept override { threw("a lane"); }

    Status make_dead_letter_topics();
    void end(const Error& why) noexcept;
    void threw(const char* who) noexcept;

    Dependencies dependencies_;
    ConsumerPlan plan_;
    FlowIdentity identity_;
    DeadLetterQueue dead_letters_;
    ReliabilityLayer layer_;
    std::unique_ptr<MessageConsumer> consumer_;

    // The poll thread's.
    detail::FlightPool pool_;
    detail::PartitionTable partitions_{};
    detail::RecordIntake intake_;
    detail::FlowLedger ledger_;
    std::unique_ptr<detail::DuplicateFilter> filter_; ///< null = deduplication off
    detail::StuckHandlerWatch stuck_;
    RecordBatch polled_{}; ///< not empty between polls only while the flow waits for state
    std::vector<TopicOffset> ends_reached_{};
    Clock::steady_time next_commit_{};
    Clock::steady_time next_look_{};
    Clock::steady_time next_publish_{};
    Clock::steady_time full_since_{};
    Clock::steady_time last_poll_{};
    std::uint64_t commits_ = 0;
    bool commit_failed_ = false;
    bool full_ = false;
    bool draining_ = false;
    std::string consume_trouble_{};
    bool broker_away_ = false;

    // Between threads.
    detail::CompletionInbox inbox_;
    std::atomic<std::size_t> in_flight_{0};
    std::atomic<std::uint64_t> retries_{0};
    std::atomic<std::uint64_t> sent_{0};
    std::atomic<std::uint64_t> send_failed_{0};

    detail::CatchUp::Wait state_wait_;
    detail::FlowStatus status_;
    std::mutex stop_mutex_{};
    Clock::steady_time stop_deadline_{};

    detail::LaneSet lanes_{};
    std::jthread poll_thread_{}; // last: joined before anything it uses goes
};

} // namespace streaming
