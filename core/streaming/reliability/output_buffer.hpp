#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "core/streaming/infrastructure/message_producer.hpp"

namespace streaming {

/// A record to send as views: an OutgoingMessage without ownership.
struct OutgoingView {
    std::string_view topic{};
    std::optional<std::string_view> key{};
    std::optional<std::string_view> payload{}; ///< absent = tombstone
    const Headers* headers = nullptr;          ///< null = none
};

/// Records waiting to be produced, with the bytes they point to. Copies what is added into chunks that do not move
/// until `clear`, so that a producer can be lent them. Reuses its memory. Used by one thread at a time.
class OutputBuffer {
public:
    static constexpr std::size_t kChunkBytes = 64U * 1024U;

    struct Mark {
        std::size_t records = 0;
    };

    /// Copies topic, key, payload and headers. `ticket` gets the delivery report.
    void add(const OutgoingView& record, DeliveryTicket& ticket);

    [[nodiscard]] Mark mark() const noexcept { return {records_.size()}; }
    void rollback(Mark mark) noexcept; ///< forgets what was added since; the bytes stay until clear
    /// Records added after `mark`, in order. The span lives until the next add or clear.
    [[nodiscard]] std::span<const OutgoingRecord> since(Mark mark) const noexcept;

    /// Records added since the last `mark_sent`, in order. The span lives until the next add or clear.
    [[nodiscard]] std::span<const OutgoingRecord> unsent() const noexcept;
    void mark_sent() noexcept { sent_ = records_.size(); }

    [[nodiscard]] std::size_t size() const noexcept { return records_.size(); }
    [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; } ///< held until clear, rolled back ones too
    void clear() noexcept; ///< only when every report of what was sent has come

private:
    std::string_view store(std::string_view bytes);

    struct Chunk {
        std::unique_ptr<char[]> bytes{};
        std::size_t capacity = 0;
        std::size_t used = 0;
    };
    std::vector<Chunk> chunks_{};
    std::size_t current_ = 0;
    std::vector<OutgoingRecord> records_{};
    std::deque<Headers> headers_{};
    std::size_t sent_ = 0;
    std::size_t bytes_ = 0;
};

} // namespace streaming
