#include "core/streaming/ingestion/source_state_store.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/streaming/testing/fake_clock.hpp"
#include "core/streaming/testing/fake_key_value_store.hpp"

namespace streaming {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::chrono::hours kTtl{48};

/// A source in one process; `restart` gives it another.
class SourceStateStoreTest : public testing::Test {
protected:
    SourceStateStoreTest() { restart(); }

    void restart() {
        state_ = std::make_unique<SourceState>(kTtl);
        state_->list_changes();
        EXPECT_TRUE(load().ok());
    }
    Result<std::size_t> load() { return on_disk_.load(*state_, clock_.system_now()); }
    Status save() { return on_disk_.save(*state_, clock_.system_now()); }
    unsigned read(const std::string& key, const std::string& content) {
        EXPECT_TRUE(state_->begin_answer(clock_.system_now()).ok());
        return state_->revision_of(key, content).number;
    }
    /// Ends of one complete list.
    std::vector<std::string> list(const std::vector<std::string>& active) {
        EXPECT_TRUE(state_->begin_answer(clock_.system_now()).ok());
        for (const std::string& key : active) {
            state_->listed("list", key, "kafka " + key, "summary of " + key);
        }
        std::vector<std::string> ends;
        state_->ended("list", [&](Ended& end) {
            end.note = end.note.empty() ? "noted" : end.note + " before";
            ends.push_back(end.natural_key + ' ' + std::to_string(end.number) + ' ' + end.summary + ' ' + end.note);
            return true;
        });
        return ends;
    }

    fakes::FakeClock clock_{};
    fakes::FakeStore store_{clock_};
    fakes::FakeKeyValueStore connection_{store_};
    SourceStateStore on_disk_{connection_, "service.source"};
    std::unique_ptr<SourceState> state_{};
};

TEST_F(SourceStateStoreTest, RevisionsGoOnAfterARestart) {
    EXPECT_EQ(read("k", "a"), 0U);
    ASSERT_TRUE(save().ok());
    restart();
    EXPECT_EQ(read("k", "b"), 1U);
    ASSERT_TRUE(save().ok());
    restart();
    EXPECT_EQ(read("k", "b"), 1U) << "the same again";
    EXPECT_EQ(read("k", "a"), 2U);
}

TEST_F(SourceStateStoreTest, WhatWasNotSavedIsReadAgainWithTheSameNumber) {
    EXPECT_EQ(read("k", "a"), 0U);
    ASSERT_TRUE(save().ok());
    EXPECT_EQ(read("k", "b"), 1U);
    restart();
    EXPECT_EQ(read("k", "b"), 1U);
}

TEST_F(SourceStateStoreTest, WhatLeftAListWhileNobodyPolledEnds) {
    EXPECT_THAT(list({"a", "b"}), IsEmpty());
    ASSERT_TRUE(save().ok());
    restart();
    EXPECT_THAT(list({"b"}), ElementsAre("a 1 summary of a noted"));
    ASSERT_TRUE(save().ok());
    restart();
    EXPECT_THAT(list({"b"}), ElementsAre("a 1 summary of a noted before"));
}

TEST_F(SourceStateStoreTest, OnlyChangesAreWritten) {
    (void)read("k", "a");
    (void)list({"x"});
    ASSERT_TRUE(save().ok());
    const std::size_t sends = store_.sends();
    (void)read("k", "a");
    (void)list({"x"});
    ASSERT_TRUE(save().ok());
    EXPECT_EQ(store_.sends(), sends);
}

TEST_F(SourceStateStoreTest, WhatAStoreThatWasOutDidNotGetGoesWithTheNextSave) {
    (void)read("k", "a");
    ASSERT_TRUE(save().ok());
    store_.set_down(true);
    EXPECT_EQ(read("k", "b"), 1U);
    (void)list({"x"});
    EXPECT_FALSE(save().ok());
    EXPECT_EQ(read("k", "b"), 1U);
    store_.set_down(false);
    ASSERT_TRUE(save().ok());
    restart();
    EXPECT_EQ(read("k", "a"), 2U);
    EXPECT_THAT(list({}), ElementsAre("x 1 summary of x noted"));
}

TEST_F(SourceStateStoreTest, AStateThatCannotBeLoadedIsAnErrorAndEmpty) {
    (void)read("k", "a");
    ASSERT_TRUE(save().ok());
    store_.set_down(true);
    EXPECT_FALSE(load().ok());
    EXPECT_EQ(state_->revisions().size(), 0U);
}

TEST_F(SourceStateStoreTest, WhatIsSeenIsRememberedForAsLongAsItIsSeenAndForTheTtlAfter) {
    (void)read("k", "a");
    (void)read("l", "a");
    ASSERT_TRUE(save().ok());
    for (int day = 0; day < 6; ++day) {
        clock_.advance(std::chrono::hours(24));
        EXPECT_EQ(read("k", "a"), 0U);
        ASSERT_TRUE(save().ok());
    }
    restart();
    EXPECT_EQ(state_->revisions().size(), 1U);
    clock_.advance(kTtl);
    restart();
    EXPECT_EQ(read("k", "b"), 1U);
    EXPECT_EQ(read("l", "b"), 0U);
    clock_.advance(6 * kTtl);
    restart();
    EXPECT_EQ(state_->revisions().size(), 0U);
    EXPECT_THAT(store_.keys(), IsEmpty());
}

TEST_F(SourceStateStoreTest, BytesThatAreNoEntryAreCounted) {
    (void)read("k", "a");
    ASSERT_TRUE(save().ok());
    for (const std::string& key : store_.keys()) {
        const std::array<std::string_view, 4> members{"short", "x", "", ""};
        const StoreCommand wrong{.kind = StoreCommand::Kind::put, .key = key, .members = members};
        std::vector<StoreReply> replies;
        ASSERT_TRUE(connection_.send({&wrong, 1}).ok());
        ASSERT_TRUE(connection_.receive(replies).ok());
    }
    const auto unreadable = load();
    ASSERT_TRUE(unreadable.ok());
    EXPECT_EQ(unreadable.value(), 2U);
    EXPECT_EQ(read("k", "b"), 1U);
}

} // namespace
} // namespace streaming
