#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <ostream>
#include <string>
#include <thread>
#include <vector>

#include "core/streaming/infrastructure/curl_http_client.hpp"
#include "core/streaming/infrastructure/http_server.hpp"
#include "core/streaming/testing/fake_http_client.hpp"

namespace streaming::contract {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

/// A client and what answers it.
class WebUnderTest {
public:
    virtual ~WebUnderTest() = default;
    virtual HttpClient& client() = 0;
    virtual std::string url(const std::string& path) = 0;
    virtual void answer(const std::string& path, const HttpResponse& response) = 0;
    virtual void hold_answers() = 0;
    virtual void release_answers() = 0;
    /// Returns when a request waits for its answer.
    virtual void await_request() = 0;
};

class FakeWebUnderTest final : public WebUnderTest {
public:
    HttpClient& client() override { return client_; }
    std::string url(const std::string& path) override { return "http://fake.example" + path; }
    void answer(const std::string& path, const HttpResponse& response) override { web_.answer(url(path), response); }
    void hold_answers() override { web_.hold_answers(); }
    void release_answers() override { web_.release_answers(); }
    void await_request() override {
        while (web_.requests().empty()) {
            std::this_thread::yield();
        }
    }

private:
    fakes::FakeWeb web_{};
    fakes::FakeHttpClient client_{web_};
};

class CurlUnderTest final : public WebUnderTest {
public:
    CurlUnderTest() { EXPECT_TRUE(server_.start().ok()); }
    HttpClient& client() override { return client_; }
    std::string url(const std::string& path) override {
        return "http://127.0.0.1:" + std::to_string(server_.port()) + path;
    }
    void answer(const std::string& path, const HttpResponse& response) override {
        ServedResponse served{.status = static_cast<int>(response.status), .body = response.body};
        served.headers.insert(response.headers.begin(), response.headers.end());
        const std::lock_guard lock(pages_mutex_);
        pages_[path] = served;
    }
    void hold_answers() override { set_held(true); }
    void release_answers() override { set_held(false); }
    void await_request() override {
        std::unique_lock lock(pages_mutex_);
        changed_.wait(lock, [this] { return asked_; });
    }

private:
    void set_held(bool held) {
        const std::lock_guard lock(pages_mutex_);
        held_ = held;
        changed_.notify_all();
    }
    ServedResponse serve(const ServedRequest& request) {
        std::unique_lock lock(pages_mutex_);
        asked_ = true;
        changed_.notify_all();
        changed_.wait(lock, [this] { return !held_; });
        const auto page = pages_.find(request.path);
        return page == pages_.end() ? ServedResponse{.status = 404} : page->second;
    }

    std::mutex pages_mutex_{};
    std::condition_variable changed_{};
    std::map<std::string, ServedResponse> pages_{};
    bool asked_ = false;
    bool held_ = false;
    HttpServer server_{{}, [this](const ServedRequest& request) { return serve(request); }};
    CurlHttpClient client_{HttpOptions{.user_agent = "tests/1"}};
};

struct WebFactory {
    std::string name{};
    std::function<std::unique_ptr<WebUnderTest>()> make{};
    friend std::ostream& operator<<(std::ostream& out, const WebFactory& factory) { return out << factory.name; }
};

class HttpClientContract : public ::testing::TestWithParam<WebFactory> {
protected:
    Result<HttpResponse> get(const std::string& path) { return web_->client().get({.url = web_->url(path)}, {}); }

