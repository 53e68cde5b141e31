#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>

#include "core/streaming/infrastructure/result.hpp"

namespace streaming {

struct TopicSpec {
    std::string name{};
    std::int32_t partitions = 1;                   ///< at least 1, or -1 = the broker's default
    std::int16_t replication = -1;                 ///< -1 = the broker's default
    std::map<std::string, std::string> settings{}; ///< such as cleanup.policy, retention.ms
};

/// Looks at and makes topics. A port; thread-safe; calls block for `timeout` at most.
class TopicAdmin {
public:
    virtual ~TopicAdmin() = default;
    /// Number of partitions, nullopt when the topic does not exist.
    virtual Result<std::optional<std::int32_t>> partitions(const std::string& topic,
                                                           std::chrono::milliseconds timeout) = 0;
    /// What the topic is like, nullopt when it does not exist. `settings` has all that are in force, whether the
    /// topic's own or the broker's default, but for secret ones; it is empty, and `replication` -1, where the broker
    /// does not tell (the in-memory one).
    virtual Result<std::optional<TopicSpec>> describe(const std::string& topic, std::chrono::milliseconds timeout) = 0;
    /// Makes those that do not exist; existing ones stay as they are. Returns when `partitions` tells of the new ones:
    /// one that is not seen within `timeout` is `timed_out`.
    virtual Status ensure(std::span<const TopicSpec> topics, std::chrono::milliseconds timeout) = 0;
};

} // namespace streaming
