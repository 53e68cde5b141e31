#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>
#include <set>

#include "core/streaming/testing/service_harness.hpp"
#include "services/trading_engine/execution.hpp"
#include "tests/support/flow_fixture.hpp"

namespace services::trading_engine {
namespace {

using nlohmann::json;
using streaming::ServiceHarness;
using testing::HasSubstr;
using trading::Fill;
using trading::Order;
using trading::PositionRecord;

constexpr auto kOrders = "paper.orders";
constexpr auto kFills = "paper.fills";
constexpr auto kPositions = "paper.positions";
const std::string kGroup = "g.";
constexpr std::chrono::hours kForgotten{3}; ///< no mark of Redis lives so long

Order order(const std::string& signal, const std::string& side = "buy", std::int64_t quantity = 1,
            std::int64_t instrument = 7) {
    return {.signal_id = signal,
            .strategy_id = "m",
            .name_space = "paper",
            .instrument_token = instrument,
            .side = side,
            .quantity = quantity,
            .price = 10};
}

/// A broker that answers as told, once each, and then takes every order.
class ScriptedTrader final : public Trader {
public:
    explicit ScriptedTrader(std::vector<streaming::Error> errors) : errors_(std::move(errors)) {}
    streaming::Result<Fill> execute(const Order& wanted) override {
        if (next_ < errors_.size()) {
            return errors_[next_++];
        }
        return Fill{wanted};
    }

private:
    std::vector<streaming::Error> errors_;
    std::size_t next_ = 0;
};

/// Instances of the paper trader on one broker.
class PaperTrading : public testing::Test {
protected:
    std::unique_ptr<ServiceHarness> instance(std::vector<streaming::Error> errors = {}) {
        auto made = std::make_unique<ServiceHarness>(
            [errors](streaming::StreamServiceBuilder& builder) {
                wire_execution(builder, kGroup, {"paper"}, std::make_shared<ScriptedTrader>(errors));
            },
            streaming::Settings{}, platform_);
        made->start();
        return made;
    }

    void place(ServiceHarness& at, const Order& wanted, const std::string& id = {}) {
        at.deliver(kOrders, std::to_string(wanted.instrument_token), wanted, id);
    }
    void fill(ServiceHarness& at, const Order& wanted, const std::string& id = {}) {
        at.deliver(kFills, std::to_string(wanted.instrument_token), Fill{wanted}, id);
    }
    /// What a process that was killed leaves: nothing of the last records was committed, and nothing stopped in order.
    void kill(std::unique_ptr<ServiceHarness> victim, std::int64_t uncommitted) {
        (void)victim->stop();
        for (std::int32_t partition = 0; partition < platform_.broker().partitions_of(kFills).value_or(0);
             ++partition) {
            const streaming::TopicPartition place{kFills, partition};
            const auto end = platform_.broker().committed(kGroup + "fills", place).value_or(0);
            platform_.broker().set_committed(kGroup + "fills",
                                             {kFills, partition, std::max<std::int64_t>(end - uncommitted, 0)});
        }
    }
    /// Of the newest record of each instrument; the last one of its key must be it.
    std::map<std::int64_t, std::int64_t> positions() {
        std::map<std::int64_t, PositionRecord> newest;
        std::map<std::int64_t, PositionRecord> last;
        for (const auto& stored : platform_.broker().records(kPositions)) {
            const auto record = json::parse(*stored.payload).at("data").get<PositionRecord>();
            const std::int64_t instrument = record.fill.order.instrument_token;
            if (record.fills >= newest[instrument].fills) {
                newest[instrument] = record;
            }
            last[instrument] = record;
        }
        std::map<std::int64_t, std::int64_t> all;
        for (const auto& [instrument, record] : newest) {
            all[instrument] = record.position;
            EXPECT_EQ(last[instrument].position, record.position) << "an older record stands last";
        }
        return all;
    }
    std::map<std::int64_t, std::int64_t> sums() {
        std::set<std::string> counted;
        std::map<std::int64_t, std::int64_t> all;
        for (const auto& stored : platform_.broker().records(kFills)) {
            const auto one = json::parse(*stored.payload).at("data").get<Order>();
            if (counted.insert(one.signal_id).second) {
                all[one.instrument_token] += trading::signed_quantity(one.side, one.quantity);
            }
        }
        return all;
    }

