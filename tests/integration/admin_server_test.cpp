#include "core/streaming/orchestration/admin_server.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/streaming/infrastructure/curl_http_client.hpp"
#include "core/streaming/testing/mocks.hpp"

namespace {

using namespace streaming;
using testing::HasSubstr;
using testing::NiceMock;
using testing::Return;

class AdminServerTest : public testing::Test {
protected:
    HttpResponse get(const std::string& path) {
        const auto answer = client_.get({.url = "http://127.0.0.1:" + std::to_string(server_.port()) + path}, {});
        EXPECT_TRUE(answer.ok());
        return answer.ok() ? answer.value() : HttpResponse{};
    }

    Health health_{};
    NiceMock<mocks::MockMetricsCollector> metrics_{};
    AdminServer server_{{.health = [this] { return health_; },
                         .status = [] { return std::string(R"({"flows":{}})"); },
                         .metrics = metrics_},
                        "127.0.0.1:0"};
    CurlHttpClient client_{HttpOptions{}};
};

TEST_F(AdminServerTest, AnswersWithHealthAndMetrics) {
    ON_CALL(metrics_, scrape()).WillByDefault(Return("up 1\n"));
    EXPECT_EQ(server_.port(), 0U);
    ASSERT_TRUE(server_.start().ok());
    health_.parts = {{.name = "flow orders", .ready = false, .alive = true, .detail = "no partitions yet"}};
    EXPECT_EQ(get("/live").status, 200);
    EXPECT_EQ(get("/ready").status, 503);
    EXPECT_THAT(get("/ready").body, HasSubstr("no partitions yet"));
    EXPECT_EQ(get("/ready").header("content-type"), "application/json");
    health_.parts = {{.name = "flow orders", .ready = false, .alive = false}};
    EXPECT_EQ(get("/live").status, 503);
    health_.parts = {{.name = "flow orders", .ready = true}};
    EXPECT_EQ(get("/ready").status, 200);
    EXPECT_EQ(get("/metrics").body, "up 1\n");
    EXPECT_THAT(get("/metrics").header("content-type"), HasSubstr("version=0.0.4"));
    EXPECT_EQ(get("/api/status").body, R"({"flows":{}})");
    EXPECT_EQ(get("/api/status").header("content-type"), "application/json");
    EXPECT_EQ(get("/other").status, 404);
    server_.stop();
    server_.stop();
}

TEST_F(AdminServerTest, NamesTheAddressItCannotTake) {
    ASSERT_TRUE(server_.start().ok());
    const std::string taken = "127.0.0.1:" + std::to_string(server_.port());
    AdminServer second({.health = [] { return Health{}; }, .status = [] { return std::string(); }, .metrics = metrics_},
                       taken);
    const Status started = second.start();
    ASSERT_FALSE(started.ok());
    EXPECT_THAT(started.error().message, HasSubstr(taken));
}

TEST(ParseHostPort, TakesHostAndPortOnly) {
    EXPECT_EQ(parse_host_port("0.0.0.0:8080").value(), (std::pair<std::string, std::uint16_t>("0.0.0.0", 8080)));
    EXPECT_EQ(parse_host_port("host:65535").value().second, 65535U);
    for (const char* wrong : {"", "host", ":8080", "host:", "host:x", "host:65536", "host:80x", "host:-1"}) {
        EXPECT_FALSE(parse_host_port(wrong).ok()) << wrong;
    }
}

} // namespace
