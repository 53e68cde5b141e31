#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/streaming/infrastructure/platform.hpp"

namespace bench {

/// What a weightless consumer hands out: envelopes with ids that differ, written again and again into the same memory.
/// Used by one thread.
class WeightlessInput {
public:
    static constexpr std::int32_t kPartitions = 8;
    static constexpr std::size_t kSlots = 16'384; ///< more than a flow holds in flight

    WeightlessInput();
    /// Adds the next record. Its bytes are its own until kSlots more were taken.
    void next(streaming::RecordBatch& into);
    [[nodiscard]] std::size_t taken() const noexcept { return taken_; }

private:
    std::vector<std::string> payloads_{};
    std::vector<std::string> keys_{};
    std::size_t taken_ = 0;
};

/// Kafka and Redis that cost nothing: an endless topic, a producer that has delivered before it returns, a store that
/// knows all ids or none. What is left of a service on it is the framework's own cost.
class WeightlessPlatform final : public streaming::Platform {
public:
    struct Options {
        std::size_t records = 0; ///< then the topic ends
        std::size_t warm_up = 0;
        bool all_known = false;          ///< to the store
        std::function<void()> on_warm{}; ///< the first `warm_up` records were handed out; on the poll thread
    };
    explicit WeightlessPlatform(Options options) : options_(std::move(options)) {}

    /// Returns when all records were handed out.
    void wait_for_the_end();

    std::unique_ptr<streaming::MessageConsumer> consumer(const streaming::KafkaOptions& kafka,
                                                         const streaming::ConsumerOptions& options) override;
    std::unique_ptr<streaming::MessageProducer> producer(const streaming::KafkaOptions& kafka,
                                                         const streaming::ProducerOptions& options) override;
    std::unique_ptr<streaming::TopicAdmin> topics(const streaming::KafkaOptions& kafka) override;
    std::unique_ptr<streaming::LagProbe> lag(const streaming::KafkaOptions& kafka) override;
    std::unique_ptr<streaming::KeyValueStore> store(const streaming::RedisOptions& redis) override;
    std::unique_ptr<streaming::HttpClient> http(const streaming::HttpOptions& http) override;
    streaming::Clock& clock() override;

private:
    class Consumer;
    class Producer;
    class Store;

    Options options_;
    std::mutex end_mutex_{};
    std::condition_variable end_changed_{};
    bool at_end_ = false;
};

} // namespace bench
