#include "core/streaming/orchestration/completion_inbox.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "core/streaming/testing/fake_clock.hpp"
#include "core/streaming/testing/mocks.hpp"

namespace {

using namespace streaming;
using detail::CompletionInbox;
using detail::InboxNode;
using testing::NiceMock;

class CompletionInboxTest : public testing::Test {
protected:
    void push(InboxNode& node) {
        inbox_.push(&node, &node);
        inbox_.wake_sleeper();
    }

    fakes::FakeClock clock_{};
    NiceMock<mocks::MockMessageConsumer> consumer_{};
    CompletionInbox inbox_{clock_, consumer_};
    InboxNode first_{InboxNode::Kind::task};
    InboxNode second_{InboxNode::Kind::work};
    InboxNode third_{InboxNode::Kind::task};
};

TEST_F(CompletionInboxTest, GivesEverythingAtOnceNewestFirst) {
    push(first_);
    second_.next = &third_; // a chain arrives as it is
    inbox_.push(&second_, &third_);
    InboxNode* const all = inbox_.take_all();
    ASSERT_EQ(all, &second_);
    EXPECT_EQ(all->next, &third_);
    EXPECT_EQ(third_.next, &first_);
    EXPECT_EQ(inbox_.take_all(), nullptr);
}

TEST_F(CompletionInboxTest, APushEndsASleep) {
    std::jthread lane([this] {
        (void)clock_.await_waiter();
        push(first_);
    });
    inbox_.sleep_here(clock_.now() + std::chrono::hours(1), {});
    EXPECT_EQ(inbox_.take_all(), &first_);
}

TEST_F(CompletionInboxTest, WhatIsHereAlreadyIsNotSleptOver) {
    push(first_);
    inbox_.sleep_here(clock_.now() + std::chrono::hours(1), {});
    inbox_.sleep_in_consumer([](bool may_sleep) {
        EXPECT_FALSE(may_sleep);
        return 0;
    });
}

TEST_F(CompletionInboxTest, ANudgeBeforeTheSleepIsNotLost) {
    EXPECT_CALL(consumer_, wake());
    inbox_.nudge();
    inbox_.sleep_here(clock_.now() + std::chrono::hours(1), {});
}

TEST_F(CompletionInboxTest, APushWakesTheConsumerOnlyWhileThePollThreadIsInIt) {
    EXPECT_CALL(consumer_, wake()).Times(1);
    push(first_);
    (void)inbox_.take_all();
    inbox_.sleep_in_consumer([this](bool may_sleep) {
        EXPECT_TRUE(may_sleep);
        push(second_);
        push(third_); // one waker is enough
        return 0;
    });
    (void)inbox_.take_all();
    push(first_);
}

} // namespace
