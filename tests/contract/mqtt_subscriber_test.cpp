#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <ostream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "core/streaming/infrastructure/mqtt_subscriber.hpp"
#include "core/streaming/testing/fake_mqtt_subscriber.hpp"
#include "tests/support/mosquitto_broker.hpp"

namespace streaming::contract {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;

/// A broker and its one subscriber, which has a session there: what is published while it is away waits for it.
class MqttUnderTest {
public:
    virtual ~MqttUnderTest() = default;
    virtual MqttSubscriber& subscriber() = 0;
    virtual void publish(const MqttMessage& message) = 0;
    /// What was not safe comes soon.
    virtual void send_again() = 0;
    virtual void leave() = 0; ///< the broker
};

class FakeMqttUnderTest final : public MqttUnderTest {
public:
    MqttSubscriber& subscriber() override { return *subscriber_; }
    void publish(const MqttMessage& message) override { broker_.publish({message}); }
    void send_again() override { broker_.send_again(); }
    void leave() override { broker_.away("connection refused"); }

private:
    fakes::FakeMqttBroker broker_{};
    std::unique_ptr<MqttSubscriber> subscriber_ = broker_.subscriber();
};

class MosquittoUnderTest final : public MqttUnderTest {
public:
    /// Its session begins with a subscriber that nobody knows.
    MosquittoUnderTest() {
        const auto first = make_mqtt_subscriber(options());
        EXPECT_TRUE(first->start([](const auto&, const auto&) { return true; }, {}).ok());
        while (!first->status().connected) {
            std::this_thread::yield();
        }
    }
    MqttSubscriber& subscriber() override { return *subscriber_; }
    void publish(const MqttMessage& message) override { broker_.publish(message.topic, message.payload); }
    void send_again() override {}
    void leave() override { broker_.stop(); }

private:
    [[nodiscard]] MqttOptions options() const {
        return {.host = "127.0.0.1",
                .port = broker_.port(),
                .topics = {"all/#"},
                .client_id = "contract",
                .first_reconnect_delay = 10ms,
                .max_reconnect_delay = 50ms};
    }

    testing_support::MosquittoBroker broker_{};
    std::unique_ptr<MqttSubscriber> subscriber_ = make_mqtt_subscriber(options());
};

struct MqttFactory {
    std::string name{};
    std::function<std::unique_ptr<MqttUnderTest>()> make{};
    friend std::ostream& operator<<(std::ostream& out, const MqttFactory& factory) { return out << factory.name; }
};

class MqttSubscriberContract : public ::testing::TestWithParam<MqttFactory> {
protected:
    MqttSubscriberContract() = default;
    ~MqttSubscriberContract() override { mqtt_->subscriber().stop(); }

    void start() {
        EXPECT_TRUE(mqtt_->subscriber()
                        .start([this](std::vector<MqttMessage> messages,
                                      const std::stop_token& stop) { return handle(std::move(messages), stop); },
                               {})
                        .ok());
    }
    void publish(const std::string& payload) { mqtt_->publish({.topic = "all/a", .payload = payload}); }
    /// The payloads of the next call of the handler, which waits for `answer`.
    std::vector<std::string> next() {
        std::unique_lock lock(mutex_);
        EXPECT_TRUE(changed_.wait_for(lock, 20s, [this] { return came_; })) << "nothing comes";
        came_ = false;
        std::vector<std::string> payloads;
        for (const MqttMessage& message : messages_) {
            payloads.push_back(message.payload);
        }
        return payloads;
    }
    void answer(bool safe) {
        const std::scoped_lock lock(mutex_);
        answer_ = safe;
        changed_.notify_all();
    }
    /// Until so many messages came, in order, each of them safe.
    std::vector<std::string> take(std::size_t count) {
        std::vector<std::string> all;
        while (all.size() < count) {
            const auto some = next();
            EXPECT_THAT(some, Not(IsEmpty()));
            all.insert(all.end(), some.begin(), some.end());
            answer(true);
        }
        return all;
    }
    [[nodiscard]] MqttSubscriber::Status status() const { return mqtt_->subscriber().status(); }
    void await(const std::function<bool(const MqttSubscriber::Status&)>& condition) const {
        const auto end = std::chrono::steady_clock::now() + 20s;
        while (!condition(status())) {
            ASSERT_LT(std::chrono::steady_clock::now(), end) << status().problem;
            std::this_thread::yield();
        }
    }

