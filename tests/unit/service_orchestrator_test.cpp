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
