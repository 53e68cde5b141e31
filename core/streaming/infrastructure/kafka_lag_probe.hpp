#pragma once

#include "core/streaming/infrastructure/kafka_admin_client.hpp"
#include "core/streaming/infrastructure/kafka_group_readers.hpp"
#include "core/streaming/infrastructure/lag_probe.hpp"

namespace streaming {

/// LagProbe on librdkafka, with clients of its own: questions would wait behind the long fetches of a consumer. One
/// client for topics and one more for each group that is asked about, kept until this is destroyed.
class KafkaLagProbe final : public LagProbe {
public:
    explicit KafkaLagProbe(KafkaOptions kafka) : client_(kafka, "lag"), readers_(std::move(kafka)) {}

    Result<std::vector<PartitionLag>> lag(const std::string& group, const std::string& topic,
                                          std::chrono::milliseconds timeout) override;
    Result<std::vector<TopicOffset>> end_offsets(const std::string& topic, std::chrono::milliseconds timeout) override;

private:
    detail::KafkaAdminClient client_;
    detail::KafkaGroupReaders readers_;
};

} // namespace streaming
