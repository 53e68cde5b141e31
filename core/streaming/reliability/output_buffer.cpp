#include "core/streaming/reliability/output_buffer.hpp"

#include <algorithm>
#include <cassert>
#include <cstring>

namespace streaming {

void OutputBuffer::add(const OutgoingView& record, DeliveryTicket& ticket) {
    OutgoingRecord stored{.ticket = &ticket};
    // Most records go where the one before went: its copy of the topic serves both.
    const bool same_topic = !records_.empty() && records_.back().topic == record.topic;
    stored.topic = same_topic ? records_.back().topic : store(record.topic);
    if (record.key) {
        stored.key = store(*record.key);
    }
    if (record.payload) {
        stored.payload = store(*record.payload);
    }
    if (record.headers != nullptr && !record.headers->empty()) {
        stored.headers = &headers_.emplace_back(*record.headers);
    }
    records_.push_back(stored);
}

void OutputBuffer::rollback(Mark mark) noexcept {
    assert(mark.records >= sent_ && mark.records <= records_.size());
    records_.resize(mark.records);
}

std::span<const OutgoingRecord> OutputBuffer::since(Mark mark) const noexcept {
    return std::span<const OutgoingRecord>(records_).subspan(mark.records);
}

std::span<const OutgoingRecord> OutputBuffer::unsent() const noexcept { return since({sent_}); }

void OutputBuffer::clear() noexcept {
    records_.clear();
    headers_.clear();
    // Chunks made for one large record would otherwise stay for ever.
    std::erase_if(chunks_, [](const Chunk& chunk) { return chunk.capacity > kChunkBytes; });
    for (Chunk& chunk : chunks_) {
        chunk.used = 0;
    }
    current_ = 0;
    sent_ = 0;
    bytes_ = 0;
}

std::string_view OutputBuffer::store(std::string_view bytes) {
    if (bytes.empty()) {
        return ""; // not a null pointer: an empty payload is no tombstone
    }
    while (current_ < chunks_.size() && chunks_[current_].capacity - chunks_[current_].used < bytes.size()) {
        ++current_;
    }
    if (current_ == chunks_.size()) {
        const std::size_t capacity = std::max(kChunkBytes, bytes.size());
        chunks_.push_back({.bytes = std::make_unique_for_overwrite<char[]>(capacity), .capacity = capacity});
    }
    Chunk& chunk = chunks_[current_];
    char* place = chunk.bytes.get() + chunk.used;
    std::memcpy(place, bytes.data(), bytes.size());
    chunk.used += bytes.size();
    bytes_ += bytes.size();
    return {place, bytes.size()};
}

} // namespace streaming
