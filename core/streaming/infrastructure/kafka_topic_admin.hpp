#pragma once

#include "core/streaming/infrastructure/kafka_admin_client.hpp"
#include "core/streaming/infrastructure/topic_admin.hpp"

namespace streaming {

/// TopicAdmin on librdkafka, with a client of its own.
class KafkaTopicAdmin final : public TopicAdmin {
public:
    explicit KafkaTopicAdmin(KafkaOptions kafka) : client_(std::move(kafka), "topics") {}

    Result<std::optional<std::int32_t>> partitions(const std::string& topic,
                                                   std::chrono::milliseconds timeout) override;
    Result<std::optional<TopicSpec>> describe(const std::string& topic, std::chrono::milliseconds timeout) override;
    Status ensure(std::span<const TopicSpec> topics, std::chrono::milliseconds timeout) override;

private:
    static Status create(rd_kafka_t* client, std::span<rd_kafka_NewTopic_t*> topics, std::chrono::milliseconds timeout);

    detail::KafkaAdminClient client_;
};

} // namespace streaming
