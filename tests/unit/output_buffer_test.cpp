#include "core/streaming/reliability/output_buffer.hpp"

#include <gmock/gmock.h>

#include "tests/support/reliability_doubles.hpp"

namespace streaming {
namespace {

using doubles::text_of;

struct OutputBufferTest : testing::Test {
    void add(std::string topic, std::optional<std::string> payload) {
        buffer.add({.topic = topic, .key = "key", .payload = payload}, ticket);
        std::ranges::fill(topic, '#'); // the buffer must not look at what it was given any more
        if (payload) {
            std::ranges::fill(*payload, '#');
        }
    }
    std::vector<std::string> payloads() const {
        std::vector<std::string> all;
        for (const OutgoingRecord& record : buffer.unsent()) {
            all.push_back(text_of(record.payload));
        }
        return all;
    }

    OutputBuffer buffer{};
    doubles::Ticket ticket{};
};

TEST_F(OutputBufferTest, CopiesWhatIsAdded) {
    add("a", "one");
    add("a", "two");
    add("b", "three");
    EXPECT_THAT(payloads(), testing::ElementsAre("one", "two", "three"));
    EXPECT_EQ(buffer.unsent()[1].topic, "a");
    EXPECT_EQ(buffer.unsent()[2].topic, "b");
    EXPECT_EQ(buffer.unsent()[2].ticket, &ticket);
}

TEST_F(OutputBufferTest, AnEmptyPayloadIsNoTombstone) {
    add("a", "");
    add("a", std::nullopt);
    ASSERT_TRUE(buffer.unsent()[0].payload.has_value());
    EXPECT_NE(buffer.unsent()[0].payload->data(), nullptr);
    EXPECT_FALSE(buffer.unsent()[1].payload.has_value());
}

TEST_F(OutputBufferTest, BytesDoNotMoveWhenMoreIsAdded) {
    add("a", "first");
    const char* place = buffer.unsent()[0].payload->data();
    for (int i = 0; i < 1000; ++i) {
        add("a", std::string(1000, 'x'));
    }
    EXPECT_EQ(buffer.unsent()[0].payload->data(), place);
    EXPECT_EQ(text_of(buffer.unsent()[0].payload), "first");
}

TEST_F(OutputBufferTest, KeepsARecordLargerThanAChunk) {
    const std::string large(3 * OutputBuffer::kChunkBytes, 'x');
    add("a", large);
    add("a", "small");
    EXPECT_THAT(payloads(), testing::ElementsAre(large, "small"));
}

TEST_F(OutputBufferTest, RollbackForgetsWhatWasAddedSinceTheMark) {
    add("a", "kept");
    const auto mark = buffer.mark();
    add("b", "forgotten");
    EXPECT_EQ(buffer.since(mark).size(), 1U);
    buffer.rollback(mark);
    add("b", "later");
    EXPECT_THAT(payloads(), testing::ElementsAre("kept", "later"));
}

TEST_F(OutputBufferTest, GivesEachRecordToSendOnce) {
    add("a", "one");
    buffer.mark_sent();
    EXPECT_TRUE(buffer.unsent().empty());
    add("a", "two");
    EXPECT_THAT(payloads(), testing::ElementsAre("two"));
    EXPECT_EQ(buffer.size(), 2U);
}

TEST_F(OutputBufferTest, CopiesHeaders) {
    Headers headers;
    headers.append("h", "v");
    buffer.add({.topic = "a", .headers = &headers}, ticket);
    headers.clear();
    EXPECT_EQ(buffer.unsent()[0].headers->find("h"), "v");
}

TEST_F(OutputBufferTest, UsesItsMemoryAgainAfterClear) {
    add("a", "one");
    const char* place = buffer.unsent()[0].topic.data();
    buffer.clear();
    EXPECT_EQ(buffer.bytes(), 0U);
    add("b", "two");
    EXPECT_EQ(buffer.unsent()[0].topic.data(), place);
    EXPECT_THAT(payloads(), testing::ElementsAre("two"));
}

} // namespace
} // namespace streaming
