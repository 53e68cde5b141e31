#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "core/streaming/infrastructure/record.hpp"
#include "core/streaming/infrastructure/result.hpp"

namespace streaming {

struct PartitionLag {
    std::string topic{};
    std::int32_t partition = 0;
    std::int64_t committed = 0; ///< -1 = the group has not committed yet; then lag counts from the low watermark
    std::int64_t high = 0;
    std::int64_t lag = 0; ///< records
    friend bool operator==(const PartitionLag&, const PartitionLag&) = default;
};

/// Where topics end and how far consumer groups are behind: high watermark minus committed offset, as the broker tells.
/// A port; thread-safe; blocks for `timeout` at most. An unknown lag is an error, never zero.
class LagProbe {
public:
    virtual ~LagProbe() = default;
    virtual Result<std::vector<PartitionLag>> lag(const std::string& group, const std::string& topic,
                                                  std::chrono::milliseconds timeout) = 0;
    /// The offset the next record of each partition gets. `not_found` when there is no such topic.
    virtual Result<std::vector<TopicOffset>> end_offsets(const std::string& topic,
                                                         std::chrono::milliseconds timeout) = 0;
};

} // namespace streaming
