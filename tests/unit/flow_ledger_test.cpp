#include "core/streaming/orchestration/flow_ledger.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <string>
#include <string_view>

namespace {

using namespace streaming;
using detail::FlightBatch;
using detail::FlightPool;
using detail::FlowLedger;
using detail::PartitionState;
using detail::RecordTask;
using testing::ElementsAre;
using testing::IsEmpty;

class NoSink final : public DeliverySink {
public:
    void on_delivery(DeliveryTicket&, const Delivery&) noexcept override {}
    void on_delivery_batch_end() noexcept override {}
};

/// Records of one partition, as the intake makes them: 1000 bytes a batch.
class FlowLedgerTest : public testing::Test {
protected:
    FlightBatch& take(const std::vector<std::string>& ids) {
        FlightBatch& batch = *pool_.take_batch();
        for (const std::string& id : ids) {
            RecordTask& task = *pool_.take_task();
            task.state.message = Message(records_.emplace_back(), {.id = ids_.emplace_back(id)});
            task.fingerprint = fingerprint(id);
            task.deduplicated = true;
            task.batch = &batch;
            task.partition = &partition_;
            task.sequence = partition_.tracker.push(offset_++);
            ++partition_.outstanding;
            batch.tasks.push_back(&task);
        }
        batch.unfinished = ids.size();
        batch.bytes = 1000;
        ledger_.taken(batch);
        return batch;
    }

    NoSink sink_{};
    FlightPool pool_{sink_};
    FlowLedger ledger_{pool_};
    PartitionState partition_{TopicPartition{.topic = "orders", .partition = 0}};
    std::deque<ConsumedRecord> records_{};
    std::deque<std::string> ids_{};
    std::int64_t offset_ = 0;
};

TEST_F(FlowLedgerTest, AHandledRecordIsCountedMarkedAndCommittable) {
    FlightBatch& batch = take({"a"});
    ASSERT_TRUE(ledger_.admit(*batch.tasks[0]));
    EXPECT_EQ(ledger_.in_flight(), 1U);
    EXPECT_EQ(ledger_.finish(*batch.tasks[0], Outcome::handled), nullptr);
    EXPECT_THAT(ledger_.handled_ids(), ElementsAre("a"));
    EXPECT_EQ(ledger_.in_flight(), 0U);
    EXPECT_EQ(ledger_.counts().count(Outcome::handled), 1U);
    EXPECT_EQ(partition_.tracker.committable(), 1);
    EXPECT_EQ(partition_.outstanding, 0U);
}

TEST_F(FlowLedgerTest, TwinsOfAHandledRecordAreDuplicates) {
    FlightBatch& batch = take({"a", "a", "a"});
    EXPECT_TRUE(ledger_.admit(*batch.tasks[0]));
    EXPECT_FALSE(ledger_.admit(*batch.tasks[1]));
    EXPECT_FALSE(ledger_.admit(*batch.tasks[2]));
    EXPECT_EQ(ledger_.finish(*batch.tasks[0], Outcome::handled), nullptr);
    EXPECT_EQ(ledger_.counts().count(Outcome::handled), 1U);
    EXPECT_EQ(ledger_.counts().count(Outcome::duplicate), 2U);
    EXPECT_EQ(partition_.tracker.committable(), 3);
}

TEST_F(FlowLedgerTest, ATwinRunsWhenTheFirstWasNotHandled) {
    for (const Outcome outcome : {Outcome::dead_lettered, Outcome::dropped, Outcome::ignored}) {
        FlightBatch& batch = take({"a", "a", "a"});
        ASSERT_TRUE(ledger_.admit(*batch.tasks[0]));
        ASSERT_FALSE(ledger_.admit(*batch.tasks[1]));
        ASSERT_FALSE(ledger_.admit(*batch.tasks[2]));
        EXPECT_EQ(ledger_.finish(*batch.tasks[0], outcome), batch.tasks[1]) << to_string(outcome);
        EXPECT_THAT(ledger_.handled_ids(), IsEmpty());
        EXPECT_EQ(ledger_.in_flight(), 2U);
        EXPECT_EQ(ledger_.finish(*batch.tasks[1], Outcome::handled), nullptr)
            << "the third is a duplicate of the second";
        EXPECT_EQ(ledger_.in_flight(), 0U);
        ledger_.release_batches();
    }
}

TEST_F(FlowLedgerTest, ABatchIsReleasedWhenItsRecordsAreCompleteAndNoLaneHoldsIt) {
    FlightBatch& batch = take({"a", "b"});
    batch.works_out = 1;
    (void)ledger_.finish(*batch.tasks[0], Outcome::handled);
    (void)ledger_.finish(*batch.tasks[1], Outcome::handled);
    EXPECT_FALSE(ledger_.release_batches());
    EXPECT_EQ(ledger_.bytes(), 1000U);
    ledger_.work_returned(batch);
    EXPECT_TRUE(ledger_.release_batches());
    EXPECT_EQ(ledger_.bytes(), 0U);
    EXPECT_EQ(pool_.take_batch(), &batch) << "kept for the next one";
}

TEST_F(FlowLedgerTest, WhatIsGivenUpStaysInFlightWithItsTwins) {
    FlightBatch& batch = take({"a", "a", "b"});
    ASSERT_TRUE(ledger_.admit(*batch.tasks[0]));
    ASSERT_FALSE(ledger_.admit(*batch.tasks[1]));
    ledger_.give_up(*batch.tasks[0]);
    EXPECT_EQ(ledger_.given_up(), 2U);
    EXPECT_EQ(ledger_.in_flight(), 3U);
    EXPECT_EQ(partition_.outstanding, 1U);
    EXPECT_EQ(partition_.tracker.committable(), -1);
}

TEST_F(FlowLedgerTest, ARecordOfALostPartitionMovesNoOffset) {
    FlightBatch& batch = take({"a"});
    ASSERT_TRUE(ledger_.admit(*batch.tasks[0]));
    batch.tasks[0]->abandoned = true;
    EXPECT_EQ(ledger_.finish(*batch.tasks[0], Outcome::ignored), nullptr);
    EXPECT_EQ(partition_.tracker.committable(), -1);
    EXPECT_THAT(ledger_.counts().ignored_by_reason, ElementsAre(testing::Pair("revoked", 1U)));
}

TEST_F(FlowLedgerTest, CountsByReason) {
    FlightBatch& batch = take({"a", "b", "c"});
    const std::string_view reasons[] = {"closed", "Malformed", "Timeout"};
    const Outcome outcomes[] = {Outcome::ignored, Outcome::dead_lettered, Outcome::dropped};
    for (std::size_t i = 0; i < 3; ++i) {
        batch.tasks[i]->state.reason = reasons[i];
        (void)ledger_.finish(*batch.tasks[i], outcomes[i]);
    }
    EXPECT_EQ(ledger_.counts().ignored_by_reason.at("closed"), 1U);
    EXPECT_EQ(ledger_.counts().dead_lettered_by_class.at("Malformed"), 1U);
    EXPECT_EQ(ledger_.counts().dropped_by_reason.at("Timeout"), 1U);
}

} // namespace
