#pragma once

#include <chrono>
#include <memory>
#include <mutex>

#include "core/streaming/infrastructure/platform.hpp"
#include "core/streaming/testing/activity.hpp"
#include "core/streaming/testing/fake_broker.hpp"
#include "core/streaming/testing/fake_clock.hpp"
#include "core/streaming/testing/fake_http_client.hpp"
#include "core/streaming/testing/fake_key_value_store.hpp"

namespace streaming::fakes {

/// A whole outside world in memory: everything it makes shares one broker, one store, one web and one clock, which a
/// test can look into and break. Several services on one Platform see each other's records. Must outlive what it made.
/// Thread-safe.
class Platform final : public streaming::Platform {
public:
    Platform();

    std::unique_ptr<MessageConsumer> consumer(const KafkaOptions& kafka, const ConsumerOptions& options) override;
    std::unique_ptr<MessageProducer> producer(const KafkaOptions& kafka, const ProducerOptions& options) override;
    std::unique_ptr<TopicAdmin> topics(const KafkaOptions& kafka) override;
    std::unique_ptr<LagProbe> lag(const KafkaOptions& kafka) override;
    std::unique_ptr<KeyValueStore> store(const RedisOptions& redis) override;
    std::unique_ptr<HttpClient> http(const HttpOptions& http) override;
    FakeClock& clock() override { return clock_; }

    [[nodiscard]] FakeBroker& broker() noexcept { return broker_; }
    [[nodiscard]] FakeStore& store() noexcept { return store_; }
    [[nodiscard]] FakeWeb& web() noexcept { return web_; }
    [[nodiscard]] Activity& activity() noexcept { return *activity_; }

    /// The longest commit interval of the consumers made so far: once the clock moved by it, all commits are due.
    [[nodiscard]] std::chrono::milliseconds commit_interval() const;

private:
    std::shared_ptr<Activity> activity_ = std::make_shared<Activity>();
    FakeClock clock_{activity_};
    FakeBroker broker_{activity_};
    FakeStore store_{clock_};
    FakeWeb web_{};
    mutable std::mutex commit_interval_mutex_{};
    std::chrono::milliseconds commit_interval_{0};
};

} // namespace streaming::fakes
