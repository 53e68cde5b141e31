#pragma once

#include <array>
#include <cstddef>
#include <deque>
#include <memory>

#include "core/streaming/ingestion/ingestion_record.hpp"

namespace streaming::detail {

/// Records in order. In chunks: std::deque would allocate for each second record, a ring would move all of them when it
/// grows. A drained one gives its memory back, but for two chunks (about 30 KiB). Used by one thread at a time.
class RecordFifo {
public:
    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] IngestionRecord& front() noexcept { return at(0); } ///< not when empty
    [[nodiscard]] const IngestionRecord& front() const noexcept { return (*chunks_.front())[first_]; }

    void push_back(IngestionRecord&& record);
    void push_front(IngestionRecord&& record);
    void pop_front(); ///< its slot is used again: move the record out before
    void pop_back();
    [[nodiscard]] IngestionRecord& back() noexcept { return at(size_ - 1); }

private:
    static constexpr std::size_t kChunk = 64;
    using Chunk = std::array<IngestionRecord, kChunk>;

    [[nodiscard]] IngestionRecord& at(std::size_t index) noexcept {
        return (*chunks_[(first_ + index) / kChunk])[(first_ + index) % kChunk];
    }
    [[nodiscard]] std::unique_ptr<Chunk> fresh();

    std::deque<std::unique_ptr<Chunk>> chunks_{};
    std::unique_ptr<Chunk> spare_{};
    std::size_t first_ = 0; ///< in the first chunk
    std::size_t size_ = 0;
};

} // namespace streaming::detail
