#include "core/streaming/orchestration/service_orchestrator.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/flow_fixture.hpp"

namespace {

using namespace streaming;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using tests::Item;

class ServiceOrchestratorTest : public testing::Test {
protected:
    std::unique_ptr<ServiceOrchestrator> build(const std::function<void(StreamServiceBuilder&)>& more) {
        StreamServiceBuilder builder("shop", {.kafka = {.bootstrap_servers = "fake:9092"}}, platform_);
        builder.add_consumer_handler<Item>({.topics = {"items"}, .group_id = "shop"},
                                           [this](const Item&, Context&) { events_.emplace_back("handled"); });
        more(builder);
        return builder.build();
    }
    void say(const std::string& what) { events_.push_back(what); }

    fakes::Platform platform_{};
    std::vector<std::string> events_{};
};

TEST_F(ServiceOrchestratorTest, HooksRunBeforeAnythingFlowsAndAfterEverythingStopped) {
    const auto service = build([this](StreamServiceBuilder& builder) {
        builder.on_start([this] { say(platform_.broker().consumers() == 0 ? "first" : "too late"); })
            .on_start([this] { say("second"); })
            .on_stop([this] { say(platform_.broker().consumers() == 0 ? "last" : "too early"); });
    });
    ASSERT_TRUE(service->start().ok());
    EXPECT_EQ(platform_.broker().consumers(), 1U);
    EXPECT_EQ(service->stop(), 0U);
    EXPECT_EQ(service->stop(), 0U);
    EXPECT_THAT(events_, ElementsAre("first", "second", "last"));
}

/// The fakes, but that a consumer throws when it has records.
class WithoutMemory final : public Platform {
public:
    explicit WithoutMemory(fakes::Platform& fakes) : fakes_(fakes) {}
    std::unique_ptr<MessageConsumer> consumer(const KafkaOptions& kafka, const ConsumerOptions& options) override {
        return std::make_unique<Consumer>(fakes_.consumer(kafka, options));
    }
    std::unique_ptr<MessageProducer> producer(const KafkaOptions& kafka, const ProducerOptions& options) override {
        return fakes_.producer(kafka, options);
    }
    std::unique_ptr<TopicAdmin> topics(const KafkaOptions& kafka) override { return fakes_.topics(kafka); }
    std::unique_ptr<LagProbe> lag(const KafkaOptions& kafka) override { return fakes_.lag(kafka); }
    std::unique_ptr<KeyValueStore> store(const RedisOptions& redis) override { return fakes_.store(redis); }
    std::unique_ptr<HttpClient> http(const HttpOptions& http) override { return fakes_.http(http); }
    Clock& clock() override { return fakes_.clock(); }

private:
    class Consumer final : public MessageConsumer {
    public:
        explicit Consumer(std::unique_ptr<MessageConsumer> inner) : inner_(std::move(inner)) {}
        Status start(AssignmentListener& listener) override { return inner_->start(listener); }
        Status consume(std::chrono::milliseconds wait, std::size_t max_records, RecordBatch& into) override {
            Status status = inner_->consume(wait, max_records, into);
            if (!into.empty()) {
                throw std::bad_alloc();
            }
            return status;
        }
        Status keep_membership() override { return inner_->keep_membership(); }
        Status commit(std::span<const TopicOffset> offsets, CommitMode mode) override {
            return inner_->commit(offsets, mode);
        }
        std::optional<std::int64_t> lag(const TopicOffset& position) const override { return inner_->lag(position); }
        void wake() noexcept override { inner_->wake(); }
        void stop() noexcept override { inner_->stop(); }

    private:
        std::unique_ptr<MessageConsumer> inner_;
    };

