#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "core/streaming/infrastructure/record.hpp"
#include "core/streaming/infrastructure/result.hpp"

namespace streaming {

/// Told about partitions that come and go. Called on the thread that is inside `consume`, `keep_membership` or `stop`.
class AssignmentListener {
public:
    virtual ~AssignmentListener() = default;
    virtual void on_assigned(std::span<const TopicPartition> partitions) noexcept = 0;
    /// Still the owner while this runs: what is finished may be committed with `commit(..., CommitMode::wait)`.
    virtual void on_revoked(std::span<const TopicPartition> partitions) noexcept = 0;
    /// No longer the owner: nothing may be committed.
    virtual void on_lost(std::span<const TopicPartition> partitions) noexcept = 0;
    /// Every record before `end.offset` was handed out, those of the `consume` that calls this included: also when the
    /// last offsets hold no record (compaction, transaction markers). Only of consumers with `catch_up_first`.
    virtual void on_end_reached(const TopicOffset& end) noexcept = 0;
};

enum class CommitMode {
    background, ///< returns at once; a failure is logged and repaired by the next commit
    wait        ///< returns when the broker answered
};

/// Reads records of one consumer group (or, for a broadcast flow, of every partition). A port; one thread uses it, but
/// `wake` may be called from any. Nothing is committed unless `commit` says so.
class MessageConsumer {
public:
    virtual ~MessageConsumer() = default;

    /// Subscribes. The listener must outlive the consumer. Does not wait for an assignment.
    virtual Status start(AssignmentListener& listener) = 0;

    /// Waits up to `wait` for one record, then takes what is already there, `max_records` at most, without waiting
    /// for more. Adds to `into`. Ok with nothing added = nothing came, or `wake` was called. Errors that heal by
    /// themselves (a broker that is away) are reported as retryable; `fenced` and `fatal` end the consumer.
    virtual Status consume(std::chrono::milliseconds wait, std::size_t max_records, RecordBatch& into) = 0;

    /// For a caller that cannot take records now: keeps the place in the group, pausing the partitions. The next
    /// `consume` resumes them. Costs what was prefetched, so it is for long waits only.
    virtual Status keep_membership() = 0;

    virtual Status commit(std::span<const TopicOffset> offsets, CommitMode mode) = 0;

    /// High watermark minus `position`, as far as this client knows without asking a broker; nullopt = unknown.
    virtual std::optional<std::int64_t> lag(const TopicOffset& position) const = 0;

    /// Ends a waiting `consume` early. Thread-safe.
    virtual void wake() noexcept = 0;

    /// Leaves the group (on_revoked is called first) and closes. Idempotent.
    virtual void stop() noexcept = 0;
};

} // namespace streaming
