// Brokers that are killed with -9 under load.

#include <gmock/gmock.h>

#include "tests/kafka/feeder.hpp"
#include "tests/kafka/output_account.hpp"
#include "tests/kafka/real_kafka_test.hpp"
#include "tests/support/kafka_tools.hpp"

namespace tests {
namespace {

class BrokerCrash : public RealKafkaTest {
protected:
    void TearDown() override { kafka().restart(); }

    /// Waits until the service wrote `more` records than it had.
    [[nodiscard]] bool flows(int more = 500) const {
        return streaming::testing_support::await_end(servers(), out_,
                                                     streaming::testing_support::end_of(servers(), out_) + more, 60s);
    }
};

TEST_F(BrokerCrash, KilledAndRestartedUnderLoadLosesAndRepeatsNothing) {
    linger_ = 50ms;
    auto service = start_copier({.workers = 2});
    Feeder feeder(servers(), in_);
    feeder.start();
    for (int kill = 0; kill < 2; ++kill) {
        ASSERT_TRUE(flows()) << "kill " << kill;
        kafka().kill9();
        kafka().restart();
    }
    ASSERT_TRUE(flows());
    const int sent = feeder.stop();
    EXPECT_EQ(await_output(servers(), out_, sent, 60s), OutputAccount{}) << sent << " items";
    EXPECT_EQ(service->stop(), 0U);
}

TEST_F(BrokerCrash, AServiceStopsInTimeWhileTheBrokerIsAwayAndLosesNothing) {
    auto service = start_copier({.workers = 2});
    Feeder feeder(servers(), in_);
    feeder.feed(500);
    ASSERT_TRUE(streaming::testing_support::await_end(servers(), out_, 1, 60s));
    feeder.feed(500);
    kafka().kill9();
    const auto begin = std::chrono::steady_clock::now();
    (void)service->stop();
    service.reset();
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 45s)
        << "25 s to stop, 8 s to leave the group, and what the machine may add";
    kafka().restart();
    service = start_copier({.workers = 2});
    const auto account = await_output(servers(), out_, 1000, 60s);
    EXPECT_EQ(account.missing, 0U) << account;
    EXPECT_EQ(account.two_ids, 0U) << account;
    EXPECT_EQ(service->stop(), 0U);
}

TEST_F(BrokerCrash, OneOfThreeKilledUnderLoadLosesAndRepeatsNothing) {
    if (kafka().options().brokers < 3) {
        GTEST_SKIP() << "needs TRIBUTARY_KAFKA_BROKERS=3";
    }
    auto service = start_copier({.workers = 2});
    Feeder feeder(servers(), in_);
    feeder.start();
    for (int node = 1; node <= 3; ++node) {
        ASSERT_TRUE(flows());
        kafka().kill9(node);
        ASSERT_TRUE(flows()) << "the other two go on";
        kafka().restart();
    }
    const int sent = feeder.stop();
    EXPECT_EQ(await_output(servers(), out_, sent, 60s), OutputAccount{}) << sent << " items";
    EXPECT_EQ(service->stop(), 0U);
}

} // namespace
} // namespace tests
