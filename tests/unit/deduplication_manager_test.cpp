#include "core/streaming/reliability/deduplication_manager.hpp"

#include <gmock/gmock.h>

#include "tests/support/reliability_doubles.hpp"

namespace streaming {
namespace {

using namespace std::string_view_literals;
using testing::ElementsAre;
using Kind = StoreCommand::Kind;

struct DeduplicationManagerTest : testing::Test {
    DeduplicationManager make(std::string scope = "billing", KeyValueStore* with = nullptr) {
        return {{.store = with, .clock = clock, .log = *log}, {.ttl = 60s, .local_cache_ids = 1000}, std::move(scope)};
    }
    /// Another process, that knows only what is in the store.
    bool known_elsewhere(std::string_view id, std::string scope = "billing") {
        return make(std::move(scope), &store).is_duplicate(id).value();
    }
    std::vector<std::uint8_t> finish(DeduplicationManager& manager) {
        std::vector<std::uint8_t> duplicates;
        last = manager.finish_check(duplicates);
        return duplicates;
    }

    doubles::SteppedClock clock{};
    doubles::ScriptedStore store{};
    std::shared_ptr<spdlog::logger> log = doubles::quiet_logger();
    DeduplicationManager dedup{
        {.store = &store, .clock = clock, .log = *log}, {.ttl = 60s, .local_cache_ids = 1000}, "billing"};
    Status last{};
};

TEST_F(DeduplicationManagerTest, OnlyMarkedIdsAreDuplicates) {
    EXPECT_FALSE(dedup.is_duplicate("a").value());
    EXPECT_FALSE(dedup.is_duplicate("a").value()); // asking is no mark
    ASSERT_TRUE(dedup.mark_processed("a").ok());
    EXPECT_TRUE(dedup.is_duplicate("a").value());
    EXPECT_FALSE(dedup.is_duplicate("b").value());
    EXPECT_TRUE(known_elsewhere("a"));
    EXPECT_FALSE(known_elsewhere("b"));
}

TEST_F(DeduplicationManagerTest, IdsWithNulAreDistinct) {
    ASSERT_TRUE(dedup.mark_processed("a\0b"sv).ok());
    for (const auto other : {"a"sv, "a\0"sv, "a\0c"sv}) {
        EXPECT_FALSE(dedup.is_duplicate(other).value());
        EXPECT_FALSE(known_elsewhere(other));
    }
    EXPECT_TRUE(known_elsewhere("a\0b"sv));
}

TEST_F(DeduplicationManagerTest, AScopeDoesNotSeeTheMarksOfAnother) {
    ASSERT_TRUE(dedup.mark_processed("a").ok());
    EXPECT_FALSE(known_elsewhere("a", "shipping"));
    EXPECT_TRUE(known_elsewhere("a", "billing"));
}

TEST_F(DeduplicationManagerTest, KeepsABucketForTwiceItsLength) {
    ASSERT_TRUE(dedup.mark_processed("a").ok());
    const auto bucket = std::chrono::duration_cast<std::chrono::seconds>(clock.system.time_since_epoch()).count() / 60;
    ASSERT_EQ(store.sets.size(), 1U);
    EXPECT_EQ(store.sets.begin()->first, "dedup:billing:" + std::to_string(bucket));
    EXPECT_EQ(store.sets.begin()->second.ttl, 120s);
}

TEST_F(DeduplicationManagerTest, AnIdIsKnownInItsBucketAndTheNextOnly) {
    ASSERT_TRUE(dedup.mark_processed("a").ok());
    clock.advance(60s);
    EXPECT_TRUE(known_elsewhere("a"));
    EXPECT_TRUE(dedup.is_duplicate("a").value());
    clock.advance(60s);
    EXPECT_FALSE(known_elsewhere("a"));
    EXPECT_FALSE(dedup.is_duplicate("a").value()); // the local cache forgets at the same time
}

TEST_F(DeduplicationManagerTest, AnswersInTheOrderOfTheIds) {
    ASSERT_TRUE(make("billing", &store).mark_processed("b").ok());
    const std::vector<std::string_view> ids{"a", "b", "c", "b"};
    ASSERT_TRUE(dedup.begin_check(ids).ok());
    EXPECT_THAT(finish(dedup), ElementsAre(0, 1, 0, 1));
    EXPECT_TRUE(last.ok());
}

TEST_F(DeduplicationManagerTest, AsksTheStoreOncePerBatch) {
    const std::vector<std::string_view> ids{"a", "b", "c"};
    ASSERT_TRUE(dedup.begin_check(ids).ok());
    (void)finish(dedup);
    EXPECT_THAT(store.trips, ElementsAre(ElementsAre(Kind::contains, Kind::contains)));
}

TEST_F(DeduplicationManagerTest, MarksGoOutWithTheNextCheck) {
    const std::vector<std::string_view> done{"a", "b"};
    const std::vector<std::string_view> ids{"c"};
    dedup.mark(done);
    EXPECT_TRUE(store.trips.empty());
    EXPECT_TRUE(dedup.has_unflushed_marks());
    ASSERT_TRUE(dedup.begin_check(ids).ok());
    EXPECT_TRUE(dedup.has_unflushed_marks()); // not known to have arrived
    (void)finish(dedup);
    EXPECT_FALSE(dedup.has_unflushed_marks());
    EXPECT_THAT(store.trips, ElementsAre(ElementsAre(Kind::add, Kind::contains, Kind::contains)));
    EXPECT_TRUE(known_elsewhere("a"));
}

TEST_F(DeduplicationManagerTest, AnswersLocallyKnownIdsWithoutAsking) {
    ASSERT_TRUE(dedup.mark_processed("a").ok());
    store.trips.clear();
    const std::vector<std::string_view> ids{"a"};
    ASSERT_TRUE(dedup.begin_check(ids).ok());
    EXPECT_THAT(finish(dedup), ElementsAre(1));
    EXPECT_TRUE(store.trips.empty());
}

TEST_F(DeduplicationManagerTest, TwoChecksMayBeOpenAndAreAnsweredInOrder) {
    ASSERT_TRUE(make("billing", &store).mark_processed("b").ok());
    const std::vector<std::string_view> first{"a", "b"};
    const std::vector<std::string_view> second{"b", "c", "d"};
    ASSERT_TRUE(dedup.begin_check(first).ok());
    ASSERT_TRUE(dedup.begin_check(second).ok());
    const std::vector<std::string_view> third{"e"};
    EXPECT_EQ(dedup.begin_check(third).error().code, ErrorCode::invalid_argument);
    EXPECT_THAT(finish(dedup), ElementsAre(0, 1));
    EXPECT_THAT(finish(dedup), ElementsAre(1, 0, 0));
    EXPECT_EQ((finish(dedup), last.error().code), ErrorCode::invalid_argument);
}

TEST_F(DeduplicationManagerTest, SeesAMarkMadeWhileTheQuestionWasOnItsWay) {
    const std::vector<std::string_view> ids{"a", "b"};
    const std::vector<std::string_view> done{"a"};
    ASSERT_TRUE(dedup.begin_check(ids).ok());
    dedup.mark(done);
    EXPECT_THAT(finish(dedup), ElementsAre(1, 0));
}

TEST_F(DeduplicationManagerTest, AStoreErrorIsNeverADuplicate) {
    ASSERT_TRUE(make("billing", &store).mark_processed("a").ok());
    store.fail_sends = 1;
    EXPECT_EQ(dedup.is_duplicate("a").error().code, ErrorCode::unavailable);
    store.fail_receives = 1;
    EXPECT_EQ(dedup.is_duplicate("a").error().code, ErrorCode::unavailable);
    EXPECT_EQ(dedup.store_errors(), 2U);
    EXPECT_TRUE(dedup.is_duplicate("a").value());
}

TEST_F(DeduplicationManagerTest, KeepsLocalAnswersWhenTheStoreFails) {
    ASSERT_TRUE(dedup.mark_processed("a").ok());
    const std::vector<std::string_view> ids{"a", "b"};
    store.fail_sends = 1;
    EXPECT_FALSE(dedup.begin_check(ids).ok());
    EXPECT_THAT(finish(dedup), ElementsAre(1, 0));
    EXPECT_FALSE(last.ok());
    store.fail_receives = 1;
    ASSERT_TRUE(dedup.begin_check(ids).ok());
    EXPECT_THAT(finish(dedup), ElementsAre(1, 0));
    EXPECT_FALSE(last.ok());
}

TEST_F(DeduplicationManagerTest, AFailureOfOneCheckEndsTheOtherAndTheNextBeginsAfresh) {
    ASSERT_TRUE(make("billing", &store).mark_processed("b").ok());
    const std::vector<std::string_view> first{"a"};
    const std::vector<std::string_view> second{"b"};
    ASSERT_TRUE(dedup.begin_check(first).ok());
    ASSERT_TRUE(dedup.begin_check(second).ok());
    store.fail_receives = 1;
    EXPECT_THAT(finish(dedup), ElementsAre(0));
    EXPECT_FALSE(last.ok());
    EXPECT_THAT(finish(dedup), ElementsAre(0)); // its answer went with the connection
    EXPECT_FALSE(last.ok());
    EXPECT_EQ(dedup.store_errors(), 1U);
    ASSERT_TRUE(dedup.begin_check(second).ok());
    EXPECT_THAT(finish(dedup), ElementsAre(1));
    EXPECT_TRUE(last.ok());
}

TEST_F(DeduplicationManagerTest, AFailureOfTheSecondBeginEndsTheFirst) {
    const std::vector<std::string_view> ids{"a"};
    ASSERT_TRUE(dedup.begin_check(ids).ok());
    store.fail_sends = 1;
    EXPECT_FALSE(dedup.begin_check(ids).ok());
    EXPECT_EQ((finish(dedup), last.ok()), false);
    EXPECT_EQ((finish(dedup), last.ok()), false);
    EXPECT_FALSE(dedup.is_duplicate("a").value());
}

TEST_F(DeduplicationManagerTest, MarksThatMayNotHaveArrivedAreSentAgain) {
    const std::vector<std::string_view> done{"a"};
    const std::vector<std::string_view> more{"b"};
    const std::vector<std::string_view> ids{"x"};
    dedup.mark(done);
    store.fail_receives = 1;
    ASSERT_TRUE(dedup.begin_check(ids).ok());
    (void)finish(dedup);
    store.sets.clear();
    dedup.mark(more);
    EXPECT_TRUE(dedup.has_unflushed_marks());
    ASSERT_TRUE(dedup.flush().ok());
    EXPECT_FALSE(dedup.has_unflushed_marks());
    EXPECT_TRUE(known_elsewhere("a"));
    EXPECT_TRUE(known_elsewhere("b"));
}

TEST_F(DeduplicationManagerTest, AFlushThatFailsKeepsItsMarks) {
    const std::vector<std::string_view> done{"a"};
    dedup.mark(done);
    store.fail_receives = 1;
    EXPECT_FALSE(dedup.flush().ok());
    EXPECT_TRUE(dedup.has_unflushed_marks());
    ASSERT_TRUE(dedup.flush().ok());
    EXPECT_FALSE(dedup.has_unflushed_marks());
}

TEST_F(DeduplicationManagerTest, RefusesAnAnswerThatDoesNotFitTheQuestion) {
    store.short_replies = true;
    EXPECT_EQ(dedup.is_duplicate("a").error().code, ErrorCode::malformed);
    EXPECT_EQ(store.closed, 1);
    store.short_replies = false;
    EXPECT_FALSE(dedup.is_duplicate("a").value());
}

TEST_F(DeduplicationManagerTest, AsksAStoreThatIsAwayOnlyNowAndThen) {
    store.fail_sends = 4;
    for (int i = 0; i < 100; ++i) {
        EXPECT_FALSE(dedup.is_duplicate("a").ok());
    }
    EXPECT_EQ(store.fail_sends, 1);
    EXPECT_EQ(dedup.store_errors(), 3U);
    clock.advance(200ms);
    EXPECT_FALSE(dedup.is_duplicate("a").ok());
    clock.advance(400ms);
    EXPECT_FALSE(dedup.is_duplicate("a").value());
}

TEST_F(DeduplicationManagerTest, WithoutAStoreTheLocalCacheRemembers) {
    auto local = make();
    EXPECT_FALSE(local.has_store());
    EXPECT_FALSE(local.is_duplicate("a").value());
    ASSERT_TRUE(local.mark_processed("a").ok());
    EXPECT_TRUE(local.is_duplicate("a").value());
    EXPECT_FALSE(local.has_unflushed_marks());
}

TEST_F(DeduplicationManagerTest, ALongOutageKeepsTheLatestMarksOnly) {
    for (int i = 0; i < 5000; ++i) {
        const std::string id = "id-" + std::to_string(i);
        const std::string_view view = id;
        dedup.mark({&view, 1});
    }
    ASSERT_TRUE(dedup.flush().ok());
    EXPECT_LE(store.sets.begin()->second.members.size(), 1024U);
    EXPECT_TRUE(known_elsewhere("id-4999"));
    EXPECT_FALSE(known_elsewhere("id-0"));
}

TEST_F(DeduplicationManagerTest, LongAndUuidIdsAreKnownElsewhere) {
    const std::string id_of_8k(8192, 'x');
    const std::vector<std::string_view> ids{"018f3c1e-7b2a-7c3d-8e4f-5a6b7c8d9e0f", id_of_8k};
    dedup.mark(ids);
    ASSERT_TRUE(dedup.flush().ok());
    EXPECT_TRUE(known_elsewhere(ids[0]));
    EXPECT_TRUE(known_elsewhere(ids[1]));
    EXPECT_FALSE(known_elsewhere(id_of_8k + "y"));
    EXPECT_FALSE(known_elsewhere("018F3C1E-7B2A-7C3D-8E4F-5A6B7C8D9E0F")); // another text, another id
}

} // namespace
} // namespace streaming