    std::unique_ptr<MqttUnderTest> mqtt_ = GetParam().make();
    std::mutex mutex_{};
    std::condition_variable_any changed_{};
    std::vector<MqttMessage> messages_{};
    bool came_ = false;
    std::optional<bool> answer_{};
    int at_once_ = 0;
    int most_at_once_ = 0;
    bool told_to_stop_ = false;

private:
    bool handle(std::vector<MqttMessage> messages, const std::stop_token& stop) {
        std::unique_lock lock(mutex_);
        most_at_once_ = std::max(most_at_once_, ++at_once_);
        messages_ = std::move(messages);
        came_ = true;
        changed_.notify_all();
        changed_.wait(lock, stop, [this] { return answer_.has_value(); });
        told_to_stop_ = stop.stop_requested();
        --at_once_;
        return std::exchange(answer_, std::nullopt).value_or(false);
    }
};

TEST_P(MqttSubscriberContract, BringsTopicAndPayloadOldestFirstOneCallAtATime) {
    start();
    mqtt_->publish({.topic = "all/where", .payload = std::string("a\0\xff", 3)});
    EXPECT_THAT(next(), ElementsAre(std::string("a\0\xff", 3)));
    EXPECT_EQ(messages_.front().topic, "all/where");
    publish("1"); // while the handler is at work
    publish("2");
    publish("3");
    answer(true);
    EXPECT_THAT(take(3), ElementsAre("1", "2", "3"));
    EXPECT_EQ(most_at_once_, 1);
}

TEST_P(MqttSubscriberContract, CountsWhatCameAndWhatWasAcknowledged) {
    start();
    await([](const auto& now) { return now.connected; });
    publish("1");
    (void)next();
    EXPECT_TRUE(status().connected);
    EXPECT_EQ(status().problem, "");
    EXPECT_EQ(status().connects, 1U);
    EXPECT_EQ(status().messages, 1U);
    EXPECT_EQ(status().acknowledged, 0U) << "it is not safe yet";
    answer(true);
    await([](const auto& now) { return now.acknowledged == 1; });
}

TEST_P(MqttSubscriberContract, WhatIsNotSafeComesAgainAndIsNotAcknowledged) {
    start();
    publish("1");
    EXPECT_THAT(next(), ElementsAre("1"));
    answer(false);
    mqtt_->send_again();
    EXPECT_THAT(next(), ElementsAre("1"));
    EXPECT_EQ(status().acknowledged, 0U);
    answer(true);
    await([](const auto& now) { return now.acknowledged == 1 && now.messages == 2; });
}

TEST_P(MqttSubscriberContract, AStopTellsTheHandlerWaitsForItAndMayBeRepeated) {
    mqtt_->subscriber().stop();
    start();
    publish("1");
    EXPECT_THAT(next(), ElementsAre("1"));
    mqtt_->subscriber().stop();
    EXPECT_TRUE(told_to_stop_);
    EXPECT_EQ(at_once_, 0);
    EXPECT_EQ(status().acknowledged, 0U);
    publish("2");
    mqtt_->subscriber().stop();
    EXPECT_FALSE(came_) << "nothing is brought any more";
}

TEST_P(MqttSubscriberContract, ABrokerThatIsAwayIsToldWithTheReason) {
    mqtt_->leave();
    start();
    await([](const auto& now) { return !now.problem.empty(); });
    EXPECT_FALSE(status().connected);
    EXPECT_EQ(status().connects, 0U);
}

INSTANTIATE_TEST_SUITE_P(
    , MqttSubscriberContract,
    ::testing::Values(MqttFactory{.name = "Fake", .make = [] { return std::make_unique<FakeMqttUnderTest>(); }},
                      MqttFactory{.name = "Mosquitto", .make = [] { return std::make_unique<MosquittoUnderTest>(); }}),
    [](const auto& instance) { return instance.param.name; });

} // namespace
} // namespace streaming::contract
