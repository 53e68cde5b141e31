#include "core/streaming/ingestion/record_fifo.hpp"

#include <utility>

namespace streaming::detail {

void RecordFifo::push_back(IngestionRecord&& record) {
    if (first_ + size_ == chunks_.size() * kChunk) {
        chunks_.push_back(fresh());
    }
    ++size_;
    back() = std::move(record);
}

void RecordFifo::push_front(IngestionRecord&& record) {
    if (first_ == 0) {
        chunks_.push_front(fresh());
        first_ = kChunk;
    }
    --first_;
    ++size_;
    front() = std::move(record);
}

void RecordFifo::pop_front() {
    ++first_;
    --size_;
    if (first_ == kChunk) {
        spare_ = std::move(chunks_.front());
        chunks_.pop_front();
        first_ = 0;
    }
}

void RecordFifo::pop_back() {
    --size_;
    if (first_ + size_ == (chunks_.size() - 1) * kChunk) {
        spare_ = std::move(chunks_.back());
        chunks_.pop_back();
    }
}

std::unique_ptr<RecordFifo::Chunk> RecordFifo::fresh() {
    return spare_ ? std::move(spare_) : std::make_unique<Chunk>();
}

} // namespace streaming::detail
