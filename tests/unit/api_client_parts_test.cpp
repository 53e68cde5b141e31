// What the parts of the API client promise each other.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/streaming/ingestion/fetch_retries.hpp"
#include "core/streaming/ingestion/host_gate.hpp"
#include "core/streaming/ingestion/response_validators.hpp"
#include "core/streaming/ingestion/revision_ledger.hpp"
#include "core/streaming/ingestion/shared_budget.hpp"
#include "core/streaming/ingestion/source_listings.hpp"
#include "core/streaming/testing/fake_clock.hpp"
#include "tests/support/stepping_clock.hpp"

namespace streaming {
namespace {

using namespace std::chrono_literals;
using testing_support::SteppingClock;

TEST(FetchRetries, SavesNoMoreThanTenAndWaitsNoLongerThanItMay) {
    FetchRetries retries;
    retries.set_options({.max_retries = 3, .first_delay = 1s, .max_delay = 3s, .budget = 0.5});
    for (int i = 0; i < 1000; ++i) {
        retries.asked();
    }
    int taken = 0;
    while (taken < 100 && retries.take(0)) {
        ++taken;
    }
    EXPECT_EQ(taken, 10);
    retries.asked();
    EXPECT_FALSE(retries.take(0)) << "half a retry";
    retries.asked();
    EXPECT_FALSE(retries.take(3)) << "as many as one fetch has";
    EXPECT_TRUE(retries.take(2));
    EXPECT_EQ(retries.most_delay(0), 1s);
    EXPECT_EQ(retries.most_delay(1), 2s);
    EXPECT_EQ(retries.most_delay(2), 3s);
    EXPECT_EQ(retries.most_delay(100), 3s);
}

TEST(FetchRetries, WhatWasStoppedIsNotTriedAgain) {
    const auto error = [](ErrorCode code) { return Error{.code = code, .message = "m", .retryable = true}; };
    EXPECT_TRUE(FetchRetries::may_succeed_later(error(ErrorCode::timed_out)));
    EXPECT_FALSE(FetchRetries::may_succeed_later(error(ErrorCode::stopped)));
}

TEST(CircuitBreaker, CountsFailuresInARowAndNoneWhileItIsOpen) {
    constexpr CircuitBreaker::Options kOptions{.failures = 3, .open_for = 10s};
    CircuitBreaker breaker;
    Clock::steady_time now{1h};
    for (int i = 0; i < 4; ++i) {
        breaker.failed(now, kOptions);
        breaker.failed(now, kOptions);
        breaker.succeeded();
    }
    EXPECT_EQ(breaker.state(), CircuitBreaker::State::closed);
    for (int i = 0; i < 3; ++i) {
        breaker.failed(now, kOptions);
    }
    EXPECT_EQ(breaker.open_until(), now + 10s);
    breaker.failed(now + 5s, kOptions); // one that was on its way
    EXPECT_EQ(breaker.open_until(), now + 10s);
    EXPECT_EQ(breaker.opened(), 1U);
}

TEST(HostGate, AProbeThatTellsNothingIsFollowedByAnother) {
    constexpr HostGate::Limits kLimits{.concurrency = 1, .breaker = {.failures = 1, .open_for = 10s}};
    SteppingClock clock;
    HostGate gate(clock, "h");
    const auto enter = [&] { return gate.enter(kLimits, clock.now(), {}); };
    gate.leave(enter().value(), HostGate::Ending::failed, kLimits);
    clock.advance(10s);
    for (int i = 0; i < 3; ++i) {
        const auto probe = enter();
        ASSERT_TRUE(probe.ok()) << i;
        EXPECT_EQ(probe.value().admission, CircuitBreaker::Admission::as_probe);
        gate.leave(probe.value(), HostGate::Ending::unknown, kLimits);
    }
}

TEST(HostGate, AnAnswerDuringAPauseIsNotItsEnd) {
    fakes::FakeClock clock;
    HostGate gate(clock, "h");
    EXPECT_TRUE(gate.is_to_be_told(30s));
    EXPECT_FALSE(gate.is_end_to_be_told()) << "it was on its way when the pause began";
    EXPECT_FALSE(gate.is_to_be_told(30s));
    clock.advance(30s);
    EXPECT_TRUE(gate.is_end_to_be_told());
    EXPECT_FALSE(gate.is_end_to_be_told());
}

TEST(HostGate, AShorterPauseDoesNotEndALongerOne) {
    SteppingClock clock;
    HostGate gate(clock, "h");
    const auto begun = clock.now();
    gate.pause_until(begun + 1min);
    gate.pause_until(begun + 1s);
    EXPECT_EQ(gate.closed_until(), begun + 1min);
}

TEST(SharedBudget, AShorterPauseDoesNotEndALongerOne) {
    SteppingClock clock;
    SharedBudget budget({.clock = clock, .store = nullptr}, {.name = "b"});
    const auto begun = clock.now();
    budget.pause_until(begun + 1min);
    budget.pause_until(begun + 1s);
    EXPECT_EQ(budget.paused_until(), begun + 1min);
    EXPECT_TRUE(budget.spend(budget.join(1), 1, begun + 2min, {}).ok());
    EXPECT_EQ(clock.now(), begun + 1min);
}

TEST(BudgetShares, WhoAskedNothingForTwoWindowsHasNoShare) {
    BudgetShares shares(1000, 600s);
    Clock::steady_time now{1h};
    const auto busy = shares.join(1, now);
    const auto idle = shares.join(9, now);
    const auto within_share = [&](BudgetShares::Member member) {
        return shares.spend(member, {.amount = 500}, 1000, now).within_share;
    };
    EXPECT_FALSE(within_share(busy));
    now += 1199s;
    EXPECT_FALSE(within_share(busy));
    now += 601s;
    EXPECT_TRUE(within_share(busy));
    EXPECT_TRUE(within_share(idle)) << "with its first request it has one again";
}

TEST(SpendingWindow, WhatIsTakenBackLeavesTheRestWhereItWas) {
    SpendingWindow window(100s);
    const Clock::steady_time start{1h};
    window.spend(10, start);
    window.take_back(3);
    EXPECT_EQ(window.used(start + 100s), 7U);
    EXPECT_EQ(window.used(start + 101s), 0U);
}

TEST(ResponseValidators, WhatWasForgottenAndLearntAgainIsAsNew) {
    ResponseValidators validators;
    const HttpResponse answer{.status = 200, .headers = {{"etag", "\"1\""}}};
    const Clock::steady_time now{1h};
    validators.remember({.url = "first"}, answer, now);
    validators.forget({.url = "first"});
    for (std::size_t i = 0; i < ResponseValidators::kMost - 1; ++i) {
        validators.remember({.url = std::to_string(i)}, answer, now);
    }
    validators.remember({.url = "first"}, answer, now);
    validators.remember({.url = "one more"}, answer, now);
    HttpRequest sent;
    EXPECT_TRUE(validators.add_conditions({.url = "first"}, sent)) << "others are older";
    EXPECT_FALSE(validators.add_conditions({.url = "0"}, sent));
    EXPECT_EQ(validators.size(), ResponseValidators::kMost);
}

TEST(RevisionLedger, RemembersForTwoBucketsAndThenBeginsAnew) {
    RevisionLedger ledger;
    const auto a = content_hash_of("a");
    const auto b = content_hash_of("b");
    std::uint32_t answer = 0;
    const auto see = [&](const RevisionLedger::Hash& content, std::uint32_t bucket) {
        return ledger.see("k", content, {.bucket = bucket, .answer = ++answer});
    };
    EXPECT_EQ(see(a, 1).number, 0U);
    EXPECT_EQ(see(b, 2).number, 1U);
    EXPECT_EQ(see(b, 3).previous, content_text(a)) << "the same event, with what it replaced";
    EXPECT_EQ(see(a, 4).number, 2U);
    EXPECT_EQ(see(b, 6).number, 0U) << "not seen for longer";
}

TEST(RevisionLedger, AnEndThatIsTakenBackLeavesNoNumber) {
    RevisionLedger ledger;
    const auto a = content_hash_of("a");
    EXPECT_EQ(ledger.see("k", a, {.bucket = 1, .answer = 1}).number, 0U);
    EXPECT_EQ(ledger.end("k")->number, 1U);
    ledger.undo_end("k");
    EXPECT_EQ(ledger.see("k", a, {.bucket = 1, .answer = 2}).number, 0U);
    EXPECT_EQ(ledger.end("k")->number, 1U);
    EXPECT_EQ(ledger.end("k")->number, 1U) << "said again";
    const Revision back = ledger.see("k", a, {.bucket = 1, .answer = 3});
    EXPECT_EQ(back.number, 2U);
    EXPECT_TRUE(back.returned);
}

TEST(RevisionLedger, ARestoredEntryIsOfNoAnswerAndANewerOneStays) {
    RevisionLedger ledger;
    ledger.list_changes();
    std::vector<RevisionLedger::Entry> stored;
    const auto a = content_hash_of("a");
    const auto b = content_hash_of("b");
    (void)ledger.see("k", a, {.bucket = 1, .answer = 1});
    ledger.take_changes(stored);
    const auto old = stored;
    (void)ledger.see("k", b, {.bucket = 1, .answer = 2});
    ledger.restore(old.front());
    ledger.take_changes(stored);
    EXPECT_EQ(stored.front().number, 1U) << "the newer one stays";
    RevisionLedger other;
    other.restore(stored.front());
    EXPECT_EQ(other.see("k", a, {.bucket = 1, .answer = 2}).number, 2U) << "the answer of another process is another";
}

TEST(RevisionLedger, ForgetsNothingWhileChangesWait) {
    RevisionLedger ledger;
    ledger.list_changes();
    (void)ledger.see("k", content_hash_of("a"), {.bucket = 1, .answer = 1});
    ledger.forget_before(9);
    EXPECT_EQ(ledger.size(), 1U);
    std::vector<RevisionLedger::Entry> taken;
    ledger.take_changes(taken);
    EXPECT_EQ(taken.size(), 1U);
    ledger.forget_before(9);
    EXPECT_EQ(ledger.size(), 0U);
}

/// One list of one thing.
class SourceListingsTest : public ::testing::Test {
protected:
    void list(std::uint32_t answer, std::uint32_t bucket = 1) {
        listings_.listed("l", "k", "key", "summary", {.bucket = bucket, .answer = answer});
    }
    /// What ends with this answer.
    std::vector<Ended> ended(std::uint32_t answer, bool believed = true) {
        std::vector<Ended> all;
        listings_.ended("l", revisions_, std::chrono::sys_days(2026y / 1 / 1), {.bucket = 1, .answer = answer},
                        [&](Ended& end) {
                            all.push_back(end);
                            return believed;
                        });
        return all;
    }