    fakes::Platform& fakes_;
};

TEST_F(ServiceOrchestratorTest, AFlowThatThrowsEndsSaysSoAndCommitsNothing) {
    WithoutMemory platform(platform_);
    StreamServiceBuilder builder("shop", {.kafka = {.bootstrap_servers = "fake:9092"}}, platform);
    builder.add_consumer_handler<Item>({.topics = {"items"}, .group_id = "shop"},
                                       [this](const Item&, Context&) { say("handled"); });
    const auto service = builder.build();
    ASSERT_TRUE(service->start().ok());
    (void)platform_.broker().append({.topic = "items", .key = "k", .payload = "{}"}, platform_.clock().system_now());
    const auto flow = [&] {
        const auto parts = service->health().parts;
        return *std::ranges::find_if(parts, [](const PartHealth& part) { return part.name.starts_with("flow"); });
    };
    const auto guard = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (flow().alive && std::chrono::steady_clock::now() < guard) {
        std::this_thread::yield();
    }
    EXPECT_FALSE(flow().alive) << "whoever runs the service starts it again";
    EXPECT_THAT(flow().detail, HasSubstr("bad_alloc"));
    EXPECT_EQ(service->stop(), 0U);
    EXPECT_EQ(platform_.broker().commits("shop"), 0U);
    EXPECT_THAT(events_, IsEmpty());
}

TEST_F(ServiceOrchestratorTest, AHookThatThrowsRefusesTheStart) {
    const auto service = build([this](StreamServiceBuilder& builder) {
        builder.on_start([] { throw std::runtime_error("no licence"); }).on_stop([this] { say("stopped"); });
    });
    const Status started = service->start();
    ASSERT_FALSE(started.ok());
    EXPECT_THAT(started.error().message, HasSubstr("no licence"));
    EXPECT_EQ(platform_.broker().consumers(), 0U);
    EXPECT_THAT(events_, ElementsAre("stopped")) << "what was started is stopped again";
}

TEST_F(ServiceOrchestratorTest, AStopHookThatThrowsKeepsNoOtherFromRunning) {
    const auto service = build([this](StreamServiceBuilder& builder) {
        builder.on_stop([] { throw std::runtime_error("bad"); }).on_stop([] { throw 7; }).on_stop([this] {
            say("third");
        });
    });
    ASSERT_TRUE(service->start().ok());
    EXPECT_EQ(service->stop(), 0U);
    EXPECT_THAT(events_, ElementsAre("third"));
}

TEST_F(ServiceOrchestratorTest, StartsOnce) {
    const auto service = build([](auto&) {});
    ASSERT_TRUE(service->start().ok());
    EXPECT_EQ(service->start().error().code, ErrorCode::invalid_argument);
}

TEST_F(ServiceOrchestratorTest, StopsBeforeTheStart) {
    const auto service = build([](auto&) {});
    EXPECT_EQ(service->stop(), 0U);
    EXPECT_EQ(service->admin_port(), 0U);
    EXPECT_EQ(service->in_flight(), 0U);
}

TEST_F(ServiceOrchestratorTest, WaitTellsWhichFlowEndedAndWhy) {
    const auto service = build([](auto&) {});
    platform_.broker().consume_faults().add(1, {.code = ErrorCode::fenced, .message = "somebody took over"}, "shop");
    ASSERT_TRUE(service->start().ok());
    const Status ended = service->wait({});
    ASSERT_FALSE(ended.ok());
    EXPECT_EQ(ended.error().code, ErrorCode::fenced);
    EXPECT_EQ(ended.error().message, "flow shop: somebody took over");
    EXPECT_FALSE(service->health().live());
}

TEST_F(ServiceOrchestratorTest, WaitEndsWithAStop) {
    const auto service = build([](auto&) {});
    ASSERT_TRUE(service->start().ok());
    std::stop_source stop;
    stop.request_stop();
    EXPECT_TRUE(service->wait(stop.get_token()).ok());
}

TEST_F(ServiceOrchestratorTest, HealthNamesConnectionsAndFlows) {
    const auto service = build([](auto&) {});
    EXPECT_FALSE(service->health().ready());
    ASSERT_TRUE(service->start().ok());
    std::vector<std::string> names;
    for (const PartHealth& part : service->health().parts) {
        names.push_back(part.name);
    }
    EXPECT_THAT(names, ElementsAre("kafka", "flow shop"));
}

} // namespace
