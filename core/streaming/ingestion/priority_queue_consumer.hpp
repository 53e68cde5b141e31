#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <stop_token>
#include <vector>

#include "core/streaming/ingestion/queue_manager.hpp"

namespace streaming {

struct PriorityQueueConsumerOptions {
    std::size_t batch_size = 500;                  ///< records, at least 1
    std::chrono::milliseconds batch_interval = 5s; ///< a smaller batch goes after it, at least 1 ms
};

/// Takes batches from a queue, by size or time, and hands them to a function: for those who use the queue alone.
/// Has no thread: whoever calls `run_once` again and again is the consumer. Used by one thread; several consumers may
/// share one queue.
/// Borrows the queue, which must outlive it.
class PriorityQueueConsumer {
public:
    /// Settles the records; should it throw, those that are still in the vector go back in front of the queue.
    using Handle = std::function<void(std::vector<IngestionRecord>&)>;

    PriorityQueueConsumer(QueueManager& queue, PriorityQueueConsumerOptions options, Handle handle);

    /// Waits for a batch, at most `batch_interval` or until the stop, and hands it over. Returns its size; 0 = there
    /// was none. What the function throws is thrown on.
    std::size_t run_once(std::stop_token stop = {});

private:
    QueueManager& queue_;
    PriorityQueueConsumerOptions options_;
    Handle handle_;
};

} // namespace streaming