    SourceListings listings_{};
    RevisionLedger revisions_{};
};

TEST_F(SourceListingsTest, ARejectedAnswerTakesBackWhatItBroughtAndNothingElse) {
    list(1);
    list(2);
    listings_.reject(revisions_, 2); // it was there before
    EXPECT_EQ(listings_.size(), 1U);
    listings_.reject(revisions_, 1);
    EXPECT_EQ(listings_.size(), 0U);
}

TEST_F(SourceListingsTest, ARejectedAnswerTakesBackTheEndThatItBrought) {
    list(1);
    EXPECT_EQ(ended(2).size(), 1U);
    EXPECT_TRUE(listings_.find_ended("l", "k").has_value());
    listings_.reject(revisions_, 2);
    EXPECT_FALSE(listings_.find_ended("l", "k").has_value());
    EXPECT_EQ(listings_.size(), 1U);
}

TEST_F(SourceListingsTest, AnEndThatIsNotBelievedTakesNoNumberOfTheRevisions) {
    list(1);
    (void)revisions_.see("k", content_hash_of("a"), {.bucket = 1, .answer = 1});
    EXPECT_EQ(ended(2, false).front().number, 1U);
    EXPECT_EQ(ended(3, false).front().number, 1U);
    EXPECT_EQ(ended(4).front().missing, 3U);
    EXPECT_EQ(revisions_.see("k", content_hash_of("a"), {.bucket = 1, .answer = 5}).number, 2U);
}

TEST_F(SourceListingsTest, WhatIsToBeStoredIsNotForgottenAndTheLaterBucketIsRestored) {
    listings_.list_changes();
    list(1, 5);
    listings_.forget_before(99);
    ASSERT_EQ(listings_.size(), 1U);
    std::vector<SourceListings::Change> stored;
    listings_.take_changes(stored);
    ASSERT_EQ(stored.size(), 1U);
    SourceListings::Change older = stored.front();
    older.item.bucket = 4;
    older.item.ended_at = 1;
    listings_.restore(std::move(older));
    EXPECT_FALSE(listings_.find_ended("l", "k").has_value());
    listings_.forget_before(7);
    EXPECT_EQ(listings_.size(), 0U);
}

} // namespace
} // namespace streaming
