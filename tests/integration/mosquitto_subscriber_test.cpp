#include <gmock/gmock.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <new>
#include <set>
#include <string>
#include <thread>

#include "core/streaming/infrastructure/mqtt_subscriber.hpp"
#include "tests/support/mosquitto_broker.hpp"

namespace {

/// The next one of so many bytes or more fails; 0 = none does.
[[maybe_unused]] std::atomic<std::size_t> allocation_that_fails{0};
/// The test's own allocations are none of them: it copies the payload too.
[[maybe_unused]] thread_local bool allocations_here_succeed = false;

} // namespace

#ifndef TRIBUTARY_SANITIZED // these have their own
// In place of the library's: memory that runs out for one message and is there again for the next. Inlined, the
// compiler would take them for a pair that does not match.
[[gnu::noinline]] void* operator new(std::size_t size) {
    std::size_t fails = allocation_that_fails.load(std::memory_order_relaxed);
    if (fails != 0 && size >= fails && !allocations_here_succeed &&
        allocation_that_fails.compare_exchange_strong(fails, 0)) {
        throw std::bad_alloc();
    }
    if (void* const memory = std::malloc(size == 0 ? 1 : size)) {
        return memory;
    }
    throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t /*size*/) noexcept { std::free(memory); }
#endif

namespace streaming {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Le;
using ::testing::Not;
using testing_support::ChildProcess;
using testing_support::MosquittoBroker;

/// Takes what a subscriber brings, one call at a time, and says what becomes of it.
class Taker {
public:
    MqttSubscriber::Handler handler() {
        return [this](std::vector<MqttMessage> messages, const std::stop_token& stop) {
            std::unique_lock lock(mutex_);
            messages_ = std::move(messages);
            came_ = true;
            changed_.notify_all();
            changed_.wait(lock, stop, [this] { return answer_.has_value(); });
            return std::exchange(answer_, std::nullopt).value_or(false);
        };
    }
    /// The payloads of the next call, which waits for `answer`.
    std::vector<std::string> next() {
        std::unique_lock lock(mutex_);
        EXPECT_TRUE(changed_.wait_for(lock, 20s, [this] { return came_; }));
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
    [[nodiscard]] std::string topic() {
        const std::scoped_lock lock(mutex_);
        return messages_.empty() ? "" : messages_.front().topic;
    }

private:
    std::mutex mutex_;
    std::condition_variable_any changed_;
    std::vector<MqttMessage> messages_{};
    bool came_ = false;
    std::optional<bool> answer_{};
};

MqttOptions options_for(const MosquittoBroker& broker) {
    return {.host = "127.0.0.1",
            .port = broker.port(),
            .topics = {"sensors/+/t", "all/#"},
            .client_id = "tester",
            .first_reconnect_delay = 10ms,
            .max_reconnect_delay = 50ms};
}

class MosquittoSubscriberTest : public ::testing::Test {
protected:
    std::unique_ptr<MqttSubscriber> subscribe(const MqttOptions& options) {
        auto subscriber = make_mqtt_subscriber(options);
        EXPECT_TRUE(subscriber->start(taker_.handler(), {}).ok());
        return subscriber;
    }
    /// The broker knows the session from now on.
    std::unique_ptr<MqttSubscriber> subscribed(const MqttOptions& options) {
        broker_.publish("all/first", "first", true); // retained: it comes as soon as somebody subscribes
        auto subscriber = subscribe(options);
        EXPECT_THAT(taker_.next(), ElementsAre("first"));
        taker_.answer(true);
        return subscriber;
    }
    /// Until all of these came, each acknowledged.
    void take(std::set<std::string> wanted) {
        while (!wanted.empty()) {
            const auto payloads = taker_.next();
            ASSERT_THAT(payloads, Not(IsEmpty()));
            for (const std::string& payload : payloads) {
                wanted.erase(payload);
            }
            taker_.answer(true);
        }
    }

