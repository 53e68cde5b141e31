#pragma once

#include "bench/measurement.hpp"
#include "core/streaming/infrastructure/platform.hpp"

namespace bench {

/// Kafka and Redis as they are. Measures from the first record handed over to the end of the last commit that waited:
/// one look at a flag for each poll, nothing for a record.
class MeasuringPlatform final : public streaming::Platform {
public:
    /// Read when the service has stopped.
    [[nodiscard]] const Measurement& measurement() const noexcept { return measurement_; }

    std::unique_ptr<streaming::MessageConsumer> consumer(const streaming::KafkaOptions& kafka,
                                                         const streaming::ConsumerOptions& options) override;
    std::unique_ptr<streaming::MessageProducer> producer(const streaming::KafkaOptions& kafka,
                                                         const streaming::ProducerOptions& options) override {
        return real_.producer(kafka, options);
    }
    std::unique_ptr<streaming::TopicAdmin> topics(const streaming::KafkaOptions& kafka) override {
        return real_.topics(kafka);
    }
    std::unique_ptr<streaming::LagProbe> lag(const streaming::KafkaOptions& kafka) override { return real_.lag(kafka); }
    std::unique_ptr<streaming::KeyValueStore> store(const streaming::RedisOptions& redis) override {
        return real_.store(redis);
    }
    std::unique_ptr<streaming::HttpClient> http(const streaming::HttpOptions& http) override {
        return real_.http(http);
    }
    streaming::Clock& clock() override { return real_.clock(); }

private:
    class Consumer;

    streaming::Platform& real_ = streaming::real_platform();
    Measurement measurement_{};
};

} // namespace bench
