#include "core/streaming/infrastructure/real_platform.hpp"

#include <algorithm>

#include "core/streaming/infrastructure/curl_http_client.hpp"
#include "core/streaming/infrastructure/embedded_broker.hpp"
#include "core/streaming/infrastructure/embedded_topic_admin.hpp"
#include "core/streaming/infrastructure/kafka_lag_probe.hpp"
#include "core/streaming/infrastructure/kafka_message_consumer.hpp"
#include "core/streaming/infrastructure/kafka_message_producer.hpp"
#include "core/streaming/infrastructure/kafka_topic_admin.hpp"
#include "core/streaming/infrastructure/redis_key_value_store.hpp"
#include "core/streaming/infrastructure/system_clock.hpp"

namespace streaming {

bool RealPlatform::is_embedded(const KafkaOptions& kafka) const {
    return brokers_ == Brokers::embedded || kafka.bootstrap_servers == "embedded";
}

KafkaOptions RealPlatform::resolve(const KafkaOptions& kafka) const {
    KafkaOptions resolved = kafka;
    if (is_embedded(kafka)) {
        resolved.bootstrap_servers = EmbeddedBroker::shared().bootstrap_servers();
        // The in-memory broker holds an empty fetch for the whole time, even when records arrive meanwhile.
        resolved.properties.try_emplace("fetch.wait.max.ms", "10");
    }
    return resolved;
}

std::unique_ptr<MessageConsumer> RealPlatform::consumer(const KafkaOptions& kafka, const ConsumerOptions& options) {
    ConsumerOptions resolved = options;
    if (is_embedded(kafka)) {
        // Every rebalance of the in-memory broker takes the session timeout less a second.
        resolved.session_timeout = std::min<std::chrono::milliseconds>(options.session_timeout, 6s);
        resolved.heartbeat_interval = std::min<std::chrono::milliseconds>(options.heartbeat_interval, 300ms);
    }
    return std::make_unique<KafkaMessageConsumer>(resolve(kafka), std::move(resolved));
}

std::unique_ptr<MessageProducer> RealPlatform::producer(const KafkaOptions& kafka, const ProducerOptions& options) {
    return std::make_unique<KafkaMessageProducer>(resolve(kafka), options);
}

std::unique_ptr<TopicAdmin> RealPlatform::topics(const KafkaOptions& kafka) {
    if (is_embedded(kafka)) {
        return std::make_unique<EmbeddedTopicAdmin>(EmbeddedBroker::shared());
    }
    return std::make_unique<KafkaTopicAdmin>(kafka);
}

std::unique_ptr<LagProbe> RealPlatform::lag(const KafkaOptions& kafka) {
    return std::make_unique<KafkaLagProbe>(resolve(kafka));
}

std::unique_ptr<KeyValueStore> RealPlatform::store(const RedisOptions& redis) {
    return std::make_unique<RedisKeyValueStore>(redis);
}

std::unique_ptr<HttpClient> RealPlatform::http(const HttpOptions& http) {
    return std::make_unique<CurlHttpClient>(http);
}

Clock& RealPlatform::clock() { return system_clock(); }

Platform& real_platform() {
    static RealPlatform platform(RealPlatform::Brokers::as_configured);
    return platform;
}

Platform& embedded_platform() {
    static RealPlatform platform(RealPlatform::Brokers::embedded);
    return platform;
}

} // namespace streaming
