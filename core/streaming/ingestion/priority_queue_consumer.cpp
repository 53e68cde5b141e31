#include "core/streaming/ingestion/priority_queue_consumer.hpp"

#include <utility>

namespace streaming {

PriorityQueueConsumer::PriorityQueueConsumer(QueueManager& queue, PriorityQueueConsumerOptions options, Handle handle)
    : queue_(queue), options_(options), handle_(std::move(handle)) {}

std::size_t PriorityQueueConsumer::run_once(std::stop_token stop) {
    std::vector<IngestionRecord> batch =
        queue_.dequeue_batch(options_.batch_size, options_.batch_interval, std::move(stop));
    const std::size_t size = batch.size();
    if (size == 0) {
        return 0;
    }
    try {
        handle_(batch);
    } catch (...) {
        queue_.put_back(std::move(batch));
        throw;
    }
    return size;
}

} // namespace streaming
