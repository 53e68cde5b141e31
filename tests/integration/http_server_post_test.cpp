#include <gmock/gmock.h>

#include <condition_variable>
#include <mutex>
#include <semaphore>
#include <string>
#include <thread>
#include <vector>

#include "core/streaming/infrastructure/http_server.hpp"
#include "tests/support/raw_client.hpp"

namespace streaming {
namespace {

using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using testing_support::RawClient;

class HttpServerPost : public ::testing::Test {
protected:
    HttpServerPost() { EXPECT_TRUE(server.start().ok()); }
    std::string post(const std::string& path, const std::string& body, const std::string& headers = "") {
        return RawClient(server.port()).post(path, body, headers);
    }
    /// The handler's turn comes, some time later.
    HttpServer::Answer held() {
        std::unique_lock lock(mutex);
        changed.wait(lock, [this] { return !answers.empty(); });
        auto answer = answers.back();
        answers.pop_back();
        return answer;
    }
    void handle(const ServedRequest& request, const HttpServer::Answer& answer) {
        if (request.path == "/block") {
            blocks.release();
            goes_on.acquire();
        }
        if (request.path == "/throw") {
            throw std::runtime_error("a secret");
        }
        if (request.path == "/echo") {
            answer({.status = 202, .body = request.body});
            answer({.status = 500}); // the first counts
            return;
        }
        const std::scoped_lock lock(mutex);
        answers.push_back(answer);
        changed.notify_all();
    }
    static std::optional<ServedResponse> admit(const ServedRequest& request) {
        return request.headers.contains("x-wrong") ? std::optional(ServedResponse{.status = 401}) : std::nullopt;
    }

