#include "core/streaming/testing/fake_platform.hpp"

#include <algorithm>

#include "core/streaming/testing/fake_lag_probe.hpp"
#include "core/streaming/testing/fake_message_consumer.hpp"
#include "core/streaming/testing/fake_message_producer.hpp"
#include "core/streaming/testing/fake_topic_admin.hpp"

namespace streaming::fakes {

Platform::Platform() {
    clock_.on_advance([this] { broker_.clock_advanced(); });
}

std::unique_ptr<MessageConsumer> Platform::consumer(const KafkaOptions&, const ConsumerOptions& options) {
    const std::lock_guard lock(commit_interval_mutex_);
    commit_interval_ = std::max(commit_interval_, options.commit_interval);
    return std::make_unique<FakeMessageConsumer>(broker_, options);
}

std::unique_ptr<MessageProducer> Platform::producer(const KafkaOptions&, const ProducerOptions& options) {
    return std::make_unique<FakeMessageProducer>(FakeMessageProducer::Dependencies{.broker = broker_, .clock = clock_},
                                                 options);
}

std::unique_ptr<TopicAdmin> Platform::topics(const KafkaOptions&) { return std::make_unique<FakeTopicAdmin>(broker_); }

std::unique_ptr<LagProbe> Platform::lag(const KafkaOptions&) { return std::make_unique<FakeLagProbe>(broker_); }

std::unique_ptr<KeyValueStore> Platform::store(const RedisOptions&) {
    return std::make_unique<FakeKeyValueStore>(store_);
}

std::unique_ptr<HttpClient> Platform::http(const HttpOptions&) { return std::make_unique<FakeHttpClient>(web_); }

std::chrono::milliseconds Platform::commit_interval() const {
    const std::lock_guard lock(commit_interval_mutex_);
    return commit_interval_;
}

} // namespace streaming::fakes
