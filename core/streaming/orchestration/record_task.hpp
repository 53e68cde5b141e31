#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/streaming/infrastructure/message_producer.hpp"
#include "core/streaming/orchestration/partition_table.hpp"
#include "core/streaming/reliability/deduplication_manager.hpp"
#include "core/streaming/reliability/reliability_layer.hpp"

namespace streaming::detail {

struct FlightBatch;

/// What travels from lanes and the delivery thread back to the poll thread, see CompletionInbox.
struct InboxNode {
    enum class Kind { task, work };
    explicit InboxNode(Kind node_kind) : kind(node_kind) {}
    const Kind kind;
    InboxNode* next = nullptr;
};

/// One record from poll to completion. Made by the poll thread, which also takes it back; in between one lane works on
/// it.
struct RecordTask final : InboxNode, DeliveryTicket {
    explicit RecordTask(DeliverySink& sink) : InboxNode(Kind::task), DeliveryTicket(sink) {}

    // What several threads touch stands first, in the same cache lines.
    std::atomic<std::uint32_t> undelivered{0}; ///< delivery reports to come
    std::atomic<bool> delivery_failed{false};
    bool deduplicated = false; ///< takes part in deduplication
    bool abandoned = false;    ///< given up before it was handled: its partition was revoked
    bool in_lane = false;      ///< a lane was chosen for it
    FlightBatch* batch = nullptr;
    PartitionState* partition = nullptr;
    std::uint64_t sequence = 0; ///< in the partition's tracker
    RecordState state{};
    std::string unescaped{};            ///< text of envelope strings that held escapes
    std::string fallback_id{};          ///< topic:partition:offset, when the envelope has no id
    std::unique_ptr<Error> malformed{}; ///< why the envelope could not be read
    IdFingerprint fingerprint{};
    std::size_t lane = 0;
    std::optional<std::uint64_t> order_key{}; ///< records of equal keys start in offset order; computed when needed
    RecordTask* next_twin = nullptr;          ///< records with the same id that wait for this one, linked
    std::chrono::nanoseconds handler_time{0};
    std::unique_ptr<OutputBuffer> own_outputs{}; ///< of attempts after the first
    std::unique_ptr<Error> delivery_error{};     ///< the first; written by who set delivery_failed

    void reset() noexcept;
};

/// What orders a record among others: a hash of its key, its partition when it has none or when partitions are kept in
/// order, itself when nothing is.
[[nodiscard]] std::uint64_t order_key_of(const RecordTask& task, Ordering ordering) noexcept;

/// The part of one batch that goes to one lane, and the buffer its records send from. Comes back to the poll thread
/// once the lane looks at it no more; its buffer is reused when its records are complete.
struct LaneWork final : InboxNode {
    LaneWork() : InboxNode(Kind::work) {}
    FlightBatch* batch = nullptr;
    std::size_t lane = 0;
    bool given = false; ///< to its lane: nothing more is added
    std::vector<RecordTask*> tasks{};
    OutputBuffer outputs{};
};

/// The records of one poll: released together when the last of them is complete.
struct FlightBatch {
    RecordBatch records{};
    std::vector<RecordTask*> tasks{};
    std::vector<std::unique_ptr<LaneWork>> works{}; ///< one for each lane that got something; kept for reuse
    std::size_t works_used = 0;
    std::size_t works_out = 0; ///< in the hands of lanes
    std::size_t unfinished = 0;
    std::size_t bytes = 0;

    [[nodiscard]] bool over() const noexcept { return unfinished == 0 && works_out == 0; }
};

/// Makes batches and tasks and keeps them for reuse, so that a steady flow allocates nothing. Used by the poll thread.
class FlightPool {
public:
    explicit FlightPool(DeliverySink& sink) : sink_(sink) {}
    [[nodiscard]] FlightBatch* take_batch();
    [[nodiscard]] RecordTask* take_task();
    void give_back(FlightBatch* batch) noexcept; ///< also its tasks

private:
    DeliverySink& sink_;
    std::vector<std::unique_ptr<FlightBatch>> batches_{};
    std::vector<std::unique_ptr<RecordTask>> tasks_{};
    std::vector<FlightBatch*> free_batches_{};
    std::vector<RecordTask*> free_tasks_{};
};

} // namespace streaming::detail