    std::binary_semaphore blocks{0};
    std::binary_semaphore goes_on{0};
    std::mutex mutex;
    std::condition_variable changed;
    std::vector<HttpServer::Answer> answers;
    HttpServer server{{.max_body_bytes = 1000, .answer_timeout = std::chrono::seconds(10), .max_waiting_answers = 2},
                      [](const ServedRequest&) { return ServedResponse{.body = "got"}; },
                      {.admit = admit, .handle = [this](ServedRequest request, const HttpServer::Answer& answer) {
                           handle(request, answer);
                       }}};
};

TEST_F(HttpServerPost, GivesTheBodyAndTheAnswer) {
    EXPECT_THAT(post("/echo", "hello"), AllOf(StartsWith("HTTP/1.1 202 "), EndsWith("\r\n\r\nhello")));
    EXPECT_THAT(post("/echo", ""), StartsWith("HTTP/1.1 202 "));
    EXPECT_THAT(RawClient(server.port()).ask("GET /echo"), EndsWith("got"));
    EXPECT_THAT(RawClient(server.port()).ask("PUT /echo"),
                AllOf(StartsWith("HTTP/1.1 405 "), HasSubstr("Allow: GET, HEAD, POST\r\n")));
}

TEST_F(HttpServerPost, AnswersLaterAndServesOthersMeanwhile) {
    const RawClient client(server.port());
    client.say("POST /hold HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi");
    const HttpServer::Answer answer = held();
    EXPECT_THAT(post("/echo", "x"), StartsWith("HTTP/1.1 202 "));
    answer({.status = 204});
    EXPECT_THAT(client.hear(), StartsWith("HTTP/1.1 204 "));
}

TEST_F(HttpServerPost, TakesAConnectionsNextRequest) {
    const RawClient client(server.port());
    client.say(
        "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\na"
        "POST /echo HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 1\r\n\r\nb");
    EXPECT_THAT(client.hear(), AllOf(HasSubstr("\r\n\r\na"), EndsWith("\r\n\r\nb")));
}

TEST_F(HttpServerPost, BoundsTheBodyAnnouncedOrNot) {
    const RawClient announced(server.port());
    announced.say("POST /echo HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 100000000\r\n\r\n");
    EXPECT_THAT(announced.hear(), StartsWith("HTTP/1.1 413 "));
    const RawClient chunked(server.port());
    chunked.say("POST /echo HTTP/1.1\r\nHost: h\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n");
    chunked.say("7d0\r\n" + std::string(2000, 'x') + "\r\n0\r\n\r\n");
    EXPECT_THAT(chunked.hear(), StartsWith("HTTP/1.1 413 "));
    EXPECT_THAT(post("/echo", std::string(1000, 'x')), StartsWith("HTTP/1.1 202 "));
    const RawClient endless(server.port());
    endless.say("POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < 300; ++i) {
        endless.say("4000\r\n" + std::string(0x4000, 'x') + "\r\n");
    }
    EXPECT_THAT(endless.hear(), Not(HasSubstr(" 202 "))); // returns at all: it was cut off
}

TEST_F(HttpServerPost, RefusesByTheHeadAlone) {
    EXPECT_THAT(post("/echo", "hello", "X-Wrong: 1\r\n"), StartsWith("HTTP/1.1 401 "));
    const RawClient asks(server.port());
    asks.say(
        "POST /echo HTTP/1.1\r\nHost: h\r\nConnection: close\r\nX-Wrong: 1\r\nExpect: 100-continue\r\n"
        "Content-Length: 5\r\n\r\n");
    EXPECT_THAT(asks.hear(), StartsWith("HTTP/1.1 401 "));
}

TEST_F(HttpServerPost, BoundsHowManyWait) {
    const RawClient first(server.port());
    const RawClient second(server.port());
    for (const RawClient* client : {&first, &second}) {
        client->say("POST /hold HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi");
    }
    const auto one = held();
    const auto other = held();
    EXPECT_THAT(post("/echo", "x"), AllOf(StartsWith("HTTP/1.1 429 "), HasSubstr("Retry-After: 1\r\n")));
    one({.status = 200});
    other({.status = 200});
    EXPECT_THAT(first.hear() + second.hear(), HasSubstr(" 200 "));
    EXPECT_THAT(post("/echo", "x"), StartsWith("HTTP/1.1 202 "));
}

TEST_F(HttpServerPost, AThrowingHandlerIs500WithoutItsText) {
    EXPECT_THAT(post("/throw", "x"), AllOf(StartsWith("HTTP/1.1 500 "), Not(HasSubstr("secret"))));
}

TEST_F(HttpServerPost, StopsWhileSomebodyWaitsAndForgetsWhoWaited) {
    const RawClient client(server.port());
    client.say("POST /hold HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi");
    const auto late = held();
    server.stop();
    EXPECT_THAT(client.hear(), AllOf(StartsWith("HTTP/1.1 503 "), HasSubstr("Retry-After: 1\r\n")));
    late({.status = 200});
    ASSERT_TRUE(server.start().ok());
    late({.status = 200});
    EXPECT_THAT(post("/echo", "x"), StartsWith("HTTP/1.1 202 "));
}

/// What comes between the last look at the connections and the end is not made to wait: nobody would wake it.
TEST_F(HttpServerPost, StopsWhileRequestsComeIn) {
    for (int times = 0; times < 30; ++times) {
        ASSERT_TRUE(server.start().ok());
        const RawClient holds(server.port());
        const RawClient comes(server.port());
        holds.say("POST /block HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi");
        blocks.acquire();
        comes.say("POST /hold HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi");
        std::jthread stopper([&] { server.stop(); });
        for (int i = 0; i < 100; ++i) {
            std::this_thread::yield(); // it may stop before the thread of the server goes on, or after
        }
        goes_on.release();
        EXPECT_THAT(comes.hear(), AnyOf("", StartsWith("HTTP/1.1 503 ")));
    }
}

TEST(HttpServerPostDeadline, WhoIsNotAnsweredInTimeIsToldToComeAgain) {
    HttpServer server({.answer_timeout = std::chrono::milliseconds(50)},
                      [](const ServedRequest&) { return ServedResponse{}; },
                      {.handle = [](const ServedRequest&, const HttpServer::Answer&) {}});
    ASSERT_TRUE(server.start().ok());
    EXPECT_THAT(RawClient(server.port()).post("/", "x"),
                AllOf(StartsWith("HTTP/1.1 503 "), HasSubstr("Retry-After: 1\r\n")));
}

} // namespace
} // namespace streaming
