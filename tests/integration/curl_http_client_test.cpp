#include "core/streaming/infrastructure/curl_http_client.hpp"

#include <gmock/gmock.h>

#include <condition_variable>
#include <mutex>
#include <set>
#include <thread>

#include "core/streaming/infrastructure/http_server.hpp"

namespace streaming {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

/// A server with something wrong at every path; one path does not answer before it is released.
class CurlHttpClientTest : public ::testing::Test {
protected:
    CurlHttpClientTest() { EXPECT_TRUE(server.start().ok() && other.start().ok()); }
    ~CurlHttpClientTest() override { release(); }

    ServedResponse handle(const ServedRequest& request) {
        const std::string here = "http://127.0.0.1:" + std::to_string(server.port());
        if (request.path == "/hang") {
            std::unique_lock lock(mutex);
            asked = true;
            changed.notify_all();
            changed.wait(lock, [this] { return released; });
        }
        if (request.path == "/body") {
            return {.body = std::string(1000, 'x'), .headers = {{"X-Name", "Value"}}};
        }
        if (request.path == "/echo") {
            return {.body = request.headers.at("user-agent") + "|" + header(request, "x-key") + "|" +
                            header(request, "accept-encoding")};
        }
        if (request.path.starts_with("/hop/")) {
            const int left = std::stoi(request.path.substr(5));
            return redirect(left == 0 ? here + "/body" : "/hop/" + std::to_string(left - 1));
        }
        if (request.path == "/elsewhere") {
            return redirect("http://127.0.0.1:" + std::to_string(other.port()) + "/echo");
        }
        if (request.path == "/file") {
            return redirect("file:///etc/passwd");
        }
        return {.status = 404, .body = "nothing here"};
    }
    static ServedResponse redirect(const std::string& to) {
        return {.status = 302, .body = "moved", .headers = {{"Location", to}}};
    }
    static std::string header(const ServedRequest& request, const std::string& name) {
        const auto found = request.headers.find(name);
        return found == request.headers.end() ? "none" : found->second;
    }
    void release() {
        const std::lock_guard lock(mutex);
        released = true;
        changed.notify_all();
    }
    void wait_until_asked() {
        std::unique_lock lock(mutex);
        changed.wait(lock, [this] { return asked; });
    }
    HttpRequest at(const std::string& path) const {
        return {.url = "http://127.0.0.1:" + std::to_string(server.port()) + path};
    }
    Result<HttpResponse> get(const HttpRequest& request) { return client.get(request, {}); }

