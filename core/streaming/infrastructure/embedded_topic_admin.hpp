#pragma once

#include "core/streaming/infrastructure/embedded_broker.hpp"
#include "core/streaming/infrastructure/topic_admin.hpp"

namespace streaming {

/// TopicAdmin of an EmbeddedBroker, which knows no admin requests. Borrows the broker.
class EmbeddedTopicAdmin final : public TopicAdmin {
public:
    explicit EmbeddedTopicAdmin(EmbeddedBroker& broker) : broker_(broker) {}

    Result<std::optional<std::int32_t>> partitions(const std::string& topic,
                                                   std::chrono::milliseconds timeout) override;
    Result<std::optional<TopicSpec>> describe(const std::string& topic, std::chrono::milliseconds timeout) override;
    Status ensure(std::span<const TopicSpec> topics, std::chrono::milliseconds timeout) override;

private:
    EmbeddedBroker& broker_;
};

} // namespace streaming
