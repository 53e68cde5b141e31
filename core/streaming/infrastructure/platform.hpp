#pragma once

#include <memory>

#include "core/streaming/infrastructure/clock.hpp"
#include "core/streaming/infrastructure/http_client.hpp"
#include "core/streaming/infrastructure/key_value_store.hpp"
#include "core/streaming/infrastructure/lag_probe.hpp"
#include "core/streaming/infrastructure/message_consumer.hpp"
#include "core/streaming/infrastructure/message_producer.hpp"
#include "core/streaming/infrastructure/options.hpp"
#include "core/streaming/infrastructure/topic_admin.hpp"

namespace streaming {

/// Makes the connections of a service: the one place where real ones are exchanged for doubles. Thread-safe.
/// Making one opens nothing and never fails; what is wrong shows in its `start`, `ping` or first call.
class Platform {
public:
    virtual ~Platform() = default;
    virtual std::unique_ptr<MessageConsumer> consumer(const KafkaOptions& kafka, const ConsumerOptions& options) = 0;
    virtual std::unique_ptr<MessageProducer> producer(const KafkaOptions& kafka, const ProducerOptions& options) = 0;
    virtual std::unique_ptr<TopicAdmin> topics(const KafkaOptions& kafka) = 0;
    virtual std::unique_ptr<LagProbe> lag(const KafkaOptions& kafka) = 0;
    virtual std::unique_ptr<KeyValueStore> store(const RedisOptions& redis) = 0;
    virtual std::unique_ptr<HttpClient> http(const HttpOptions& http) = 0;
    virtual Clock& clock() = 0;
};

/// Kafka, Redis and HTTP as they are. `bootstrap_servers: embedded` starts one in-memory broker for the process.
[[nodiscard]] Platform& real_platform();
/// As real_platform, with every bootstrap_servers taken as "embedded".
[[nodiscard]] Platform& embedded_platform();

} // namespace streaming
