#include "core/streaming/orchestration/room_line.hpp"

#include <gtest/gtest.h>
#include <spdlog/logger.h>

#include "core/streaming/orchestration/source_outlet.hpp"
#include "core/streaming/testing/fake_clock.hpp"

namespace {

using namespace streaming;
using namespace std::chrono_literals;

class RoomLineTest : public testing::Test {
protected:
    fakes::FakeClock clock_{};
    detail::RoomLine line_{clock_, 10s};
};

TEST_F(RoomLineTest, WhoWaitedTooLongIsNextAndTheOthersStandBack) {
    line_.found_no_room("low");
    clock_.advance(9s);
    EXPECT_TRUE(line_.may_try("urgent"));
    clock_.advance(1s);
    EXPECT_FALSE(line_.may_try("urgent"));
    EXPECT_TRUE(line_.may_try("low"));
    EXPECT_TRUE(line_.is_next("low"));
    EXPECT_FALSE(line_.is_next("urgent"));
    line_.entered("low");
    EXPECT_TRUE(line_.may_try("urgent"));
}

TEST_F(RoomLineTest, WhoStoodBackIsInTheLineItself) {
    line_.found_no_room("low");
    clock_.advance(10s);
    EXPECT_FALSE(line_.may_try("urgent"));
    line_.entered("low");
    line_.found_no_room("low"); // not all of it got in
    clock_.advance(10s);
    EXPECT_FALSE(line_.may_try("low"));
    EXPECT_TRUE(line_.may_try("urgent"));
}

TEST_F(RoomLineTest, NobodyStandsBackForOneThatIsGoneOrDoesSomethingElse) {
    line_.found_no_room("low");
    clock_.advance(10s);
    line_.steps_aside("low");
    EXPECT_TRUE(line_.may_try("urgent"));
    EXPECT_TRUE(line_.may_try("low")) << "back again";
    EXPECT_FALSE(line_.may_try("urgent"));
    line_.leave("low");
    EXPECT_TRUE(line_.may_try("urgent"));
    line_.found_no_room("low");
    clock_.advance(10s);
    line_.configure(1h);
    EXPECT_TRUE(line_.may_try("urgent"));
}

/// A source of one priority before a queue that others fill again and again.
struct Source {
    Source(QueueManager& queue, TopicResolver& resolver, ShadowLog& log, detail::RoomLine& line,
           const std::string& name, Priority priority)
        : outlet({.queue = queue,
                  .resolver = resolver,
                  .shadow_log = log,
                  .line = line,
                  .settled = settled,
                  .source = name}),
          options{.name = name, .topic = "readings", .priority = priority} {}
    void has(const std::string& id, std::size_t bytes = 10) {
        SourceRow row{.id = id, .payload = std::string(bytes, 'x')};
        ASSERT_TRUE(rows.add(row, {}));
    }
    bool give() { return outlet.give(rows, rows.waiting(), options, nullptr); }

    detail::SettlementInbox settled{};
    detail::SourceRows rows{};
    detail::SourceOutlet outlet;
    SourceOptions options;
};

class SourceOutletTest : public RoomLineTest {
protected:
    /// Others take each room there is for half a minute. Returns whether the record got in.
    bool gets_in(Source& waiting, Source& others) {
        EXPECT_FALSE(waiting.give());
        for (int i = 0; i < 300; ++i) {
            clock_.advance(100ms);
            (void)queue_.dequeue_batch(1);
            if (others.rows.waiting() == 0) {
                others.has("other " + std::to_string(i));
            }
            (void)others.give(); // it is quicker
            if (waiting.give()) {
                return true;
            }
        }
        return false;
    }

    spdlog::logger log_{"test"};
    TopicResolver resolver_{{}, {"readings"}, log_};
    ShadowLog shadow_log_{};
    QueueManager queue_{clock_, {.max_size = 1, .max_bytes = 1U << 20U}};
};

TEST_F(SourceOutletTest, AWaitingSourceOfLowPriorityGetsItsTurn) {
    Source low(queue_, resolver_, shadow_log_, line_, "low", Priority::low);
    Source urgent(queue_, resolver_, shadow_log_, line_, "urgent", Priority::critical);
    urgent.has("first");
    ASSERT_TRUE(urgent.give());
    low.has("patient");
    EXPECT_TRUE(gets_in(low, urgent));
}

TEST_F(SourceOutletTest, ALargeRecordIsNotOvertakenForEver) {
    queue_.configure({.max_size = 100, .max_bytes = 1000});
    Source large(queue_, resolver_, shadow_log_, line_, "large", Priority::normal);
    Source small(queue_, resolver_, shadow_log_, line_, "small", Priority::normal);
    for (int i = 0; i < 10; ++i) {
        small.has("first " + std::to_string(i), 50);
    }
    ASSERT_TRUE(small.give());
    large.has("large", 800);
    EXPECT_TRUE(gets_in(large, small));
}

TEST_F(SourceOutletTest, AsksForRoomBeforeItMakesRecords) {
    queue_.configure({.max_size = 10, .max_bytes = 1U << 20U});
    Source source(queue_, resolver_, shadow_log_, line_, "source", Priority::normal);
    for (int i = 0; i < 500; ++i) {
        source.has(std::to_string(i));
    }
    EXPECT_FALSE(source.give());
    EXPECT_LT(resolver_.counts().explicit_used, 100U) << "there was room for ten";
    const auto before = resolver_.counts().explicit_used;
    EXPECT_FALSE(source.give());
    EXPECT_EQ(resolver_.counts().explicit_used, before + 1) << "there was none";
    std::vector<std::string> ids;
    for (int i = 0; i < 100 && ids.size() < 500; ++i) {
        for (const IngestionRecord& record : queue_.dequeue_batch(10)) {
            ids.push_back(record.id);
        }
        (void)source.give();
    }
    ASSERT_EQ(ids.size(), 500U);
    for (int i = 0; i < 500; ++i) {
        EXPECT_EQ(ids[static_cast<std::size_t>(i)], std::to_string(i)) << "they keep their order";
    }
}

} // namespace
