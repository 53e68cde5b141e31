// Members that come, go and die.

#include <gmock/gmock.h>
#include <signal.h>

#include <filesystem>
#include <future>
#include <thread>

#include "core/streaming/infrastructure/kafka_message_consumer.hpp"
#include "tests/kafka/feeder.hpp"
#include "tests/kafka/output_account.hpp"
#include "tests/kafka/real_kafka_test.hpp"
#include "tests/support/child_process.hpp"
#include "tests/support/kafka_tools.hpp"

namespace tests {
namespace {

using namespace streaming;
using ::testing::ElementsAre;
using testing_support::AssignmentLog;
using testing_support::ChildProcess;

/// A member of a group that reads on a thread of its own and keeps what happened to its partitions.
class StaticMember {
public:
    StaticMember(const std::string& servers, const std::string& topic, const std::string& name)
        : consumer_({.bootstrap_servers = servers}, {.topics = {topic},
                                                     .group_id = topic + "-static",
                                                     .session_timeout = 10s,
                                                     .heartbeat_interval = 300ms,
                                                     .group_instance_id = name}) {
        EXPECT_TRUE(consumer_.start(log_).ok());
        thread_ = std::jthread([this](const std::stop_token& stop) {
            while (!stop.stop_requested()) {
                RecordBatch batch;
                (void)consumer_.consume(10ms, 100, batch);
                const std::scoped_lock lock(mutex_);
                read_ += batch.size();
                events_ = log_.events;
                changed_.notify_all();
            }
            consumer_.stop();
        });
    }
    bool await(const std::function<bool(const StaticMember&)>& condition) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, 30s, [&] { return condition(*this); });
    }
    [[nodiscard]] std::size_t read() const { return read_; }
    [[nodiscard]] const std::vector<std::string>& events() const { return events_; }

private:
    AssignmentLog log_{};
    KafkaMessageConsumer consumer_;
    std::mutex mutex_{};
    std::condition_variable changed_{};
    std::vector<std::string> events_{};
    std::size_t read_ = 0;
    std::jthread thread_{};
};

class Members : public RealKafkaTest {
protected:
    static std::uint64_t consumed_by(ServiceOrchestrator& service) {
        return service.metrics().flows()[0].second.consumed;
    }
    /// As a program of its own.
    ChildProcess start_copier_process() {
        return ChildProcess({TRIBUTARY_SUITE_SERVICE, "--brokers", servers(), "--redis", redis().url(), "--in", in_,
                             "--out", out_, "--group", group_},
                            log_);
    }
    ~Members() override { std::filesystem::remove(log_); }

    std::string log_ = (std::filesystem::temp_directory_path() / ("tributary-" + group_ + ".log")).string();
};

TEST_F(Members, AStaticMemberThatComesBackInTimeMovesNothing) {
    in_ = make_topic(2);
    Feeder feeder(servers(), in_);
    const auto is_balanced = [](const StaticMember& member) {
        return !member.events().empty() && member.events().back() == "assigned 1";
    };
    StaticMember stays(servers(), in_, "stays");
    auto returns = std::make_unique<StaticMember>(servers(), in_, "returns");
    ASSERT_TRUE(stays.await(is_balanced));
    ASSERT_TRUE(returns->await(is_balanced));
    const auto before = stays.events().size();
    returns.reset();
    returns = std::make_unique<StaticMember>(servers(), in_, "returns");
    ASSERT_TRUE(returns->await(is_balanced)) << "waits for its own ghost";
    // Records of both partitions arrive: both members heard of everything that the group went through.
    feeder.feed(200);
    const auto has_read = [](const StaticMember& member) { return member.read() > 0; };
    ASSERT_TRUE(stays.await(has_read));
    ASSERT_TRUE(returns->await(has_read));
    EXPECT_EQ(stays.events().size(), before) << ::testing::PrintToString(stays.events());
}

TEST_F(Members, AStaticMemberWhoseNameIsTakenEndsAndSaysSo) {
    auto first = start_copier({.group_instance_id = "the-one"});
    Feeder feeder(servers(), in_);
    feeder.feed(100);
    EXPECT_EQ(await_output(servers(), out_, 100), OutputAccount{});
    auto second = start_copier({.group_instance_id = "the-one"});
    std::stop_source give_up;
    auto end = std::async(std::launch::async, [&] { return first->wait(give_up.get_token()); });
    (void)end.wait_for(30s);
    give_up.request_stop();
    const Status ended = end.get();
    ASSERT_FALSE(ended.ok()) << "goes on beside the other one";
    EXPECT_EQ(ended.error().code, ErrorCode::fenced) << ended.error().message;
    EXPECT_FALSE(first->health().live());
    feeder.feed(100);
    EXPECT_EQ(await_output(servers(), out_, 200), OutputAccount{});
    EXPECT_EQ(first->stop() + second->stop(), 0U);
}

TEST_F(Members, TwentyJoinsAndLeavesUnderLoadLoseNothingAndKeepTheOrder) {
    constexpr int kMembers = 4;
    constexpr int kLeaves = 20;
    linger_ = 100ms;
    std::vector<std::unique_ptr<ServiceOrchestrator>> members(kMembers);
    for (auto& member : members) {
        member = start_copier({.workers = 2});
    }
    Feeder feeder(servers(), in_);
    feeder.start();
    std::size_t unfinished = 0;
    for (int leave = 0; leave < kLeaves; ++leave) {
        auto& member = members[static_cast<std::size_t>(leave) % kMembers];
        unfinished += member->stop();
        member = start_copier({.workers = 2});
        // It has joined when records reach it.
        const auto guard = std::chrono::steady_clock::now() + 20s;
        while (consumed_by(*member) == 0 && std::chrono::steady_clock::now() < guard) {
            (void)testing_support::await_end(servers(), out_, feeder.sent() + 1'000'000, 20ms);
        }
        EXPECT_GT(consumed_by(*member), 0U) << "join " << leave;
    }
    const int sent = feeder.stop();
    EXPECT_EQ(await_output(servers(), out_, sent), OutputAccount{}) << sent << " items";
    for (auto& member : members) {
        unfinished += member->stop();
    }
    EXPECT_EQ(unfinished, 0U);
}

TEST_F(Members, ProcessesKilledUnderLoadLoseNothing) {
    constexpr int kKills = 4;
    std::vector<ChildProcess> processes;
    processes.push_back(start_copier_process());
    processes.push_back(start_copier_process());
    Feeder feeder(servers(), in_);
    feeder.start();
    for (int kill = 0; kill < kKills; ++kill) {
        const auto written = testing_support::end_of(servers(), out_);
        ASSERT_TRUE(testing_support::await_end(servers(), out_, written + 500, 60s)) << "kill " << kill;
        auto& victim = processes[static_cast<std::size_t>(kill) % processes.size()];
        victim.kill9();
        victim = start_copier_process();
    }
    const int sent = feeder.stop();
    const auto account = await_output(servers(), out_, sent, 60s);
    EXPECT_EQ(account.missing, 0U) << account;
    EXPECT_EQ(account.strangers, 0U) << account;
    EXPECT_EQ(account.two_ids, 0U) << account;
    // From the effect to its mark: what a killed process had in flight, and no more.
    EXPECT_LE(account.repeats, kKills * ConsumerOptions{}.max_in_flight) << account;
    for (auto& process : processes) {
        process.signal(SIGTERM);
        EXPECT_EQ(process.wait_for(30s), 0);
    }
    RecordProperty("repeats", std::to_string(account.repeats));
}

} // namespace
} // namespace tests
