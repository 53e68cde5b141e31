#include "core/streaming/orchestration/source_rows.hpp"

#include <gmock/gmock.h>

#include "core/streaming/orchestration/settlement_inbox.hpp"

namespace streaming::detail {
namespace {

using testing::ElementsAre;

class SourceRowsTest : public testing::Test {
protected:
    bool add(const std::string& id) {
        SourceRow row{.id = id};
        return rows_.add(row, Clock::steady_time{});
    }
    void poll(std::uint64_t ticket, const std::vector<std::string>& ids) {
        for (const std::string& id : ids) {
            EXPECT_TRUE(add(id));
        }
        rows_.end_poll({.ticket = ticket}, ids.size(), true);
    }

    SourceRows rows_{};
};

TEST_F(SourceRowsTest, ARowThatIsOpenIsNotAddedAgain) {
    poll(1, {"a"});
    EXPECT_FALSE(add("a"));
    (void)rows_.take_waiting();
    EXPECT_FALSE(add("a")) << "it is on its way";
    (void)rows_.settle("a", true);
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
    poll(7, {"a", "b"});
    poll(8, {"c"});
    EXPECT_FALSE(rows_.settle("a", true).poll.has_value());
    EXPECT_EQ(rows_.settle("c", true).poll->plan.ticket, 8U);
    const auto done = rows_.settle("b", true);
    EXPECT_EQ(done.poll->plan.ticket, 7U);
    EXPECT_TRUE(done.poll->ok);
}

TEST_F(SourceRowsTest, APollOfWhichOneRowWasGivenUpIsNotOk) {
    poll(7, {"a", "b"});
    (void)rows_.settle("a", false);
    EXPECT_FALSE(rows_.settle("b", true).poll->ok);
}

TEST_F(SourceRowsTest, PollsOfAModeThatIsGoneSettleForNobody) {
    poll(7, {"a"});
    rows_.forget_plans();
    EXPECT_FALSE(rows_.settle("a", true).poll.has_value());
    EXPECT_EQ(rows_.open(), 0U);
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
