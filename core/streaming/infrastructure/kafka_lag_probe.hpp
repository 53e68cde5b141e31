#pragma once

#include "core/streaming/infrastructure/kafka_admin_client.hpp"
#include "core/streaming/infrastructure/lag_probe.hpp"

namespace streaming {

/// LagProbe on librdkafka, with a client of its own: questions would wait behind the long fetches of a consumer.
class KafkaLagProbe final : public LagProbe {
public:
    explicit KafkaLagProbe(KafkaOptions kafka) : client_(std::move(kafka), "lag") {}

    Result<std::vector<PartitionLag>> lag(const std::string& group, const std::string& topic,
                                          std::chrono::milliseconds timeout) override;
    Result<std::vector<TopicOffset>> end_offsets(const std::string& topic, std::chrono::milliseconds timeout) override;

private:
    detail::KafkaAdminClient client_;
};

} // namespace streaming
