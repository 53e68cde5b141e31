#include "core/streaming/infrastructure/kafka_partitions.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <string_view>

#include "core/streaming/infrastructure/kafka_errors.hpp"

namespace streaming::detail {

KafkaPartitions to_list(std::span<const TopicPartition> partitions) {
    KafkaPartitions list(rd_kafka_topic_partition_list_new(static_cast<int>(partitions.size())));
    for (const auto& [topic, partition] : partitions) {
        rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), partition);
    }
    return list;
}

KafkaPartitions to_list(std::span<const TopicOffset> offsets) {
    KafkaPartitions list(rd_kafka_topic_partition_list_new(static_cast<int>(offsets.size())));
    for (const auto& [topic, partition, offset] : offsets) {
        rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), partition)->offset = offset;
    }
    return list;
}

std::vector<TopicPartition> to_partitions(const rd_kafka_topic_partition_list_t& list) {
    std::vector<TopicPartition> partitions;
    for (const auto& element : std::span(list.elems, static_cast<std::size_t>(list.cnt))) {
        partitions.push_back({element.topic, element.partition});
    }
    return partitions;
}

Result<std::optional<TopicLayout>> topic_layout(rd_kafka_t* client, const std::string& topic,
                                                std::chrono::milliseconds timeout) {
    const std::string subject = fmt::format("topic {}", topic);
    const KafkaTopic handle(rd_kafka_topic_new(client, topic.c_str(), nullptr));
    if (!handle) {
        return kafka_error(rd_kafka_last_error(), subject);
    }
    const rd_kafka_metadata_t* answer = nullptr;
    const auto failure = rd_kafka_metadata(client, 0, handle.get(), &answer, to_wait(timeout));
    const KafkaMetadata metadata(answer);
    if (failure != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return kafka_error(failure, subject);
    }
    if (metadata->topic_cnt == 0 || metadata->topics[0].err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) {
        return std::optional<TopicLayout>{};
    }
    const auto& found = metadata->topics[0];
    if (found.err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return kafka_error(found.err, subject);
    }
    const std::span partitions(found.partitions, static_cast<std::size_t>(found.partition_cnt));
    const auto fewest = std::ranges::min_element(partitions, {}, &rd_kafka_metadata_partition::replica_cnt);
    return std::optional(
        TopicLayout{.partitions = found.partition_cnt,
                    .replication = static_cast<std::int16_t>(fewest == partitions.end() ? 0 : fewest->replica_cnt)});
}

Result<std::optional<std::int32_t>> partition_count(rd_kafka_t* client, const std::string& topic,
                                                    std::chrono::milliseconds timeout) {
    const auto layout = topic_layout(client, topic, timeout);
    if (!layout) {
        return layout.error();
    }
    return layout.value() ? std::optional(layout.value()->partitions) : std::nullopt;
}

int to_wait(std::chrono::milliseconds time) noexcept {
    return static_cast<int>(
        std::clamp<std::chrono::milliseconds::rep>(time.count(), 0, std::numeric_limits<int>::max()));
}

bool is_cooperative(rd_kafka_t* client) noexcept {
    const char* const protocol = rd_kafka_rebalance_protocol(client);
    return protocol != nullptr && std::string_view(protocol) == "COOPERATIVE";
}

} // namespace streaming::detail
