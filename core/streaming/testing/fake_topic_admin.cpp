#include "core/streaming/testing/fake_topic_admin.hpp"

#include <fmt/format.h>

#include "core/streaming/infrastructure/event_types.hpp"

namespace streaming::fakes {

Result<std::optional<std::int32_t>> FakeTopicAdmin::partitions(const std::string& topic, std::chrono::milliseconds) {
    if (broker_.down()) {
        return Error{ErrorCode::unavailable, "the fake broker is down", true};
    }
    return broker_.partitions_of(topic);
}

Result<std::optional<TopicSpec>> FakeTopicAdmin::describe(const std::string& topic, std::chrono::milliseconds) {
    if (broker_.down()) {
        return Error{ErrorCode::unavailable, "the fake broker is down", true};
    }
    return broker_.describe(topic);
}

Status FakeTopicAdmin::ensure(std::span<const TopicSpec> topics, std::chrono::milliseconds) {
    if (broker_.down()) {
        return Error{ErrorCode::unavailable, "the fake broker is down", true};
    }
    for (const TopicSpec& topic : topics) {
        if (!is_valid_topic(topic.name)) {
            return Error{ErrorCode::invalid_argument, fmt::format("topic {}: not a valid name", topic.name)};
        }
        if (Status made = broker_.create_topic(topic); !made && made.error().code != ErrorCode::already_exists) {
            return made;
        }
    }
    return {};
}

} // namespace streaming::fakes
