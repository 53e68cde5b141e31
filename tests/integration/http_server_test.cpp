#include "core/streaming/infrastructure/http_server.hpp"

#include <gmock/gmock.h>

#include <deque>
#include <string>

#include "tests/support/raw_client.hpp"

namespace streaming {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;
using testing_support::RawClient;

class HttpServerTest : public ::testing::Test {
protected:
    HttpServerTest() { EXPECT_TRUE(server.start().ok()); }
    std::string ask(const std::string& first_line) { return RawClient(server.port()).ask(first_line); }

    static ServedResponse handle(const ServedRequest& request) {
        if (request.path == "/throw") {
            throw std::runtime_error("a secret");
        }
        if (request.path == "/echo") {
            std::string body;
            for (const auto& [name, value] : request.query) {
                body += name + "=" + value + ";";
            }
            return {.body = body + request.headers.at("x-test"), .headers = {{"ETag", "\"1\""}}};
        }
        return request.path == "/a b" ? ServedResponse{.content_type = "text/x", .body = "found"}
                                      : ServedResponse{.status = 404, .body = "none"};
    }
    HttpServer server{HttpServerOptions{.max_connections = 4}, &handle};
};

TEST_F(HttpServerTest, ChoosesAPortAndServesDecodedPaths) {
    EXPECT_NE(server.port(), 0);
    EXPECT_THAT(ask("GET /a%20b"),
                AllOf(StartsWith("HTTP/1.1 200 "), HasSubstr("Content-Type: text/x\r\n"), EndsWith("\r\n\r\nfound")));
    EXPECT_THAT(ask("GET /other"), StartsWith("HTTP/1.1 404 "));
}

TEST_F(HttpServerTest, PassesQueryAndHeadersInLowerCase) {
    const RawClient client(server.port());
    client.say("GET /echo?b=2%2B3&a=x%3Dy&flag HTTP/1.1\r\nHost: h\r\nX-Test: Value\r\nConnection: close\r\n\r\n");
    EXPECT_THAT(client.hear(), AllOf(HasSubstr("ETag: \"1\"\r\n"), EndsWith("\r\n\r\na=x=y;b=2+3;flag=;Value")));
}

TEST_F(HttpServerTest, HeadHasTheLengthAndNoBody) {
    EXPECT_THAT(ask("HEAD /a%20b"),
                AllOf(StartsWith("HTTP/1.1 200 "), HasSubstr("Content-Length: 5\r\n"), EndsWith("\r\n\r\n")));
}

TEST_F(HttpServerTest, OtherMethodsAre405) {
    for (const char* method : {"POST", "PUT", "DELETE", "OPTIONS", "BREW"}) {
        EXPECT_THAT(ask(method + std::string(" /a%20b")),
                    AllOf(StartsWith("HTTP/1.1 405 "), HasSubstr("Allow: GET, HEAD\r\n")))
            << method;
    }
}

TEST_F(HttpServerTest, AThrowingHandlerIs500WithoutItsText) {
    EXPECT_THAT(ask("GET /throw"), AllOf(StartsWith("HTTP/1.1 500 "), Not(HasSubstr("secret"))));
    EXPECT_THAT(ask("GET /a%20b"), StartsWith("HTTP/1.1 200 "));
}

TEST_F(HttpServerTest, BadPathsAre400) {
    for (const char* path : {"/a%00b", "/%zz", "/x?a=%z", "*"}) {
        EXPECT_THAT(ask(std::string("GET ") + path), StartsWith("HTTP/1.1 400 ")) << path;
    }
}

TEST_F(HttpServerTest, HeadersHaveALimit) {
    const RawClient client(server.port());
    client.say("GET /a%20b HTTP/1.1\r\nHost: h\r\nX-Long: " + std::string(100'000, 'x'));
    client.say("\r\n\r\n");
    EXPECT_THAT(client.hear(), Not(HasSubstr(" 200 ")));
}

TEST_F(HttpServerTest, KeepsAConnectionForTheNextRequest) {
    const RawClient client(server.port());
    client.say("GET /a%20b HTTP/1.1\r\nHost: h\r\n\r\nGET /other HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    EXPECT_THAT(client.hear(), AllOf(HasSubstr("found"), EndsWith("none")));
}

TEST_F(HttpServerTest, SlowClientsDoNotKeepAnotherOut) {
    std::deque<RawClient> slow;
    for (int i = 0; i < 50; ++i) {
        slow.emplace_back(server.port());
        ASSERT_TRUE(slow.back().connected());
        slow.back().say("GET /a%20b HTT");
    }
    EXPECT_THAT(ask("GET /a%20b"), StartsWith("HTTP/1.1 200 "));
    EXPECT_THAT(slow.front().hear(), IsEmpty()); // the one that had waited longest was closed
}

TEST(HttpServerDeadline, EndsAConnectionThatNeverAsks) {
    HttpServer server({.connection_timeout = std::chrono::seconds(1)},
                      [](const ServedRequest&) { return ServedResponse{}; });
    ASSERT_TRUE(server.start().ok());
    const RawClient client(server.port());
    client.say("GET / HT");
    EXPECT_THAT(client.hear(), Not(HasSubstr(" 200 "))); // returns at all, without our closing
}

TEST(HttpServerLife, StopsWithOpenConnectionsTwiceAndBeforeStart) {
    HttpServer server({}, [](const ServedRequest&) { return ServedResponse{}; });
    server.stop();
    ASSERT_TRUE(server.start().ok());
    const RawClient client(server.port());
    client.say("GET / HT");
    server.stop();
    server.stop();
    EXPECT_THAT(client.hear(), IsEmpty());
    ASSERT_TRUE(server.start().ok());
    EXPECT_THAT(RawClient(server.port()).ask("GET /"), StartsWith("HTTP/1.1 200 "));
}

TEST(HttpServerLife, NamesHostAndPortWhenItCannotListen) {
    HttpServer first({}, [](const ServedRequest&) { return ServedResponse{}; });
    ASSERT_TRUE(first.start().ok());
    HttpServer second({.port = first.port()}, [](const ServedRequest&) { return ServedResponse{}; });
    const Status status = second.start();
    ASSERT_FALSE(status.ok());
    EXPECT_THAT(status.error().message, HasSubstr("127.0.0.1:" + std::to_string(first.port())));
}

} // namespace
} // namespace streaming
