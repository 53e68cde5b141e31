#include <gmock/gmock.h>

#include <vector>

#include "core/streaming/infrastructure/record.hpp"

namespace streaming {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// Remembers which handles came back; handles are small numbers.
class RecordingOwner final : public RecordOwner {
public:
    void release(void* handle) noexcept override { released.push_back(*static_cast<int*>(handle)); }
    void read_headers(const void*, Headers&) const override {}
    std::vector<int> released{};
};

class RecordBatchTest : public ::testing::Test {
protected:
    ConsumedRecord record(int number, std::int32_t partition = 0) {
        return {.topic = "t",
                .partition = partition,
                .owner = &owner,
                .handle = &numbers.at(static_cast<std::size_t>(number))};
    }
    RecordingOwner owner{};
    std::vector<int> numbers{0, 1, 2, 3};
};

TEST_F(RecordBatchTest, GivesEveryRecordBackOnce) {
    {
        RecordBatch batch;
        batch.add(record(1));
        batch.add(record(2));
        batch.add({.topic = "t"}); // lent by nobody
        batch.clear();
    }
    EXPECT_THAT(owner.released, ElementsAre(1, 2));
}

TEST_F(RecordBatchTest, MovesTheRightToGiveBack) {
    RecordBatch target;
    target.add(record(1));
    {
        RecordBatch source;
        source.add(record(2));
        target = std::move(source);
        EXPECT_THAT(owner.released, ElementsAre(1));
    }
    const RecordBatch last(std::move(target));
    EXPECT_THAT(owner.released, ElementsAre(1));
    EXPECT_EQ(last.size(), 1U);
}

TEST_F(RecordBatchTest, DropsOnePartitionAndKeepsTheOrderOfTheRest) {
    RecordBatch batch;
    batch.add(record(0, 7));
    batch.add(record(1, 8));
    batch.add(record(2, 7));
    batch.add(record(3, 8));
    batch.drop("t", 7);
    EXPECT_THAT(owner.released, ElementsAre(0, 2));
    batch.drop("other", 8);
    EXPECT_EQ(batch.size(), 2U);
    batch.clear();
    EXPECT_THAT(owner.released, ElementsAre(0, 2, 1, 3));
}

} // namespace
} // namespace streaming
