#include "core/streaming/patterns/run_service.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <condition_variable>
#include <csignal>
#include <cstdlib>

#include "core/streaming/infrastructure/permanent_error.hpp"
#include "tests/support/flow_fixture.hpp"

// Each case is a process of its own: run_service takes over signals and logging, and its promise is the exit code.
namespace {

using namespace streaming;
using testing::ExitedWithCode;
using tests::envelope;
using tests::Item;

int run(std::vector<std::string> words, const std::function<void(StreamServiceBuilder&)>& wire) {
    words.insert(words.begin(), "shop");
    std::vector<char*> arguments;
    for (std::string& word : words) {
        arguments.push_back(word.data());
    }
    return run_service(static_cast<int>(arguments.size()), arguments.data(), "shop", wire);
}

/// Reads a topic of the embedded broker in which one record waits. Broadcast: it need not join a group.
void read_one(StreamServiceBuilder& service, std::function<void(Context&)> handler) {
    service
        .add_consumer_handler<Item>({.topics = {"items"},
                                     .group_id = "shop",
                                     .broadcast = true,
                                     .error_handling = ErrorHandlingOptions{.on_exhausted = ExhaustedPolicy::stop}},
                                    [handler = std::move(handler)](const Item&, Context& context) { handler(context); })
        .on_start([] {
            const auto producer = real_platform().producer({.bootstrap_servers = "embedded"}, {});
            if (!producer->start(std::chrono::seconds(10)).ok() ||
                !producer->send({.topic = "items", .payload = envelope("id-1")}, std::chrono::seconds(10)).ok()) {
                std::abort();
            }
        });
}

void wait_for_stop(const std::stop_token& stop) {
    std::mutex mutex;
    std::condition_variable_any never;
    std::unique_lock lock(mutex);
    never.wait(lock, stop, [] { return false; });
}

class RunServiceDeathTest : public testing::Test {
protected:
    void SetUp() override { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
};

TEST_F(RunServiceDeathTest, ASignalStopsItWell) {
    EXPECT_EXIT(std::exit(run({"--brokers", "embedded"},
                              [](StreamServiceBuilder& service) {
                                  read_one(service, [](Context&) { ::kill(::getpid(), SIGTERM); });
                              })),
                ExitedWithCode(0), "SIGTERM: stopping");
}

TEST_F(RunServiceDeathTest, ASignalWhileItStartsStopsItWell) {
    EXPECT_EXIT(std::exit(run({"--brokers", "embedded"},
                              [](StreamServiceBuilder& service) {
                                  service
                                      .add_consumer_handler<Item>({.topics = {"items"}, .group_id = "shop"},
                                                                  [](const Item&, Context&) {})
                                      .on_start([] { ::kill(::getpid(), SIGINT); });
                              })),
                ExitedWithCode(0), "SIGINT: stopping");
}

TEST_F(RunServiceDeathTest, ASecondSignalEndsItAtOnce) {
    EXPECT_EXIT(std::exit(run({"--brokers", "embedded"},
                              [](StreamServiceBuilder& service) {
                                  read_one(service, [](Context& context) {
                                      ::kill(::getpid(), SIGTERM);
                                      wait_for_stop(context.stop_token());
                                      ::kill(::getpid(), SIGTERM);
                                      wait_for_stop({});
                                  });
                              })),
                ExitedWithCode(75), "second signal");
}

TEST_F(RunServiceDeathTest, AFlowThatEndsByItselfIsAFailure) {
    EXPECT_EXIT(std::exit(run({"--brokers", "embedded", "--log-format", "json"},
                              [](StreamServiceBuilder& service) {
                                  read_one(service, [](Context&) { throw PermanentError("bad"); });
                              })),
                ExitedWithCode(1), "on_exhausted is stop");
}

TEST_F(RunServiceDeathTest, AHookThatThrowsIsAFailure) {
    EXPECT_EXIT(std::exit(run({"--brokers", "embedded"},
                              [](StreamServiceBuilder& service) {
                                  read_one(service, [](Context&) {});
                                  service.on_start([] { throw std::runtime_error("no licence"); });
                              })),
                ExitedWithCode(1), "not started: on_start: no licence");
}

TEST_F(RunServiceDeathTest, ABrokerThatIsAwayIsUnavailable) {
    EXPECT_EXIT(std::exit(run({"--brokers", "127.0.0.1:1"},
                              [](StreamServiceBuilder& service) {
                                  service.add_consumer_handler<Item>({.topics = {"items"}, .group_id = "shop"},
                                                                     [](const Item&, Context&) {});
                              })),
                ExitedWithCode(69), "127.0.0.1:1");
}

TEST_F(RunServiceDeathTest, PrintsEveryProblemOfTheConfiguration) {
    EXPECT_EXIT(std::exit(run({"--config", "/no/such/file.yaml"},
                              [](StreamServiceBuilder& service) {
                                  service.add_consumer_handler<Item>({.topics = {}, .group_id = "shop"},
                                                                     [](const Item&, Context&) {});
                              })),
                ExitedWithCode(78), "no/such/file(.|\n)*bootstrap_servers(.|\n)*topics");
}

TEST_F(RunServiceDeathTest, AWireThatThrowsIsAFailure) {
    EXPECT_EXIT(std::exit(run({}, [](StreamServiceBuilder&) { throw std::runtime_error("no table"); })),
                ExitedWithCode(1), "no table");
}

TEST_F(RunServiceDeathTest, HelpAndWrongFlags) {
    EXPECT_EXIT(std::exit(run({"--help"}, [](StreamServiceBuilder&) {})), ExitedWithCode(0), "");
    EXPECT_EXIT(std::exit(run({"--no-such-flag"}, [](StreamServiceBuilder&) {})), ExitedWithCode(2), "no-such-flag");
}

} // namespace
