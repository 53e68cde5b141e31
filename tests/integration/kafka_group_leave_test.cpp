// How a consumer leaves its group while librdkafka wants something of it.

#include <gmock/gmock.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <vector>

#include "core/streaming/infrastructure/kafka_message_consumer.hpp"
#include "tests/support/kafka_fixture.hpp"

namespace streaming {
namespace {

using testing_support::AssignmentLog;
using testing_support::KafkaTest;

constexpr std::int16_t kHeartbeat = 12; // number of the request
constexpr int kRebalanceInProgress = 27;

/// Takes its time to let partitions go: as long as a broker takes to answer that a member left.
class SlowToLetGo final : public AssignmentLog {
public:
    explicit SlowToLetGo(std::chrono::microseconds time) : time_(time) {}
    void on_revoked(std::span<const TopicPartition> partitions) noexcept override {
        AssignmentLog::on_revoked(partitions);
        const auto end = std::chrono::steady_clock::now() + time_;
        while (std::chrono::steady_clock::now() < end) {
        }
    }

private:
    std::chrono::microseconds time_;
};

class KafkaGroupLeaveTest : public KafkaTest {
protected:
    struct Member {
        Member(const KafkaOptions& kafka, const ConsumerOptions& reading, std::chrono::microseconds time)
            : log(time), consumer(kafka, reading) {}
        SlowToLetGo log;
        KafkaMessageConsumer consumer;
    };

    /// Members of groups of their own, each with its partitions.
    std::vector<std::unique_ptr<Member>> members(int count) {
        std::vector<std::unique_ptr<Member>> all;
        for (int i = 0; i < count; ++i) {
            auto options = reading("t", "group-" + std::to_string(i));
            options.heartbeat_interval = 10ms;
            options.session_timeout = 60s; // no heartbeat is counted while they are answered with a rebalance
            all.push_back(std::make_unique<Member>(kafka(own_), options, std::chrono::microseconds(60 + i)));
            EXPECT_TRUE(all.back()->consumer.start(all.back()->log).ok());
        }
        while (!std::ranges::all_of(all, [](const auto& member) { return !member->log.events.empty(); })) {
            for (const auto& member : all) {
                RecordBatch batch;
                (void)member->consumer.consume(5ms, 1, batch);
            }
        }
        return all;
    }

    EmbeddedBroker own_{};
};

/// librdkafka 2.0.2 settles a rebalance that came before the close by itself, and can lose the answer that was on its
/// way.
TEST_F(KafkaGroupLeaveTest, ARebalanceThatComesWithTheStopHoldsNobodyUp) {
    ASSERT_TRUE(own_.create_topic("t", 2).ok());
    auto all = members(150);
    own_.fail_next(kHeartbeat, std::vector<int>(2000, kRebalanceInProgress));
    for (const auto& member : all) {
        const TopicOffset start{"t", 0, 0};
        EXPECT_TRUE(member->consumer.commit({&start, 1}, CommitMode::wait).ok()); // brings the heartbeat along
        member->consumer.stop();
        EXPECT_EQ(member->log.events, (std::vector<std::string>{"assigned 2", "revoked 2"}));
    }
}

} // namespace
} // namespace streaming
