#include "core/streaming/orchestration/source_rows.hpp"

#include <gmock/gmock.h>

#include "core/streaming/orchestration/settlement_inbox.hpp"

namespace streaming::detail {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class SourceRowsTest : public testing::Test {
protected:
    bool add(const std::string& id) {
        SourceRow row{.id = id};
        return rows_.add(row, Clock::steady_time{});
    }
    /// Returns whether it has nothing to wait for.
    bool poll(std::uint64_t ticket, const std::vector<std::string>& ids) {
        for (const std::string& id : ids) {
            (void)add(id);
        }
        return rows_.end_poll({.plan = {.ticket = ticket}}).has_value();
    }
    /// The polls that this settles, by their tickets, with what is not so of them.
    std::vector<std::string> settle(const std::string& id, Settlement settlement = Settlement::acknowledged) {
        std::vector<std::string> settled;
        for (const auto& poll : rows_.settle(id, settlement).polls) {
            settled.push_back(std::to_string(poll.plan.ticket) + (poll.ok ? "" : " not ok") +
                              (poll.delivered ? "" : " not delivered") + (poll.planned ? "" : " of another mode"));
        }
        return settled;
    }

    SourceRows rows_{};
};

TEST_F(SourceRowsTest, ARowThatIsOpenIsNotAddedAgain) {
    poll(1, {"a"});
    EXPECT_FALSE(add("a"));
    (void)rows_.take_waiting();
    EXPECT_FALSE(add("a")) << "it is on its way";
    settle("a");
    EXPECT_TRUE(add("a"));
}

TEST_F(SourceRowsTest, TheBacklogTellsWhatWaitsFromWhatIsOnItsWay) {
    poll(1, {"a", "b", "c"});
    EXPECT_EQ(rows_.take_waiting().row.id, "a");
    EXPECT_EQ(rows_.backlog().waiting, 2U);
    EXPECT_EQ(rows_.backlog().unsettled, 1U);
}

TEST_F(SourceRowsTest, WhatWasPutBackGoesFirst) {
    poll(1, {"a", "b"});
    rows_.put_back(rows_.take_waiting());
    EXPECT_EQ(rows_.take_waiting().row.id, "a");
}

TEST_F(SourceRowsTest, APollIsSettledWithTheLastOfItsRows) {
    poll(7, {"a", "b", "b"});
    poll(8, {"c"});
    EXPECT_THAT(settle("a"), IsEmpty());
    EXPECT_THAT(settle("c"), ElementsAre("8"));
    EXPECT_THAT(settle("b"), ElementsAre("7"));
    EXPECT_TRUE(poll(9, {})) << "there is nothing to wait for";
}

TEST_F(SourceRowsTest, APollOfWhichOneRowWasGivenUpIsNotOk) {
    poll(7, {"a", "b"});
    settle("a", Settlement::given_up);
    EXPECT_THAT(settle("b"), ElementsAre("7 not ok not delivered"));
}

TEST_F(SourceRowsTest, APollOfWhichOneRowWasDroppedByChoiceIsOkAndNotDelivered) {
    poll(7, {"a", "b"});
    settle("a", Settlement::dropped);
    EXPECT_THAT(settle("b", Settlement::dead_lettered), ElementsAre("7 not delivered"));
}

TEST_F(SourceRowsTest, APollThatShowsWhatIsOnItsWayIsSettledWithThat) {
    poll(7, {"a", "b"});
    EXPECT_FALSE(poll(8, {"a", "b", "c"}));
    EXPECT_FALSE(poll(9, {"c"}));
    EXPECT_THAT(settle("c"), IsEmpty());
    EXPECT_THAT(settle("a", Settlement::given_up), IsEmpty());
    EXPECT_THAT(settle("b"), ElementsAre("7 not ok not delivered", "8 not ok not delivered", "9 not ok not delivered"));
    EXPECT_TRUE(poll(10, {}));
}

TEST_F(SourceRowsTest, PollsOfAModeThatIsGoneAreTold) {
    poll(7, {"a"});
    rows_.forget_plans();
    EXPECT_THAT(settle("a"), ElementsAre("7 of another mode"));
    EXPECT_EQ(rows_.open(), 0U);
}

TEST_F(SourceRowsTest, RowsOfAPollThatDidNotEndKeepNobodyWaiting) {
    (void)add("a");
    EXPECT_THAT(settle("a"), IsEmpty());
    EXPECT_FALSE(poll(7, {"b"}));
    EXPECT_THAT(settle("b"), ElementsAre("7"));
}

TEST(SettlementInbox, WakesWhenAllAreSettledOrMany) {
    SettlementInbox inbox;
    inbox.expect(3);
    EXPECT_EQ(inbox.put("a", Settlement::acknowledged), SettlementInbox::Look::soon);
    inbox.retract(1);
    EXPECT_EQ(inbox.put("b", Settlement::given_up), SettlementInbox::Look::now);
    const auto settled = inbox.take();
    EXPECT_THAT(settled.ids(), ElementsAre("a", "b"));
    EXPECT_EQ(settled.settlement(1), Settlement::given_up);
    EXPECT_EQ(inbox.take().size(), 0U);

    inbox.expect(1000);
    for (std::size_t i = 1; i < SettlementInbox::kManySettled; ++i) {
        EXPECT_NE(inbox.put("x", Settlement::acknowledged), SettlementInbox::Look::now);
    }
    EXPECT_EQ(inbox.put("x", Settlement::acknowledged), SettlementInbox::Look::now);
}

} // namespace
} // namespace streaming::detail
