#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "core/streaming/orchestration/key_lanes.hpp"
#include "core/streaming/orchestration/lane.hpp"
#include "core/streaming/orchestration/record_task.hpp"

namespace streaming::detail {

/// The lanes of a flow, and how a batch is split among them: `add` its tasks, then `hand_over` once, so that each lane
/// is told once. Used by the poll thread; the lanes have threads of their own.
class LaneSet {
public:
    void start(const Lane::Dependencies& dependencies, std::size_t workers);
    void end() noexcept; ///< waits for the handlers that run

    /// Chooses the task's lane and puts it into the part of its batch that goes there.
    void add(RecordTask& task);
    /// The task is complete.
    void left(const RecordTask& task) noexcept;
    /// Gives every lane its part of what was added of this batch since the last call.
    void hand_over(FlightBatch& batch);
    /// What the task sent could not be delivered: its lane decides.
    void redo(RecordTask& task) { lanes_[task.lane]->redo(task); }

    void sweep();      ///< lanes pass over records of revoked partitions
    void begin_stop(); ///< see Lane::begin_stop
    void request_stop() noexcept;

    [[nodiscard]] const std::vector<std::unique_ptr<Lane>>& lanes() const noexcept { return lanes_; }

private:
    void choose_lane(RecordTask& task);

    Ordering ordering_ = Ordering::key;
    KeyLanes keys_{1};
    std::size_t next_lane_ = 0;
    std::vector<LaneWork*> open_works_{}; ///< by lane: what the batch being split has for it
    std::vector<std::unique_ptr<Lane>> lanes_{};
};

} // namespace streaming::detail