    MosquittoBroker broker_{};
    Taker taker_{};
};

TEST_F(MosquittoSubscriberTest, BringsWhatItSubscribedTo) {
    const auto subscriber = subscribed(options_for(broker_));
    broker_.publish("sensors/d1/other", "no");
    broker_.publish("sensors/d1/t", "yes");
    EXPECT_THAT(taker_.next(), ElementsAre("yes"));
    EXPECT_EQ(taker_.topic(), "sensors/d1/t");
    taker_.answer(true);
    broker_.publish("all/a/b", std::string("\0\n", 2));
    EXPECT_THAT(taker_.next(), ElementsAre(std::string("\0\n", 2)));
    EXPECT_TRUE(subscriber->status().connected);
    EXPECT_EQ(subscriber->status().problem, "");
    EXPECT_EQ(subscriber->status().acknowledged, 2U);
}

TEST_F(MosquittoSubscriberTest, WhatIsNotSafeComesAgain) {
    const auto subscriber = subscribed(options_for(broker_));
    broker_.publish("all/a", "1");
    for (const bool safe : {false, false, true}) {
        EXPECT_THAT(taker_.next(), ElementsAre("1"));
        taker_.answer(safe);
    }
    broker_.publish("all/a", "2");
    EXPECT_THAT(taker_.next(), ElementsAre("2"));
}

TEST_F(MosquittoSubscriberTest, IsConnectedWhileItHandsOverWhatASessionKept) {
    auto subscriber = subscribed(options_for(broker_));
    subscriber->stop();
    for (int i = 0; i < 50; ++i) { // more than the broker sends without an acknowledgement
        broker_.publish("all/a", std::to_string(i));
    }
    subscriber = subscribe(options_for(broker_));
    EXPECT_THAT(taker_.next(), Not(IsEmpty()));
    EXPECT_TRUE(subscriber->status().connected) << subscriber->status().problem;
    EXPECT_EQ(subscriber->status().connects, 1U);
    taker_.answer(true);
    broker_.publish("all/a", "last");
    take({"last"});
    EXPECT_EQ(subscriber->status().connects, 1U) << "once, whatever told of it first";
}

#ifndef TRIBUTARY_SANITIZED
TEST_F(MosquittoSubscriberTest, WhatThereWasNoMemoryForComesAgain) {
    const auto subscriber = subscribed(options_for(broker_));
    const std::string large(1'000'000, 'x');
    allocations_here_succeed = true;
    allocation_that_fails = large.size();
    broker_.publish("all/a", large);
    EXPECT_TRUE(taker_.next() == std::vector<std::string>{large}); // too long to be shown
    EXPECT_EQ(allocation_that_fails.load(), 0U) << "it had failed";
    taker_.answer(true);
    broker_.publish("all/a", "2");
    EXPECT_THAT(taker_.next(), ElementsAre("2"));
}
#endif

TEST_F(MosquittoSubscriberTest, WhatWasOnItsWayAtAStopComesAgain) {
    auto subscriber = subscribed(options_for(broker_));
    broker_.publish("all/a", "1");
    EXPECT_THAT(taker_.next(), ElementsAre("1"));
    subscriber.reset();
    broker_.publish("all/a", "2"); // while nobody is there
    subscriber = subscribe(options_for(broker_));
    take({"1", "2"});
}

/// The process is killed after it has read a message and before that is safe.
TEST_F(MosquittoSubscriberTest, WhatWasOnItsWayInAProcessThatIsKilledComesAgain) {
    for (const auto version : {MqttOptions::Version::v5, MqttOptions::Version::v3_1_1}) {
        MqttOptions options = options_for(broker_);
        options.version = version;
        options.client_id = version == MqttOptions::Version::v5 ? "five" : "three";
        broker_.publish("all/first", "first", true);
        std::array<int, 2> pipe{};
        ASSERT_EQ(::pipe(pipe.data()), 0);
        const pid_t child = ::fork();
        if (child == 0) {
            const auto subscriber = make_mqtt_subscriber(options);
            (void)subscriber->start(
                [&](const std::vector<MqttMessage>& messages, const std::stop_token&) {
                    (void)!::write(pipe[1], "x", 1);
                    if (messages.back().payload == "first") {
                        return true;
                    }
                    for (;;) {
                        ::pause();
                    }
                },
                {});
            for (;;) {
                ::pause();
            }
        }
        char told = 0;
        EXPECT_EQ(::read(pipe[0], &told, 1), 1); // the first one: it is subscribed
        broker_.publish("all/a", "1");
        EXPECT_EQ(::read(pipe[0], &told, 1), 1); // the other one: it has it
        broker_.publish("all/a", "2");           // the broker had time to hear of the first
        ::kill(child, SIGKILL);
        ::waitpid(child, nullptr, 0);
        ::close(pipe[0]);
        ::close(pipe[1]);
        const auto subscriber = subscribe(options);
        take({"1", "2"});
    }
}

TEST_F(MosquittoSubscriberTest, ReadsNoMoreThanItMayHoldUnacknowledged) {
    MqttOptions options = options_for(broker_);
    options.receive_maximum = 7;
    const auto subscriber = subscribed(options);
    std::set<std::string> missing;
    for (int i = 0; i < 50; ++i) {
        missing.insert(std::to_string(i));
        broker_.publish("all/a", std::to_string(i));
    }
    while (!missing.empty()) {
        const auto payloads = taker_.next();
        ASSERT_THAT(payloads.size(), AllOf(Le(7U), ::testing::Ge(1U)));
        for (const std::string& payload : payloads) {
            missing.erase(payload);
        }
        taker_.answer(true);
    }
    EXPECT_EQ(subscriber->status().messages, 51U);
}

TEST_F(MosquittoSubscriberTest, ConnectsAndSubscribesAgain) {
    const auto subscriber = subscribed(options_for(broker_));
    broker_.publish("all/a", "1");
    take({"1"});
    broker_.stop();
    ::unlink((broker_.directory() + "/mosquitto.db").c_str()); // it has forgotten everything
    broker_.start();
    broker_.publish("all/second", "second", true); // comes as soon as it has subscribed
    take({"second"});
    EXPECT_GE(subscriber->status().connects, 2U);
}

TEST(MosquittoSubscriberLogin, SaysThatItIsRefusedAndShowsNoPassword) {
    const MosquittoBroker open;
    const std::string passwords = open.directory() + "/passwords";
    ChildProcess made({"mosquitto_passwd", "-c", "-b", passwords, "user", "s3cret"}, open.directory() + "/log2");
    EXPECT_EQ(made.wait(), 0);
    MosquittoBroker broker({"allow_anonymous false", "password_file " + passwords});
    Taker taker;
    MqttOptions options = options_for(broker);
    options.username = "user";
    options.password = "wr0ng";
    const auto wrong = make_mqtt_subscriber(options);
    ASSERT_TRUE(wrong->start(taker.handler(), {}).ok());
    std::string problem;
    while (problem.empty()) {
        std::this_thread::yield();
        problem = wrong->status().problem;
    }
    EXPECT_THAT(problem, AllOf(HasSubstr("the broker refuses: "), Not(HasSubstr("wr0ng"))));
    options.password = "s3cret";
    options.client_id = "other";
    const auto right = make_mqtt_subscriber(options);
    ASSERT_TRUE(right->start(taker.handler(), {}).ok());
    while (!right->status().connected) {
        ASSERT_EQ(right->status().problem, "");
        std::this_thread::yield();
    }
}

TEST(MosquittoSubscriberTls, ChecksWhoTheBrokerIs) {
    MosquittoBroker plain;
    const auto make = [&](const std::string& name) { // a certificate of 127.0.0.1 that nobody else signed
        ChildProcess made({"openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
                           "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout",
                           plain.directory() + "/" + name + ".key", "-out", plain.directory() + "/" + name + ".crt"},
                          plain.directory() + "/log2");
        EXPECT_EQ(made.wait(), 0);
    };
    make("broker");
    make("other");
    const std::string folder = plain.directory();
    MosquittoBroker broker(
        {"allow_anonymous true", "certfile " + folder + "/broker.crt", "keyfile " + folder + "/broker.key"});
    Taker taker;
    MqttOptions options = options_for(broker);
    options.tls = true;
    options.ca_file = folder + "/other.crt";
    const auto wrong = make_mqtt_subscriber(options);
    ASSERT_TRUE(wrong->start(taker.handler(), {}).ok());
    while (wrong->status().problem.empty()) {
        ASSERT_FALSE(wrong->status().connected);
        std::this_thread::yield();
    }
    options.ca_file = folder + "/broker.crt";
    options.client_id = "other";
    const auto right = make_mqtt_subscriber(options);
    ASSERT_TRUE(right->start(taker.handler(), {}).ok());
    while (!right->status().connected) {
        ASSERT_EQ(right->status().problem, "");
        std::this_thread::yield();
    }
}

TEST(MosquittoSubscriberLife, StopsWhileTheBrokerIsAwayAndSaysWhatIsWrong) {
    MosquittoBroker broker;
    MqttOptions options = options_for(broker);
    broker.stop();
    Taker taker;
    const auto subscriber = make_mqtt_subscriber(options);
    subscriber->stop();
    ASSERT_TRUE(subscriber->start(taker.handler(), {}).ok());
    while (subscriber->status().problem.empty()) {
        ASSERT_FALSE(subscriber->status().connected);
        std::this_thread::yield();
    }
    EXPECT_THAT(subscriber->status().problem, HasSubstr("refused"));
    subscriber->stop();
    subscriber->stop();
    options.topics = {"a#"};
    const Status started = make_mqtt_subscriber(options)->start(taker.handler(), {});
    ASSERT_FALSE(started.ok());
    EXPECT_THAT(started.error().message, HasSubstr("'a#' is no topic filter"));
}

} // namespace
} // namespace streaming
