#include "core/streaming/orchestration/record_task.hpp"

#include <functional>

namespace streaming::detail {

void RecordTask::reset() noexcept {
    state = RecordState{};
    unescaped.clear();
    malformed.reset();
    deduplicated = false;
    batch = nullptr;
    partition = nullptr;
    order_key.reset();
    next_twin = nullptr;
    handler_time = std::chrono::nanoseconds{0};
    abandoned = false;
    in_lane = false;
    own_outputs.reset();
    undelivered.store(0, std::memory_order_relaxed);
    delivery_failed.store(false, std::memory_order_relaxed);
    delivery_error.reset();
}

std::uint64_t order_key_of(const RecordTask& task, Ordering ordering) noexcept {
    const ConsumedRecord& record = *task.state.record;
    if (ordering == Ordering::none) {
        return task.fingerprint.low ^ std::hash<const void*>{}(&task) ^
               (static_cast<std::uint64_t>(record.offset) << 16U);
    }
    if (ordering == Ordering::key && record.key) {
        return std::hash<std::string_view>{}(*record.key);
    }
    return std::hash<std::string_view>{}(record.topic) +
           static_cast<std::uint64_t>(record.partition) * 0x9E3779B97F4A7C15ULL;
}

FlightBatch* FlightPool::take_batch() {
    if (free_batches_.empty()) {
        batches_.push_back(std::make_unique<FlightBatch>());
        return batches_.back().get();
    }
    FlightBatch* batch = free_batches_.back();
    free_batches_.pop_back();
    return batch;
}

RecordTask* FlightPool::take_task() {
    if (free_tasks_.empty()) {
        tasks_.push_back(std::make_unique<RecordTask>(sink_));
        free_tasks_.reserve(tasks_.size());
        return tasks_.back().get();
    }
    RecordTask* task = free_tasks_.back();
    free_tasks_.pop_back();
    return task;
}

void FlightPool::give_back(FlightBatch* batch) noexcept {
    for (RecordTask* task : batch->tasks) {
        task->reset();
        free_tasks_.push_back(task);
    }
    batch->tasks.clear();
    for (std::size_t i = 0; i < batch->works_used; ++i) {
        batch->works[i]->tasks.clear();
        batch->works[i]->outputs.clear();
    }
    batch->works_used = 0;
    batch->bytes = 0;
    batch->records.clear();
    free_batches_.push_back(batch);
}

} // namespace streaming::detail
