// What a service says when the world it needs is not there.

#include <algorithm>

#include "core/streaming/patterns/run_service.hpp"
#include "tests/support/flow_fixture.hpp"

namespace {

using namespace streaming;
using testing::HasSubstr;
using tests::Item;

TEST(BadInput, BrokerNotThere) {
    StreamServiceBuilder builder("shop", {.kafka = {.bootstrap_servers = "127.0.0.1:1"}});
    builder.add_consumer_handler<Item>({.topics = {"items"}, .group_id = "shop"}, [](const Item&, Context&) {});
    const auto service = builder.build();
    const Status started =
        service->start(); // gives up at the start deadline; a hang would be ended by the test's limit
    ASSERT_FALSE(started.ok());
    EXPECT_EQ(started.error().code, ErrorCode::unavailable);
    EXPECT_THAT(started.error().message, HasSubstr("127.0.0.1:1"));
    EXPECT_FALSE(service->health().ready());
}

TEST(BadInput, BrokerNotThereAndStoppedMeanwhile) {
    StreamServiceBuilder builder("shop", {.kafka = {.bootstrap_servers = "127.0.0.1:1"}});
    builder.add_consumer_handler<Item>({.topics = {"items"}, .group_id = "shop"}, [](const Item&, Context&) {});
    const auto service = builder.build();
    std::stop_source stop;
    stop.request_stop();
    EXPECT_EQ(service->start(stop.get_token()).error().code, ErrorCode::stopped);
}

TEST(AdminEndpoint, ServesHealthAndMetricsOfARunningService) {
    auto& platform = embedded_platform();
    StreamServiceBuilder builder("shop", {.kafka = {.bootstrap_servers = "embedded"}, .admin = "127.0.0.1:0"},
                                 platform);
    builder.add_consumer_handler<Item>({.topics = {"admin-items"}, .group_id = "shop"}, [](const Item&, Context&) {});
    const auto service = builder.build();
    ASSERT_TRUE(service->start().ok());
    const auto http = platform.http({});
    const std::string base = "http://127.0.0.1:" + std::to_string(service->admin_port());
    EXPECT_EQ(http->get({.url = base + "/live"}, {}).value().status, 200);
    EXPECT_THAT(http->get({.url = base + "/ready"}, {}).value().body, HasSubstr("flow shop"));
    const std::string metrics = http->get({.url = base + "/metrics"}, {}).value().body;
    EXPECT_THAT(metrics, HasSubstr(R"(tributary_records_consumed_total{service="shop",flow="shop"} 0)"));
    EXPECT_EQ(http->get({.url = base + "/"}, {}).value().status, 404);
    EXPECT_EQ(service->stop(), 0U);
}

} // namespace
