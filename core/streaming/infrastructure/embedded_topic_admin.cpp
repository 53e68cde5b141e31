#include "core/streaming/infrastructure/embedded_topic_admin.hpp"

#include <fmt/format.h>

#include "core/streaming/infrastructure/event_types.hpp"

namespace streaming {

Result<std::optional<std::int32_t>> EmbeddedTopicAdmin::partitions(const std::string& topic,
                                                                   std::chrono::milliseconds /*timeout*/) {
    const std::int32_t count = broker_.partitions_of(topic);
    return count == 0 ? std::optional<std::int32_t>{} : std::optional(count);
}

Result<std::optional<TopicSpec>> EmbeddedTopicAdmin::describe(const std::string& topic,
                                                              std::chrono::milliseconds /*timeout*/) {
    const std::int32_t count = broker_.partitions_of(topic);
    return count == 0 ? std::optional<TopicSpec>{} : std::optional(TopicSpec{.name = topic, .partitions = count});
}

Status EmbeddedTopicAdmin::ensure(std::span<const TopicSpec> topics, std::chrono::milliseconds /*timeout*/) {
    for (const auto& spec : topics) {
        // The cluster takes anything; a broker does not.
        if (!is_valid_topic(spec.name)) {
            return Error{ErrorCode::invalid_argument, fmt::format("topic {}: not a valid name", spec.name), false};
        }
        const std::int32_t count = spec.partitions == -1 ? EmbeddedBroker::kDefaultPartitions : spec.partitions;
        if (count < 1) {
            return Error{ErrorCode::invalid_argument,
                         fmt::format("topic {}: {} partitions is not at least 1", spec.name, spec.partitions), false};
        }
        if (auto status = broker_.create_topic(spec.name, count);
            !status && status.error().code != ErrorCode::already_exists) {
            return status;
        }
    }
    return {};
}

} // namespace streaming
