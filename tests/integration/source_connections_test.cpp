#include <hiredis/hiredis.h>

#include <fmt/format.h>

#include <algorithm>

#include "core/streaming/infrastructure/redis_key_value_store.hpp"
#include "tests/support/redis_server.hpp"
#include "tests/support/stream_manager_fixture.hpp"

namespace {

using namespace streaming;
using testing_support::RedisServer;

/// The fakes, but a real Redis.
class WithRedis final : public Platform {
public:
    explicit WithRedis(fakes::Platform& fakes) : fakes_(fakes) {}
    std::unique_ptr<MessageConsumer> consumer(const KafkaOptions& kafka, const ConsumerOptions& options) override {
        return fakes_.consumer(kafka, options);
    }
    std::unique_ptr<MessageProducer> producer(const KafkaOptions& kafka, const ProducerOptions& options) override {
        return fakes_.producer(kafka, options);
    }
    std::unique_ptr<TopicAdmin> topics(const KafkaOptions& kafka) override { return fakes_.topics(kafka); }
    std::unique_ptr<LagProbe> lag(const KafkaOptions& kafka) override { return fakes_.lag(kafka); }
    std::unique_ptr<KeyValueStore> store(const RedisOptions& redis) override {
        return std::make_unique<RedisKeyValueStore>(redis);
    }
    std::unique_ptr<HttpClient> http(const HttpOptions& http) override { return fakes_.http(http); }
    Clock& clock() override { return fakes_.clock(); }

private:
    fakes::Platform& fakes_;
};

/// As `redis-cli client list` counts them, but the one that asks.
long connections(const RedisServer& server) {
    const std::unique_ptr<redisContext, decltype(&redisFree)> context(redisConnectUnix(server.socket_path().c_str()),
                                                                      &redisFree);
    const std::unique_ptr<void, decltype(&freeReplyObject)> reply(redisCommand(context.get(), "CLIENT LIST"),
                                                                  &freeReplyObject);
    const auto& text = *static_cast<redisReply*>(reply.get());
    return std::count(text.str, text.str + text.len, '\n') - 1;
}

class SourceConnections : public tests::StreamManagerFixture {
protected:
    void TearDown() override { manager_.reset(); } // before what it borrows

    RedisServer redis_{};
    WithRedis with_redis_{platform_};
};

TEST_F(SourceConnections, ASourceHasOneToRedisForItsIdsAndItsCursor) {
    constexpr std::size_t kSources = 20;
    StreamManager::Options with_redis = options();
    with_redis.platform = &with_redis_;
    Settings settings{.kafka = {.bootstrap_servers = "fake:9092"},
                      .redis = RedisOptions{.url = redis_.url(), .command_timeout = std::chrono::seconds{20}}};
    for (std::size_t i = 0; i < kSources; ++i) {
        SourceSettings source = web_source();
        source.ingestion.mode = IngestionKind::batch; // it keeps a cursor
        source.topic = fmt::format("topic_{}", i);
        settings.ingestion.sources[fmt::format("source_{}", i)] = std::move(source);
    }
    answer(R"([{"id": "a"}])");
    manager_ = std::make_unique<StreamManager>(std::move(settings), with_redis);
    ASSERT_TRUE(manager_->start().ok());
    ASSERT_EQ(manager_->start_all(), kSources);
    for (std::size_t i = 0; i < kSources; ++i) {
        platform_.clock().advance(std::chrono::seconds(1)); // they begin one after the other
    }
    for (std::size_t i = 0; i < kSources; ++i) {
        await_records(fmt::format("topic_{}", i), 1);
    }
    await_idle();
    EXPECT_EQ(connections(redis_), static_cast<long>(kSources));
}

} // namespace
