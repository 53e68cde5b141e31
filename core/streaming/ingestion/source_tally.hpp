#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "core/streaming/ingestion/queue_counts.hpp"

namespace streaming::detail {

/// Counts records by source, at most kMaxLabelValues of them apart. A source that came lately is found by comparing its
/// name with one other: no look-up for each record. Used by one thread at a time.
class SourceTally {
public:
    struct Counts {
        std::uint64_t enqueued = 0;
        std::array<std::array<std::uint64_t, kDropReasons>, kPriorities> dropped{};
    };

    [[nodiscard]] Counts& of(std::string_view source);
    void copy_to(QueueCounts& counts) const;

private:
    struct Recent {
        std::string source{};
        Counts* counts = nullptr;
    };
    static constexpr std::size_t kRecent = 64;

    [[nodiscard]] Counts& look_up(std::string_view source);

    std::map<std::string, Counts, std::less<>> counts_{};
    std::array<Recent, kRecent> recent_{};
};

} // namespace streaming::detail