    std::unique_ptr<WebUnderTest> web_ = GetParam().make();
};

TEST_P(HttpClientContract, AnswersHaveBodyStatusAndHeadersWithLowerCaseNames) {
    web_->answer("/page", {.status = 203, .headers = {{"X-Name", "Value"}}, .body = "text"});
    const auto response = get("/page");
    ASSERT_TRUE(response.ok()) << response.error().message;
    EXPECT_EQ(response.value().status, 203);
    EXPECT_EQ(response.value().body, "text");
    EXPECT_EQ(response.value().header("x-name"), "Value");
    EXPECT_EQ(response.value().header("absent"), "");
}

TEST_P(HttpClientContract, AnyStatusIsAResponse) {
    web_->answer("/broken", {.status = 500, .body = "sorry"});
    EXPECT_EQ(get("/broken").value().status, 500);
    EXPECT_EQ(get("/broken").value().body, "sorry");
    EXPECT_EQ(get("/not-there").value().status, 404);
}

TEST_P(HttpClientContract, ABodyOverTheLimitIsAnErrorThatHidesTheUrl) {
    web_->answer("/private", {.status = 200, .body = std::string(1000, 'x')});
    HttpRequest request{.url = web_->url("/private?key=secret"), .max_body_bytes = 1000};
    web_->answer("/private?key=secret", {.status = 200, .body = std::string(1000, 'x')});
    EXPECT_TRUE(web_->client().get(request, {}).ok());
    request.max_body_bytes = 999;
    const auto response = web_->client().get(request, {});
    ASSERT_FALSE(response.ok());
    EXPECT_EQ(response.error().code, ErrorCode::too_large);
    EXPECT_FALSE(response.error().retryable);
    EXPECT_THAT(response.error().message, AllOf(Not(HasSubstr("secret")), Not(HasSubstr("private"))));
}

TEST_P(HttpClientContract, OnlyHttpIsFetched) {
    for (const char* url : {"file:///etc/passwd", "ftp://127.0.0.1/", "", "not a url"}) {
        const auto response = web_->client().get({.url = url}, {});
        ASSERT_FALSE(response.ok()) << url;
        EXPECT_EQ(response.error().code, ErrorCode::invalid_argument) << url;
        EXPECT_FALSE(response.error().retryable);
    }
}

TEST_P(HttpClientContract, HeadersWithLineBreaksAreRefused) {
    web_->answer("/page", {.status = 200});
    const auto response =
        web_->client().get({.url = web_->url("/page"), .headers = {{"X-Key", "a\r\nX-Other: b"}}}, {});
    ASSERT_FALSE(response.ok());
    EXPECT_EQ(response.error().code, ErrorCode::invalid_argument);
}

TEST_P(HttpClientContract, AStopEndsACallAndRefusesTheNext) {
    web_->answer("/page", {.status = 200});
    web_->hold_answers();
    std::stop_source stop;
    const std::jthread stopper([&] {
        web_->await_request();
        stop.request_stop();
    });
    for (int call = 0; call < 2; ++call) {
        const auto response = web_->client().get({.url = web_->url("/page")}, stop.get_token());
        ASSERT_FALSE(response.ok());
        EXPECT_EQ(response.error().code, ErrorCode::stopped);
    }
    web_->release_answers();
}

TEST_P(HttpClientContract, ServesSeveralThreads) {
    web_->answer("/page", {.status = 200, .body = "text"});
    std::atomic<int> right{0};
    {
        std::vector<std::jthread> threads;
        threads.reserve(4);
        for (int i = 0; i < 4; ++i) {
            threads.emplace_back([&] {
                for (int call = 0; call < 10; ++call) {
                    const auto response = get("/page");
                    right += response.ok() && response.value().body == "text" ? 1 : 0;
                }
            });
        }
    }
    EXPECT_EQ(right, 40);
}

TEST_P(HttpClientContract, ManyAreAnsweredInOrder) {
    std::vector<HttpRequest> requests;
    for (int i = 0; i < 10; ++i) {
        const std::string path = "/" + std::to_string(i);
        web_->answer(path, {.status = 200, .body = path});
        requests.push_back({.url = web_->url(path)});
    }
    requests.push_back({.url = "no url"});
    const auto answers = web_->client().get_all(requests, 4, {});
    ASSERT_EQ(answers.size(), 11U);
    for (int i = 0; i < 10; ++i) {
        const auto& answer = answers[static_cast<std::size_t>(i)];
        ASSERT_TRUE(answer.ok()) << answer.error().message;
        EXPECT_EQ(answer.value().body, "/" + std::to_string(i));
    }
    EXPECT_EQ(answers[10].error().code, ErrorCode::invalid_argument);
    EXPECT_TRUE(web_->client().get_all({}, 4, {}).empty());
}

INSTANTIATE_TEST_SUITE_P(
    , HttpClientContract,
    ::testing::Values(WebFactory{.name = "Fake", .make = [] { return std::make_unique<FakeWebUnderTest>(); }},
                      WebFactory{.name = "Curl", .make = [] { return std::make_unique<CurlUnderTest>(); }}),
    [](const auto& instance) { return instance.param.name; });

} // namespace
} // namespace streaming::contract
