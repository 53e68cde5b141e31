#pragma once

#include "core/streaming/infrastructure/platform.hpp"

namespace streaming {

/// Platform of the real adapters. See real_platform() and embedded_platform().
class RealPlatform final : public Platform {
public:
    enum class Brokers { as_configured, embedded };

    explicit RealPlatform(Brokers brokers) : brokers_(brokers) {}

    std::unique_ptr<MessageConsumer> consumer(const KafkaOptions& kafka, const ConsumerOptions& options) override;
    std::unique_ptr<MessageProducer> producer(const KafkaOptions& kafka, const ProducerOptions& options) override;
    std::unique_ptr<TopicAdmin> topics(const KafkaOptions& kafka) override;
    std::unique_ptr<LagProbe> lag(const KafkaOptions& kafka) override;
    std::unique_ptr<KeyValueStore> store(const RedisOptions& redis) override;
    std::unique_ptr<HttpClient> http(const HttpOptions& http) override;
    Clock& clock() override;

private:
    [[nodiscard]] bool is_embedded(const KafkaOptions& kafka) const;
    [[nodiscard]] KafkaOptions resolve(const KafkaOptions& kafka) const;

    Brokers brokers_;
};

} // namespace streaming
