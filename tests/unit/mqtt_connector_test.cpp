#include "core/streaming/ingestion/mqtt_connector.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <condition_variable>
#include <mutex>

#include "core/streaming/infrastructure/permanent_error.hpp"
#include "core/streaming/testing/fake_clock.hpp"
#include "core/streaming/testing/fake_http_client.hpp"
#include "core/streaming/testing/fake_mqtt_subscriber.hpp"

namespace {

using namespace streaming;
using testing::ElementsAre;
using testing::Pair;

using Messages = std::vector<std::pair<std::string, std::string>>;

Messages messages_of(std::string_view body) {
    Messages messages;
    for_each_mqtt_message(
        body, [&](std::string_view topic, std::string_view payload) { messages.emplace_back(topic, payload); });
    return messages;
}

TEST(MqttBody, CarriesAnyTopicAndPayload) {
    const std::string zero("\0\n 7", 4);
    EXPECT_THAT(messages_of(mqtt_body({{"a b/c", "{}"}, {"x", ""}, {"y", zero}})),
                ElementsAre(Pair("a b/c", "{}"), Pair("x", ""), Pair("y", zero)));
    EXPECT_THAT(messages_of(""), ElementsAre());
    for (const char* wrong : {"x", "1", "1 1", "1 1\nab", "1 5\nab\n", "-1 1\nab\n", "99999999999999999999 1\nab\n"}) {
        EXPECT_THROW((void)messages_of(wrong), PermanentError) << wrong;
    }
}

class MqttConnectorTest : public testing::Test {
protected:
    MqttConnectorTest() {
        connector_->on_news([this] {
            const std::scoped_lock lock(mutex_);
            news_ = true;
            changed_.notify_all();
        });
        EXPECT_TRUE(fetch().ok());
    }
    Result<Response> fetch() { return connector_->fetch({.http = http_, .stop = {}}); }
    Response pushed() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return news_; });
        news_ = false;
        auto answer = fetch();
        EXPECT_TRUE(answer.ok());
        return std::move(answer).value();
    }

    fakes::FakeClock clock_{};
    fakes::FakeWeb web_{};
    fakes::FakeHttpClient http_{web_};
    std::mutex mutex_;
    std::condition_variable changed_;
    bool news_ = false;
    fakes::FakeMqttBroker broker_{};
    std::unique_ptr<MqttConnector> connector_ = std::make_unique<MqttConnector>(clock_, broker_.subscriber());
};

TEST_F(MqttConnectorTest, AcknowledgesWhenTheRowsAreSettled) {
    broker_.publish({{"a", "1"}, {"b", "2"}});
    Response answer = pushed();
    EXPECT_THAT(messages_of(answer.body), ElementsAre(Pair("a", "1"), Pair("b", "2")));
    answer.receipt->complete(true);
    EXPECT_THAT(broker_.outcomes(1), ElementsAre(true));
}

TEST_F(MqttConnectorTest, DoesNotWhenTheyAreGivenUp) {
    broker_.publish({{"a", "1"}});
    pushed().receipt->complete(false);
    broker_.publish({{"a", "1"}});
    pushed().receipt->complete(true);
    EXPECT_THAT(broker_.outcomes(2), ElementsAre(false, true));
}

TEST_F(MqttConnectorTest, DoesNotWhenItEnds) {
    broker_.publish({{"a", "1"}});
    const Response answer = pushed();
    connector_.reset();
    EXPECT_THAT(broker_.outcomes(1), ElementsAre(false));
}

TEST_F(MqttConnectorTest, StillAcknowledgesWhatWasTakenBeforeTheEnd) {
    broker_.publish({{"a", "1"}});
    Response answer = pushed();
    connector_->end();
    answer.receipt->complete(true);
    EXPECT_THAT(broker_.outcomes(1), ElementsAre(true));
}

TEST_F(MqttConnectorTest, SaysThatTheBrokerIsAway) {
    broker_.away("connection refused");
    const auto answer = fetch();
    ASSERT_FALSE(answer.ok());
    EXPECT_EQ(answer.error().message, "mqtt broker fake:1883: connection refused");
    EXPECT_TRUE(answer.error().retryable);
    EXPECT_FALSE(news_);
    broker_.away("");
    EXPECT_TRUE(news_) << "it is to be looked at now, not with the next poll";
    EXPECT_TRUE(fetch().ok());
}

/// As it is before it has tried to connect.
class Unconnected final : public MqttSubscriber {
public:
    streaming::Status start(Handler, OnConnected) override { return {}; }
    void stop() noexcept override {}
    [[nodiscard]] Status status() const override { return {.broker = "broker.example:8883"}; }
};

TEST(MqttConnector, IsNotWellBeforeItIsConnected) {
    fakes::FakeClock clock;
    fakes::FakeWeb web;
    fakes::FakeHttpClient http(web);
    MqttConnector connector(clock, std::make_unique<Unconnected>());
    const auto answer = connector.fetch({.http = http, .stop = {}});
    ASSERT_FALSE(answer.ok());
    EXPECT_EQ(answer.error().message, "mqtt broker broker.example:8883: not connected yet");
    EXPECT_TRUE(answer.error().retryable);
}

} // namespace
