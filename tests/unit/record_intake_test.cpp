#include "core/streaming/orchestration/record_intake.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <set>

#include "tests/support/flow_fixture.hpp"

namespace {

using namespace streaming;
using detail::FlightBatch;
using detail::FlightPool;
using detail::PartitionTable;
using detail::RecordIntake;
using detail::RecordTask;
using tests::envelope;

class NoSink final : public DeliverySink {
public:
    void on_delivery(DeliveryTicket&, const Delivery&) noexcept override {}
    void on_delivery_batch_end() noexcept override {}
};

class RecordIntakeTest : public testing::Test {
protected:
    void add(std::optional<std::string> key, std::optional<std::string> payload, std::int32_t partition = 0) {
        ConsumedRecord record{.topic = "orders", .partition = partition, .offset = 40 + offset_++};
        if (key) {
            record.key = text_.emplace_back(*key);
        }
        if (payload) {
            record.payload = text_.emplace_back(*payload);
        }
        record.timestamp = std::chrono::system_clock::time_point(std::chrono::seconds(offset_));
        polled_.add(record);
    }
    FlightBatch& read(RecordIntake& intake) { return intake.read(polled_); }

    NoSink sink_{};
    FlightPool pool_{sink_};
    PartitionTable partitions_{};
    RecordBatch polled_{};
    std::deque<std::string> text_{};
    std::int64_t offset_ = 0;
};

TEST_F(RecordIntakeTest, ReadsEnvelopesAndRegistersEachRecordWithItsPartition) {
    RecordIntake intake(pool_, partitions_, {.deduplicate = true});
    add("k", envelope("id-1"));
    add("k", envelope("id-2"), 1);
    const FlightBatch& batch = read(intake);
    ASSERT_EQ(batch.tasks.size(), 2U);
    EXPECT_EQ(batch.unfinished, 2U);
    EXPECT_EQ(batch.bytes, 2 * (1 + envelope("id-1").size()));
    EXPECT_EQ(batch.tasks[0]->state.message.id(), "id-1");
    EXPECT_EQ(batch.tasks[0]->state.message.type(), tests::Item::event_type);
    EXPECT_TRUE(batch.tasks[0]->deduplicated);
    EXPECT_NE(batch.tasks[0]->partition, batch.tasks[1]->partition);
    EXPECT_EQ(batch.tasks[0]->partition->outstanding, 1U);
    EXPECT_EQ(batch.tasks[0]->partition->tracker.oldest_unfinished(), 40);
    EXPECT_EQ(intake.last_timestamp(), std::chrono::system_clock::time_point(std::chrono::seconds(2)));
}

TEST_F(RecordIntakeTest, ARecordWithoutIdHasItsPlaceAsId) {
    RecordIntake intake(pool_, partitions_, {.deduplicate = true});
    add("k", R"({"type":"item.made","data":{}})");
    const FlightBatch& batch = read(intake);
    EXPECT_EQ(batch.tasks[0]->state.message.id(), "orders:0:40");
    EXPECT_EQ(intake.missing_ids(), 1U);
}

TEST_F(RecordIntakeTest, ATombstoneIsNoMissingIdAndNotDeduplicated) {
    RecordIntake intake(pool_, partitions_, {.deduplicate = true});
    add("k", std::nullopt);
    const FlightBatch& batch = read(intake);
    EXPECT_EQ(batch.tasks[0]->malformed, nullptr);
    EXPECT_FALSE(batch.tasks[0]->deduplicated);
    EXPECT_EQ(intake.missing_ids(), 0U);
}

TEST_F(RecordIntakeTest, WhatIsNoEnvelopeIsKeptWithTheReason) {
    RecordIntake intake(pool_, partitions_, {});
    add("k", "hello");
    add("k", envelope("id-2"));
    const FlightBatch& batch = read(intake);
    ASSERT_NE(batch.tasks[0]->malformed, nullptr);
    EXPECT_EQ(batch.tasks[0]->malformed->code, ErrorCode::malformed);
    EXPECT_EQ(batch.tasks[1]->malformed, nullptr) << "its neighbour is fine";
}

} // namespace
