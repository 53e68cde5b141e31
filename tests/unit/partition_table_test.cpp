#include "core/streaming/orchestration/partition_table.hpp"

namespace {

using namespace streaming;
using detail::PartitionState;
using detail::PartitionTable;
using testing::ElementsAre;
using testing::IsEmpty;

class PartitionTableTest : public testing::Test {
protected:
    /// Takes a record; with `done` it is finished at once.
    PartitionState& take(std::int32_t partition, std::int64_t offset, bool done) {
        PartitionState& state = table_.find("items", partition);
        const std::uint64_t sequence = state.tracker.push(offset);
        ++state.outstanding;
        if (done) {
            state.tracker.complete(sequence);
            --state.outstanding;
        }
        return state;
    }

    PartitionTable table_{};
};

TEST_F(PartitionTableTest, OffersEachOffsetForCommitOnce) {
    take(0, 10, true);
    take(1, 20, true);
    const std::vector<TopicOffset> offsets = table_.committable();
    EXPECT_THAT(offsets, ElementsAre(TopicOffset{"items", 0, 11}, TopicOffset{"items", 1, 21}));
    table_.commit_sent(offsets);
    EXPECT_THAT(table_.committable(), IsEmpty());
    take(1, 21, true);
    EXPECT_THAT(table_.committable(), ElementsAre(TopicOffset{"items", 1, 22}));
}

TEST_F(PartitionTableTest, ARevokedPartitionIsForgottenAndComesBackAsAnother) {
    PartitionState& before = take(0, 10, false);
    take(1, 20, true);
    const std::vector<TopicPartition> gone{{"items", 0}};
    table_.begin_revoke(gone);
    EXPECT_TRUE(before.revoked);
    EXPECT_EQ(table_.revoked_outstanding(), 1U);
    table_.end_revoke();
    PartitionState& after = table_.find("items", 0);
    EXPECT_NE(&after, &before);
    EXPECT_FALSE(after.revoked);
    // Its late completion reaches a state that nobody commits any more.
    before.tracker.complete(0);
    --before.outstanding;
    EXPECT_THAT(table_.committable(), ElementsAre(TopicOffset{"items", 1, 21}));
}

TEST_F(PartitionTableTest, TellsTopicsWithEqualPartitionsApart) {
    const std::string other = "other";
    EXPECT_NE(&table_.find("items", 0), &table_.find(other, 0));
    EXPECT_EQ(&table_.find("items", 0), &table_.find(std::string("items"), 0));
}

} // namespace
