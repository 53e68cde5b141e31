#include "core/streaming/infrastructure/connection_manager.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "core/streaming/testing/fake_platform.hpp"
#include "core/streaming/testing/mocks.hpp"

namespace {

using namespace streaming;
using testing::_;
using testing::AllOf;
using testing::ByMove;
using testing::Ge;
using testing::HasSubstr;
using testing::Le;
using testing::NiceMock;
using testing::Return;

/// A service's connections in a world that a test breaks; time moves only when somebody waits.
class ConnectionManagerTest : public testing::Test {
protected:
    static ConnectionManager::Options options() {
        return {.kafka = {.bootstrap_servers = "fake:9092"}, .start_deadline = std::chrono::seconds(10)};
    }
    /// Starts while time moves from one wait to the next.
    Status start(ConnectionManager& connections, const std::stop_token& stop = {}) {
        std::jthread time([this](const std::stop_token& end) {
            while (!end.stop_requested()) {
                if (platform_.clock().waiters() > 0) {
                    if (before_time_moves_) {
                        before_time_moves_();
                    }
                    platform_.clock().advance_to_next_deadline();
                }
            }
        });
        return connections.start(stop);
    }

    fakes::Platform platform_{};
    std::function<void()> before_time_moves_{};
};

TEST_F(ConnectionManagerTest, IsConnectingThenUp) {
    ConnectionManager connections(platform_, options());
    EXPECT_EQ(connections.state("kafka").phase, ConnectionPhase::connecting);
    ASSERT_TRUE(connections.start({}).ok());
    EXPECT_EQ(connections.state("kafka").phase, ConnectionPhase::up);
    EXPECT_TRUE(connections.producer().send({.topic = "orders", .payload = "p"}, std::chrono::seconds(1)).ok());
    EXPECT_TRUE(connections.start({}).ok()) << "the second start finds all done";
    EXPECT_EQ(connections.stop(std::chrono::seconds(1)), 0U);
}

TEST_F(ConnectionManagerTest, TriesUntilTheBrokerComesBack) {
    platform_.broker().set_down(true);
    ConnectionManager connections(platform_, options());
    int waits = 0;
    before_time_moves_ = [&] {
        if (++waits == 3) {
            platform_.broker().set_down(false);
        }
    };
    const auto begin = platform_.clock().now();
    ASSERT_TRUE(start(connections).ok());
    EXPECT_EQ(platform_.clock().now() - begin, std::chrono::milliseconds(200 + 400 + 800));
}

TEST_F(ConnectionManagerTest, GivesUpAtTheStartDeadline) {
    platform_.broker().set_down(true);
    ConnectionManager connections(platform_, options());
    const auto begin = platform_.clock().now();
    const Status started = start(connections);
    ASSERT_FALSE(started.ok());
    EXPECT_EQ(started.error().code, ErrorCode::unavailable);
    EXPECT_LE(platform_.clock().now() - begin, std::chrono::seconds(10));
    EXPECT_EQ(connections.state("kafka").phase, ConnectionPhase::down);
    EXPECT_FALSE(connections.state("kafka").reason.empty());
}

TEST_F(ConnectionManagerTest, AStopEndsTheTrying) {
    platform_.broker().set_down(true);
    ConnectionManager connections(platform_, options());
    std::stop_source stop;
    before_time_moves_ = [&] { stop.request_stop(); };
    EXPECT_FALSE(start(connections, stop.get_token()).ok());
}

TEST_F(ConnectionManagerTest, DoesNotRetryWhatCannotHeal) {
    NiceMock<mocks::MockPlatform> platform;
    auto producer = std::make_unique<NiceMock<mocks::MockMessageProducer>>();
    EXPECT_CALL(*producer, start(AllOf(Ge(std::chrono::milliseconds(1)), Le(std::chrono::seconds(2)))))
        .WillOnce(Return(Error{.code = ErrorCode::not_authorized, .message = "wrong password"}));
    ON_CALL(platform, clock()).WillByDefault(testing::ReturnRef(platform_.clock()));
    ON_CALL(platform, producer(_, _)).WillByDefault(Return(ByMove(std::move(producer))));
    ConnectionManager connections(platform, options());
    EXPECT_EQ(connections.start({}).error().code, ErrorCode::not_authorized);
    EXPECT_EQ(connections.state("kafka").reason, "wrong password");
}

TEST_F(ConnectionManagerTest, AStoreThatIsAwayDoesNotKeepItFromStarting) {
    platform_.store().set_down(true);
    auto with_redis = options();
    with_redis.redis = RedisOptions{.url = "redis://fake"};
    ConnectionManager connections(platform_, with_redis);
    EXPECT_TRUE(connections.start({}).ok());
    EXPECT_NE(connections.open_store(), nullptr);
}

TEST_F(ConnectionManagerTest, HasNoStoreWithoutRedis) {
    ConnectionManager connections(platform_, options());
    EXPECT_EQ(connections.open_store(), nullptr);
}

TEST_F(ConnectionManagerTest, RemembersSinceWhenAConnectionIsAsItIs) {
    ConnectionManager connections(platform_, options());
    connections.report("redis orders", ConnectionPhase::up);
    platform_.clock().advance(std::chrono::seconds(5));
    const auto broken = platform_.clock().now();
    connections.report("redis orders", ConnectionPhase::degraded, "no answer");
    platform_.clock().advance(std::chrono::seconds(5));
    connections.report("redis orders", ConnectionPhase::degraded, "still no answer");
    const ConnectionState state = connections.state("redis orders");
    EXPECT_EQ(state.since, broken);
    EXPECT_EQ(state.reason, "still no answer");
    EXPECT_EQ(connections.states().size(), 2U);
    EXPECT_EQ(connections.state("nobody").phase, ConnectionPhase::connecting);
}

} // namespace
