#include <fmt/format.h>
#include <gmock/gmock.h>

#include <string>
#include <thread>
#include <vector>

#include "core/streaming/infrastructure/system_clock.hpp"
#include "core/streaming/ingestion/webhook_connector.hpp"
#include "core/streaming/testing/fake_http_client.hpp"
#include "tests/support/raw_client.hpp"

namespace streaming {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using testing_support::RawClient;

constexpr const char* kAllowed = "Authorization: Bearer s3cret\r\nContent-Type: application/json; charset=utf-8\r\n";

/// A webhook and, instead of the runtime, a test that polls it.
class Webhook : public ::testing::Test {
protected:
    void start(WebhookOptions options = {}) {
        options.path = "/hook";
        options.authentication.token = "s3cret";
        connector_ = std::make_unique<WebhookConnector>(clock_, std::move(options));
        connector_->on_news([this] {
            const std::scoped_lock lock(mutex_);
            news_ = true;
            changed_.notify_all();
        });
        ASSERT_EQ(fetch().status, Response::kNothing);
    }
    Response fetch() {
        auto answer = connector_->fetch({.http = http_, .stop = {}});
        EXPECT_TRUE(answer.ok()) << answer.error().message;
        return answer ? std::move(answer).value() : Response{};
    }
    /// The next thing that is pushed.
    Response pushed() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return news_; });
        news_ = false;
        return fetch();
    }
    std::string post(const std::string& body, const std::string& headers = kAllowed,
                     const std::string& path = "/hook") {
        return RawClient(connector_->port()).post(path, body, headers);
    }
    static void say(const RawClient& client, const std::string& body) {
        client.say(fmt::format("POST /hook HTTP/1.1\r\nHost: h\r\nConnection: close\r\n{}Content-Length: {}\r\n\r\n{}",
                               kAllowed, body.size(), body));
    }

    SystemClock clock_{};
    fakes::FakeWeb web_{};
    fakes::FakeHttpClient http_{web_};
    std::mutex mutex_;
    std::condition_variable changed_;
    bool news_ = false;
    std::unique_ptr<WebhookConnector> connector_{};
};

TEST_F(Webhook, Is202WhenItsRowsAreSettled) {
    start();
    const RawClient client(connector_->port());
    say(client, R"({"id":1})");
    Response answer = pushed();
    EXPECT_EQ(answer.body, R"({"id":1})");
    EXPECT_EQ(answer.content_type, "application/json");
    EXPECT_THAT(post("x", "Content-Type: application/json\r\n"), StartsWith("HTTP/1.1 401 ")); // and meanwhile others
    answer.receipt->complete(true);
    EXPECT_THAT(client.hear(), StartsWith("HTTP/1.1 202 "));
}

TEST_F(Webhook, Is503WhenTheyAreNot) {
    start();
    const RawClient client(connector_->port());
    say(client, "{}");
    pushed().receipt.reset(); // the process ends
    EXPECT_THAT(client.hear(), AllOf(StartsWith("HTTP/1.1 503 "), HasSubstr("Retry-After: 5\r\n")));
}

TEST_F(Webhook, Is503WhenTheyAreNotInTime) {
    start({.acknowledge_timeout = 50ms});
    const RawClient client(connector_->port());
    say(client, "{}");
    Response answer = pushed();
    EXPECT_THAT(client.hear(), AllOf(StartsWith("HTTP/1.1 503 "), HasSubstr("Retry-After: ")));
    answer.receipt->complete(true); // nobody listens any more
    start();
    const RawClient again(connector_->port());
    say(again, "{}");
    pushed().receipt->complete(true);
    EXPECT_THAT(again.hear(), StartsWith("HTTP/1.1 202 "));
}