    streaming::fakes::Platform platform_{};
};

TEST_F(PaperTrading, AnOrderIsFilledAtItsPriceAndMovesThePosition) {
    const auto trader = instance();
    place(*trader, order("a", "buy", 5));
    place(*trader, order("b", "sell", 2));
    trader->drain();
    const auto fills = trader->sent(kFills);
    ASSERT_EQ(fills.size(), 2U);
    EXPECT_EQ(fills[0].envelope.type, "order.filled");
    EXPECT_EQ(fills[0].key, "7");
    EXPECT_EQ(json::parse(fills[0].envelope.data), json(order("a", "buy", 5)));
    const auto records = trader->sent(kPositions);
    ASSERT_EQ(records.size(), 2U);
    EXPECT_EQ(records[1].envelope.type, "order.filled");
    EXPECT_EQ(records[1].key, "7");
    EXPECT_EQ(records[1].as<PositionRecord>().position, 3);
}

TEST_F(PaperTrading, TriesAgainWhenTheBrokerIsAway) {
    const auto trader = instance({{.code = streaming::ErrorCode::unavailable, .message = "away", .retryable = true}});
    place(*trader, order("a"));
    trader->drain();
    EXPECT_EQ(trader->sent(kFills).size(), 1U);
    EXPECT_EQ(trader->counts(kGroup + "orders").retries, 1U);
}

TEST_F(PaperTrading, DeadLettersWhatTheBrokerRefuses) {
    const auto trader = instance({{.code = streaming::ErrorCode::invalid_argument, .message = "margin too small"}});
    place(*trader, order("a"));
    trader->drain();
    const auto dead = trader->dead_letters(kOrders, kGroup + "orders");
    ASSERT_EQ(dead.size(), 1U);
    EXPECT_EQ(dead[0].header("tributary-error-message"), "margin too small");
    EXPECT_EQ(dead[0].header("tributary-error-class"), "OrderRefused");
    EXPECT_TRUE(trader->sent(kFills).empty());
}

TEST_F(PaperTrading, DeadLettersWhatStandsInTheWrongPlace) {
    const auto trader = instance();
    Order elsewhere = order("a");
    elsewhere.name_space = "live";
    place(*trader, elsewhere);
    trader->deliver(kFills, "8", Fill{order("b")});
    trader->drain();
    EXPECT_THAT(trader->dead_letters(kOrders, kGroup + "orders").at(0).header("tributary-error-message"),
                HasSubstr("'live'"));
    EXPECT_THAT(trader->dead_letters(kFills, kGroup + "fills").at(0).header("tributary-error-message"),
                HasSubstr("instrument_token, 7"));
    EXPECT_TRUE(trader->sent(kPositions).empty());
}

TEST_F(PaperTrading, PositionsSurviveARestart) {
    auto trader = instance();
    fill(*trader, order("a", "buy", 5));
    trader->drain();
    trader.reset();
    trader = instance();
    fill(*trader, order("b", "buy", 1));
    trader->drain();
    EXPECT_EQ(positions().at(7), 6);
    EXPECT_EQ(positions(), sums());
}

TEST_F(PaperTrading, AFillThatWasAppliedAndNotCommittedCountsOnceAfterAKill) {
    auto trader = instance();
    for (int i = 0; i < 5; ++i) {
        fill(*trader, order("a" + std::to_string(i), "buy", 1 + i));
    }
    trader->drain();
    kill(std::move(trader), 3);
    trader = instance();
    fill(*trader, order("b", "sell", 2));
    trader->drain();
    EXPECT_EQ(positions().at(7), 13);
    EXPECT_EQ(positions(), sums());
}

TEST_F(PaperTrading, AFillWhosePositionWasNeverWrittenIsAppliedAfterAKill) {
    auto trader = instance();
    fill(*trader, order("a", "buy", 5));
    trader->drain();
    platform_.broker().fail_next_sends(2, {streaming::ErrorCode::unavailable, "away", true}, kPositions);
    fill(*trader, order("b", "buy", 1));
    fill(*trader, order("c", "buy", 2));
    tests::await(*trader, [this] { return platform_.broker().send_faults().fired() > 0; });
    kill(std::move(trader), 2);
    trader = instance();
    trader->drain();
    EXPECT_EQ(positions().at(7), 8);
    EXPECT_EQ(positions(), sums());
}

TEST_F(PaperTrading, AFillWhosePositionWasWrittenAndNotAcknowledgedCountsOnceAfterAKill) {
    auto trader = instance();
    fill(*trader, order("a", "buy", 5));
    trader->drain();
    platform_.broker().hold_acks();
    fill(*trader, order("b", "buy", 1));
    tests::await(*trader, [this] { return platform_.broker().records(kPositions).size() == 2; });
    kill(std::move(trader), 0);
    platform_.broker().release_acks();
    trader = instance();
    trader->drain();
    EXPECT_EQ(positions().at(7), 6);
    EXPECT_EQ(positions(), sums());
}

TEST_F(PaperTrading, ADeliveryThatFailsWhileLaterFillsAreAppliedLosesNone) {
    const auto trader = instance();
    platform_.broker().fail_next_sends(2, {streaming::ErrorCode::unavailable, "away", true}, kPositions);
    for (int i = 0; i < 10; ++i) {
        fill(*trader, order("a" + std::to_string(i), "buy", 1));
    }
    trader->drain();
    EXPECT_EQ(positions().at(7), 10);
    EXPECT_EQ(positions(), sums());
    EXPECT_EQ(trader->committed(kGroup + "fills", kFills), 10);
}

TEST_F(PaperTrading, AnOrderThatComesTwiceCountsOnceAfterRedisForgotTheFirst) {
    auto trader = instance();
    place(*trader, order("a", "buy", 5), "id-1");
    trader->drain();
    kill(std::move(trader), 0);
    platform_.clock().advance(kForgotten);
    trader = instance();
    place(*trader, order("a", "buy", 5), "id-1");
    trader->drain();
    EXPECT_EQ(trader->sent(kFills).size(), 2U);
    EXPECT_EQ(positions().at(7), 5);
    EXPECT_EQ(positions(), sums());
}

TEST_F(PaperTrading, ARepeatedFillCountsOnceAfterAKillWithRedisForgetful) {
    auto trader = instance();
    fill(*trader, order("a", "buy", 5));
    fill(*trader, order("b", "buy", 1));
    trader->drain();
    kill(std::move(trader), 1);
    platform_.clock().advance(kForgotten);
    trader = instance();
    fill(*trader, order("a", "buy", 5), "another id");
    trader->drain();
    EXPECT_EQ(positions().at(7), 6);
    EXPECT_EQ(trader->counts(kGroup + "fills").ignored_by_reason.at("repeated_fill"), 1U);
}

TEST_F(PaperTrading, AnotherInstanceGoesOnWhereTheFirstOneWas) {
    auto first = instance();
    auto second = instance();
    for (std::int64_t i = 0; i < 40; ++i) {
        fill(*first, order("a" + std::to_string(i), "buy", 1, i % 8));
    }
    first->drain();
    second->drain();
    EXPECT_GT(first->counts(kGroup + "fills").consumed, 0U);
    EXPECT_GT(second->counts(kGroup + "fills").consumed, 0U);
    kill(std::move(first), 2);
    for (std::int64_t i = 0; i < 40; ++i) {
        fill(*second, order("b" + std::to_string(i), "sell", 2, i % 8));
    }
    second->drain();
    first = instance(); // and partitions move back
    for (std::int64_t i = 0; i < 40; ++i) {
        fill(*second, order("c" + std::to_string(i), "buy", 4, i % 8));
    }
    second->drain();
    first->drain();
    EXPECT_EQ(positions().at(3), 15);
    EXPECT_EQ(positions(), sums());
}

TEST_F(PaperTrading, AnInstanceThatLosesItsPartitionsAndGetsThemBackGoesOn) {
    const auto first = instance();
    const auto second = instance();
    for (int round = 0; round < 3; ++round) {
        for (std::int64_t i = 0; i < 16; ++i) {
            fill(*first, order(std::to_string(round) + "-" + std::to_string(i), "buy", 1, i % 8));
        }
        platform_.broker().expel(kGroup + "fills");
    }
    first->drain();
    second->drain();
    EXPECT_EQ(positions(), sums());
}

TEST_F(PaperTrading, SendsThePositionAgainWhenAFormerOwnersRecordComesLate) {
    const auto trader = instance();
    fill(*trader, order("a", "buy", 5));
    fill(*trader, order("b", "buy", 1));
    trader->drain();
    trader->deliver(kPositions, "7",
                    PositionRecord{.fill = {order("a", "buy", 5)}, .position = 5, .fills = 1, .applied = {0, 0}});
    trader->drain();
    EXPECT_EQ(positions().at(7), 6);
    EXPECT_EQ(trader->counts(kGroup + "positions").sent, 1U);
}

} // namespace
} // namespace services::trading_engine
