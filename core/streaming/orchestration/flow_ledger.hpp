#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "core/streaming/orchestration/in_flight_ids.hpp"
#include "core/streaming/orchestration/record_task.hpp"
#include "core/streaming/reliability/metrics_collector.hpp"

namespace streaming::detail {

/// The books of a flow: which records are in flight, how each ended, what is to be marked as handled, which batches are
/// over. Used by the poll thread.
class FlowLedger {
public:
    explicit FlowLedger(FlightPool& pool) : pool_(pool) {}

    void taken(const FlightBatch& batch);

    /// Whether the task may run: false when a record with its id is in flight already; it then waits behind that one.
    [[nodiscard]] bool admit(RecordTask& task);

    /// The record is complete. Gives the next record that waited for its id, which has to run now (null = none): when
    /// this one was handled, those that waited were duplicates.
    [[nodiscard]] RecordTask* finish(RecordTask& task, Outcome outcome);

    /// The record will not be finished by this process (the service is stopping): it stays counted as in flight,
    /// uncommitted. Those that waited for it are given up too.
    void give_up(RecordTask& task);

    /// Ids that were handled since the last call, for deduplication; views live until `release_batches`.
    [[nodiscard]] std::vector<std::string_view>& handled_ids() noexcept { return handled_ids_; }
    /// Gives batches back whose records are all complete and that no lane holds. Returns whether there was one.
    bool release_batches();
    void work_returned(FlightBatch& batch);

    [[nodiscard]] FlowCounts& counts() noexcept { return counts_; }
    [[nodiscard]] std::size_t in_flight() const noexcept { return static_cast<std::size_t>(counts_.in_flight); }
    [[nodiscard]] std::size_t given_up() const noexcept { return given_up_; }
    [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

private:
    void close(RecordTask& task, Outcome outcome);
    void count(const RecordTask& task, Outcome outcome);
    void left(FlightBatch& batch);

    FlightPool& pool_;
    InFlightIds ids_{};
    FlowCounts counts_{};
    std::vector<std::string_view> handled_ids_{};
    std::vector<FlightBatch*> over_{};
    std::size_t bytes_ = 0;
    std::size_t given_up_ = 0;
};

} // namespace streaming::detail