TEST_F(Webhook, Is202AtOnceWhenThatIsEnough) {
    start({.acknowledge = WebhookOptions::Acknowledge::accepted, .max_waiting = 2});
    EXPECT_THAT(post("1"), StartsWith("HTTP/1.1 202 "));
    EXPECT_THAT(post("2"), StartsWith("HTTP/1.1 202 "));
    EXPECT_THAT(post("3"), AllOf(StartsWith("HTTP/1.1 429 "), HasSubstr("Retry-After: 1\r\n")));
    EXPECT_EQ(fetch().body, "1");
    EXPECT_THAT(post("4"), StartsWith("HTTP/1.1 202 "));
}

TEST_F(Webhook, Is429WhenTooManyWait) {
    start({.max_waiting = 1});
    const RawClient client(connector_->port());
    say(client, "{}");
    Response answer = pushed();
    EXPECT_THAT(post("{}"), AllOf(StartsWith("HTTP/1.1 429 "), HasSubstr("Retry-After: 1\r\n")));
    answer.receipt->complete(true);
    EXPECT_THAT(client.hear(), StartsWith("HTTP/1.1 202 "));
}

TEST_F(Webhook, RefusesWhatIsNotForIt) {
    start({.max_body_bytes = 100});
    EXPECT_THAT(post("{}", "Content-Type: application/json\r\n"),
                AllOf(StartsWith("HTTP/1.1 401 "), HasSubstr("WWW-Authenticate: Bearer\r\n")));
    EXPECT_THAT(post("{}", "Authorization: Bearer other\r\nContent-Type: application/json\r\n"),
                StartsWith("HTTP/1.1 401 "));
    EXPECT_THAT(post("{}", kAllowed, "/other"), StartsWith("HTTP/1.1 404 "));
    EXPECT_THAT(post("{}", "Authorization: Bearer s3cret\r\nContent-Type: text/html\r\n"),
                AllOf(StartsWith("HTTP/1.1 415 "), HasSubstr("Accept: application/json\r\n")));
    EXPECT_THAT(post("{}", "Authorization: Bearer s3cret\r\n"), StartsWith("HTTP/1.1 415 "));
    EXPECT_THAT(post("{}", std::string(kAllowed) + "Content-Encoding: gzip\r\n"), StartsWith("HTTP/1.1 415 "));
    EXPECT_THAT(post(std::string(101, 'x')), StartsWith("HTTP/1.1 413 "));
    EXPECT_THAT(RawClient(connector_->port()).ask("GET /hook"),
                AllOf(StartsWith("HTTP/1.1 405 "), HasSubstr("Allow: POST\r\n")));
    EXPECT_EQ(fetch().status, Response::kNothing);
}

TEST_F(Webhook, ChecksTheSignatureOfTheBody) {
    start({.authentication = {.signature_secret = "It's a Secret to Everybody"},
           .acknowledge = WebhookOptions::Acknowledge::accepted});
    const std::string signed_as =
        std::string(kAllowed) +
        "X-Hub-Signature-256: sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17\r\n";
    EXPECT_THAT(post("Hello, World!", signed_as), StartsWith("HTTP/1.1 202 "));
    EXPECT_THAT(post("Hello, World?", signed_as), StartsWith("HTTP/1.1 403 "));
    EXPECT_THAT(post("Hello, World!"), StartsWith("HTTP/1.1 401 "));
}

TEST_F(Webhook, TakesNothingAtTheEndAndGivesUpItsPort) {
    start();
    connector_->end();
    EXPECT_THAT(post("{}"), AllOf(StartsWith("HTTP/1.1 503 "), HasSubstr("Retry-After: 5\r\n")));
    const std::uint16_t port = connector_->port();
    connector_.reset();
    start({.port = port});
    EXPECT_EQ(connector_->port(), port);
}

TEST_F(Webhook, SaysWhyItCannotListen) {
    start();
    WebhookConnector other(clock_, {.port = connector_->port()});
    const auto failed = other.fetch({.http = http_, .stop = {}});
    ASSERT_FALSE(failed.ok());
    EXPECT_TRUE(failed.error().retryable);
    EXPECT_THAT(failed.error().message, HasSubstr("cannot listen on 127.0.0.1:"));
}

} // namespace
} // namespace streaming
