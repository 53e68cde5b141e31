#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/streaming/infrastructure/kafka_handles.hpp"
#include "core/streaming/infrastructure/record.hpp"
#include "core/streaming/infrastructure/result.hpp"

namespace streaming::detail {

[[nodiscard]] KafkaPartitions to_list(std::span<const TopicPartition> partitions);
[[nodiscard]] KafkaPartitions to_list(std::span<const TopicOffset> offsets);
[[nodiscard]] std::vector<TopicPartition> to_partitions(const rd_kafka_topic_partition_list_t& list);

struct TopicLayout {
    std::int32_t partitions = 0;
    std::int16_t replication = 0; ///< of the partition that has the fewest replicas
};

/// Asks a broker for partitions and replicas of a topic; nullopt when there is no such topic.
[[nodiscard]] Result<std::optional<TopicLayout>> topic_layout(rd_kafka_t* client, const std::string& topic,
                                                              std::chrono::milliseconds timeout);
/// Asks a broker how many partitions a topic has; nullopt when there is no such topic.
[[nodiscard]] Result<std::optional<std::int32_t>> partition_count(rd_kafka_t* client, const std::string& topic,
                                                                  std::chrono::milliseconds timeout);

/// How the group of this consumer hands partitions over. False too for a client that has none, as one that is leaving.
[[nodiscard]] bool is_cooperative(rd_kafka_t* client) noexcept;

/// For librdkafka's timeouts: never negative (which would mean for ever), never over an int.
[[nodiscard]] int to_wait(std::chrono::milliseconds time) noexcept;

} // namespace streaming::detail
