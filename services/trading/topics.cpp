#include "services/trading/topics.hpp"

namespace services::trading {
namespace {

constexpr std::int32_t kPartitions = 8;

} // namespace

streaming::TopicSpec stream_topic(std::string name) { return {.name = std::move(name), .partitions = kPartitions}; }

streaming::TopicSpec tick_topic() {
    return {.name = std::string(streaming::TopicNames::market_ticks),
            .partitions = kPartitions,
            .settings = {{"retention.ms", "86400000"}, {"segment.ms", "3600000"}}};
}

streaming::TopicSpec position_topic(std::string_view name_space) {
    return {.name = streaming::TopicNames::positions(name_space),
            .partitions = kPartitions,
            .settings = {{"cleanup.policy", "compact"}, {"min.compaction.lag.ms", "86400000"}}};
}

streaming::ConsumerOptions whole_topics(std::vector<std::string> topics, std::string group_id) {
    return {.topics = std::move(topics), .group_id = std::move(group_id), .broadcast = true, .catch_up_first = true};
}

} // namespace services::trading
