#include <gmock/gmock.h>

#include <atomic>
#include <map>
#include <mutex>

#include "tests/support/flow_fixture.hpp"

namespace {

using namespace streaming;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using tests::Item;

/// A service whose state lives in a topic: what it handles depends on the last state it knows.
class CatchUpFirst : public testing::Test {
protected:
    void wire(StreamServiceBuilder& builder) {
        builder
            .add_consumer_handler<Item>({.topics = {"items"}, .group_id = "shop"},
                                        [this](const Item& item, Context&) {
                                            const std::scoped_lock lock(mutex_);
                                            seen_.emplace_back(item.number, state_);
                                        })
            .add_consumer_handler<Item>(
                {.topics = {"state"}, .group_id = "state", .broadcast = true, .catch_up_first = true},
                [this](const Item& item, Context&) {
                    if (hold_state_) {
                        gate_.pass();
                    }
                    const std::scoped_lock lock(mutex_);
                    state_ = item.number;
                });
    }
    std::vector<std::pair<int, int>> seen() {
        const std::scoped_lock lock(mutex_);
        return seen_;
    }

    /// Flows look at themselves once a second.
    bool says_that_it_waits() {
        service_.platform().clock().advance(std::chrono::seconds(1));
        return service_.service().health().to_json().find("catch up first") != std::string::npos;
    }

    std::mutex mutex_{};
    std::vector<std::pair<int, int>> seen_{}; ///< item and the state it met
    int state_ = 0;
    std::atomic<bool> hold_state_{false};
    tests::Gate gate_{};
    ServiceHarness service_{[this](StreamServiceBuilder& builder) { wire(builder); }};
};

TEST_F(CatchUpFirst, HandlesNothingBeforeTheStateIsReadToItsEnd) {
    service_.deliver("items", "k", Item{1});
    for (int state = 1; state <= 700; ++state) { // more than one poll brings
        service_.deliver("state", "k", Item{state});
    }
    service_.drain();
    EXPECT_THAT(seen(), ElementsAre(std::pair(1, 700)));
}

TEST_F(CatchUpFirst, WaitsForTheHandlerOfTheStateNotOnlyForItsRecords) {
    hold_state_ = true;
    service_.deliver("items", "k", Item{1});
    service_.deliver("state", "k", Item{5});
    service_.start();
    gate_.await(1);
    tests::await(service_, [&] { return says_that_it_waits(); });
    EXPECT_THAT(seen(), IsEmpty());
    gate_.open();
    service_.drain();
    EXPECT_THAT(seen(), ElementsAre(std::pair(1, 5)));
}

TEST_F(CatchUpFirst, CatchesUpAgainWhenPartitionsCome) {
    service_.deliver("items", "k", Item{1});
    service_.drain();
    hold_state_ = true;
    // As after another instance wrote new state and then left: the partition comes with the records that follow.
    service_.deliver("state", "k", Item{9});
    gate_.await(1);
    service_.platform().broker().expel("shop");
    service_.deliver("items", "k", Item{2});
    tests::await(service_, [&] { return says_that_it_waits(); });
    EXPECT_THAT(seen(), ElementsAre(std::pair(1, 0)));
    gate_.open();
    service_.drain();
    EXPECT_THAT(seen(), ElementsAre(std::pair(1, 0), std::pair(2, 9)));
}

TEST_F(CatchUpFirst, NeedsNoStateToExist) {
    service_.deliver("items", "k", Item{1});
    service_.drain();
    EXPECT_THAT(seen(), ElementsAre(std::pair(1, 0)));
    EXPECT_EQ(service_.committed("shop", "items"), 1);
}

TEST_F(CatchUpFirst, StopsWhileItWaits) {
    hold_state_ = true;
    service_.deliver("items", "k", Item{1});
    service_.deliver("state", "k", Item{5});
    service_.start();
    gate_.await(1);
    gate_.open();
    (void)service_.stop();
    EXPECT_THAT(service_.committed("shop", "items"), testing::Le(1));
}

TEST(CatchUpFirstOptions, AreForBroadcastFlowsThatStartAtTheBeginning) {
    EXPECT_THAT((ConsumerOptions{.topics = {"t"}, .group_id = "g", .catch_up_first = true}.validate()),
                ElementsAre(HasSubstr("catch_up_first")));
    EXPECT_THAT(
        (ConsumerOptions{.topics = {"t"}, .start = StartPosition::latest, .broadcast = true, .catch_up_first = true}
             .validate()),
        ElementsAre(HasSubstr("start: earliest")));
}

} // namespace