    std::mutex mutex{};
    std::condition_variable changed{};
    bool asked = false;
    bool released = false;
    HttpServer server{{}, [this](const ServedRequest& request) { return handle(request); }};
    HttpServer other{{}, [this](const ServedRequest& request) { return handle(request); }};
    CurlHttpClient client{HttpOptions{.user_agent = "tests/1"}};
};

TEST_F(CurlHttpClientTest, FetchesBodyStatusAndLowerCaseHeaders) {
    const auto response = get(at("/body"));
    ASSERT_TRUE(response.ok()) << response.error().message;
    EXPECT_EQ(response.value().status, 200);
    EXPECT_EQ(response.value().body.size(), 1000U);
    EXPECT_EQ(response.value().header("x-name"), "Value");
    EXPECT_EQ(response.value().header("absent"), "");
}

TEST_F(CurlHttpClientTest, AnyStatusIsAResponse) {
    const auto response = get(at("/nowhere"));
    ASSERT_TRUE(response.ok());
    EXPECT_EQ(response.value().status, 404);
    EXPECT_EQ(response.value().body, "nothing here");
}

TEST_F(CurlHttpClientTest, SendsUserAgentHeadersAndWhatItCanDecode) {
    HttpRequest request = at("/echo");
    request.headers = {{"X-Key", "secret"}};
    const auto response = get(request);
    ASSERT_TRUE(response.ok());
    EXPECT_THAT(response.value().body, AllOf(HasSubstr("tests/1|secret|"), HasSubstr("gzip")));
}

TEST_F(CurlHttpClientTest, RefusesHeadersWithLineBreaks) {
    HttpRequest request = at("/echo");
    request.headers = {{"X-Key", "a\r\nX-Other: b"}};
    const auto response = get(request);
    ASSERT_FALSE(response.ok());
    EXPECT_EQ(response.error().code, ErrorCode::invalid_argument);
}

TEST_F(CurlHttpClientTest, CapsTheBody) {
    HttpRequest request = at("/body");
    request.max_body_bytes = 1000;
    EXPECT_TRUE(get(request).ok());
    request.max_body_bytes = 999;
    const auto response = get(request);
    ASSERT_FALSE(response.ok());
    EXPECT_EQ(response.error().code, ErrorCode::too_large);
    EXPECT_FALSE(response.error().retryable);
}

TEST_F(CurlHttpClientTest, FollowsThreeRedirectsAndNoMore) {
    const auto three = get(at("/hop/2"));
    ASSERT_TRUE(three.ok()) << three.error().message;
    EXPECT_EQ(three.value().body.size(), 1000U);
    const auto four = get(at("/hop/3"));
    ASSERT_FALSE(four.ok());
    EXPECT_FALSE(four.error().retryable);
}

TEST_F(CurlHttpClientTest, DoesNotFollowToFilesOrHandKeysToAnotherServer) {
    EXPECT_FALSE(get(at("/file")).ok());
    HttpRequest request = at("/elsewhere");
    request.headers = {{"X-Key", "secret"}};
    const auto response = get(request);
    ASSERT_TRUE(response.ok()) << response.error().message;
    EXPECT_THAT(response.value().body, AllOf(HasSubstr("|none|"), Not(HasSubstr("secret"))));
}

TEST_F(CurlHttpClientTest, GivesUpWhenTheTimeIsOverWithoutShowingTheUrl) {
    HttpRequest request = at("/hang?key=secret");
    request.timeout = 50ms;
    const auto response = get(request);
    ASSERT_FALSE(response.ok());
    EXPECT_EQ(response.error().code, ErrorCode::timed_out);
    EXPECT_TRUE(response.error().retryable);
    EXPECT_THAT(response.error().message,
                AllOf(HasSubstr("127.0.0.1"), Not(HasSubstr("secret")), Not(HasSubstr("hang"))));
}

TEST_F(CurlHttpClientTest, AStopEndsACall) {
    std::stop_source stop;
    const std::jthread stopper([&] {
        wait_until_asked();
        stop.request_stop();
    });
    const auto response = client.get(at("/hang"), stop.get_token());
    ASSERT_FALSE(response.ok());
    EXPECT_EQ(response.error().code, ErrorCode::stopped);
    const auto again = client.get(at("/body"), stop.get_token());
    ASSERT_FALSE(again.ok());
    EXPECT_EQ(again.error().code, ErrorCode::stopped);
}

TEST_F(CurlHttpClientTest, ARefusedConnectionIsUnavailable) {
    const HttpRequest request = at("/body?key=secret");
    server.stop();
    const auto response = get(request);
    ASSERT_FALSE(response.ok());
    EXPECT_EQ(response.error().code, ErrorCode::unavailable);
    EXPECT_TRUE(response.error().retryable);
    EXPECT_THAT(response.error().message, Not(HasSubstr("secret")));
}

TEST_F(CurlHttpClientTest, OnlyHttpUrlsAreFetched) {
    for (const char* url : {"file:///etc/passwd", "ftp://127.0.0.1/", "", "not a url", "gopher://x"}) {
        const auto response = get({.url = url});
        ASSERT_FALSE(response.ok()) << url;
        EXPECT_EQ(response.error().code, ErrorCode::invalid_argument) << url;
    }
}

TEST_F(CurlHttpClientTest, ServesSeveralThreads) {
    std::vector<std::jthread> threads;
    std::atomic<int> right{0};
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&] {
            for (int j = 0; j < 20; ++j) {
                const auto response = get(at("/body"));
                right += response.ok() && response.value().body.size() == 1000 ? 1 : 0;
            }
        });
    }
    threads.clear();
    EXPECT_EQ(right, 80);
}

} // namespace
} // namespace streaming
