#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/streaming/infrastructure/headers.hpp"

namespace streaming {

struct TopicPartition {
    std::string topic{};
    std::int32_t partition = 0;
    friend auto operator<=>(const TopicPartition&, const TopicPartition&) = default;
};

/// `offset` is the next one to read, as Kafka commits it.
struct TopicOffset {
    std::string topic{};
    std::int32_t partition = 0;
    std::int64_t offset = 0;
    friend auto operator<=>(const TopicOffset&, const TopicOffset&) = default;
};

/// Gives back what a consumer lent. Called from whichever thread lets go of the record.
class RecordOwner {
public:
    virtual ~RecordOwner() = default;
    virtual void release(void* handle) noexcept = 0;
    virtual void read_headers(const void* handle, Headers& into) const = 0;
};

/// One record as the consumer delivered it. Its views live until the RecordBatch that holds it is cleared.
struct ConsumedRecord {
    std::string_view topic{};
    std::int32_t partition = 0;
    std::int64_t offset = 0;
    std::chrono::system_clock::time_point timestamp{};
    std::optional<std::string_view> key{};
    std::optional<std::string_view> payload{}; ///< absent = tombstone
    bool has_headers = false;
    RecordOwner* owner = nullptr; ///< may be null: nothing to release, no headers
    void* handle = nullptr;
};

/// The records of one poll and the right to look at their bytes. Used by one thread at a time.
/// Must be cleared before the consumer that filled it is destroyed.
class RecordBatch {
public:
    RecordBatch() = default;
    ~RecordBatch() { clear(); }
    RecordBatch(RecordBatch&& other) noexcept : records_(std::move(other.records_)) { other.records_.clear(); }
    RecordBatch& operator=(RecordBatch&& other) noexcept;
    RecordBatch(const RecordBatch&) = delete;
    RecordBatch& operator=(const RecordBatch&) = delete;

    void add(const ConsumedRecord& record) { records_.push_back(record); }
    void reserve(std::size_t count) { records_.reserve(count); }
    void clear() noexcept;
    /// Releases the records of one partition; the others keep their order.
    void drop(std::string_view topic, std::int32_t partition) noexcept;

    [[nodiscard]] std::span<const ConsumedRecord> records() const noexcept { return records_; }
    [[nodiscard]] std::size_t size() const noexcept { return records_.size(); }
    [[nodiscard]] bool empty() const noexcept { return records_.empty(); }

private:
    std::vector<ConsumedRecord> records_{};
};

/// A record to send, owning its bytes: payload and key go out as they are, no envelope is put around them.
struct OutgoingMessage {
    std::string topic{};
    std::optional<std::string> key{};
    std::optional<std::string> payload{}; ///< absent = tombstone
    Headers headers{};
};

} // namespace streaming
