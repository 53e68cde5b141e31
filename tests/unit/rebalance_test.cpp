// Partitions that come and go while handlers run, and handlers that run too long.

#include <atomic>

#include "tests/support/flow_fixture.hpp"

namespace {

using namespace streaming;
using tests::await;
using tests::Gate;
using tests::Item;
using tests::put;

constexpr const char* kTopic = "items";
constexpr const char* kGroup = "shop";

/// Handles everything at once but item 1, which waits for the gate.
struct Shop {
    Gate gate{};
    std::atomic<int> handled{0};

    auto wire(std::size_t workers = 1) {
        return [this, workers](StreamServiceBuilder& builder) {
            builder.add_consumer_handler<Item>({.topics = {kTopic}, .group_id = kGroup, .workers = workers},
                                               [this](const Item& item, Context&) {
                                                   if (item.number == 1) {
                                                       gate.pass();
                                                   }
                                                   ++handled;
                                               });
        };
    }
};

TEST(Rebalance, ARunningHandlerFinishesAndIsCommittedBeforeTheNextOwnerReads) {
    fakes::Platform platform;
    ASSERT_TRUE(platform.broker().create_topic(kTopic, 2).ok());
    Shop shop;
    ServiceHarness first(shop.wire(), {}, platform);
    put(first, kTopic, 1, "k", tests::envelope("id-1"));
    first.start();
    shop.gate.await(1);
    ServiceHarness second(shop.wire(), {}, platform);
    second.start(); // takes partition 1 once the first let go of it
    shop.gate.open();
    await(first, [&] { return shop.handled == 1 && first.service().in_flight() == 0; }); // drain() moves the clock
    first.drain();
    second.drain();
    EXPECT_EQ(shop.handled, 1);
    EXPECT_EQ(platform.broker().committed(kGroup, {kTopic, 1}), 1);
    put(second, kTopic, 0, "a", tests::envelope("id-2", Item::event_type, R"({"number":2})"));
    put(second, kTopic, 1, "b", tests::envelope("id-3", Item::event_type, R"({"number":3})"));
    first.drain();
    second.drain();
    EXPECT_EQ(shop.handled, 3);
    EXPECT_EQ(first.counts(kGroup).consumed + second.counts(kGroup).consumed, 3U);
}

TEST(Rebalance, AHandlerOfALostPartitionRunsOnAndItsRecordIsNotRunTwiceHere) {
    Shop shop;
    ServiceHarness service(shop.wire(2));
    service.deliver(kTopic, "k", Item{1}, "id-1");
    service.start();
    shop.gate.await(1);
    service.platform().broker().expel(kGroup); // heard as lost; the record is read again
    await(service, [&] { return service.counts(kGroup).consumed == 2; });
    EXPECT_EQ(service.platform().broker().committed(kGroup, {kTopic, 0}).value_or(0), 0);
    shop.gate.open();
    service.drain();
    EXPECT_EQ(shop.handled, 1);
    EXPECT_EQ(service.counts(kGroup).count(Outcome::duplicate), 1U) << "its twin was in the handler";
    EXPECT_EQ(service.committed(kGroup, kTopic), 1);
}

TEST(StuckHandler, IsReportedWithItsRecordWhileOthersGoOn) {
    Shop shop;
    ServiceHarness service(shop.wire(8));
    for (int i = 0; i < 20; ++i) {
        service.deliver(kTopic, "key-" + std::to_string(i), Item{i});
    }
    service.start();
    shop.gate.await(1);
    await(service, [&] { return service.counts(kGroup).count(Outcome::handled) >= 10; });
    EXPECT_TRUE(service.service().health().ready());
    service.platform().clock().advance(std::chrono::seconds(61));
    await(service, [&] { // one of the others may be between its begin and its end just now
        service.platform().clock().advance(std::chrono::seconds(1));
        return service.service().health().to_json().find("handler of items:0:1 runs longer than 60000 ms") !=
               std::string::npos;
    });
    EXPECT_FALSE(service.service().health().ready());
    EXPECT_TRUE(service.service().health().live());
    shop.gate.open();
    service.drain();
    service.platform().clock().advance(std::chrono::seconds(2));
    await(service, [&] { return service.service().health().ready(); });
}

TEST(StuckHandler, EndsTheServiceByChoice) {
    Shop shop;
    ServiceHarness service([&](StreamServiceBuilder& builder) {
        builder.with_error_handling({.on_handler_timeout = HandlerTimeoutPolicy::exit});
        shop.wire()(builder);
    });
    service.deliver(kTopic, "k", Item{1});
    service.start();
    shop.gate.await(1);
    service.platform().clock().advance(std::chrono::seconds(61));
    const Status ended = service.service().wait({});
    EXPECT_THAT(ended.error().message, testing::HasSubstr("items:0:0"));
    EXPECT_FALSE(service.service().health().live());
    shop.gate.open();
}

TEST(Exhausted, StopEndsTheServiceWithTheRecordUncommitted) {
    ServiceHarness service([](StreamServiceBuilder& builder) {
        builder.with_error_handling({.max_attempts = 2, .on_exhausted = ExhaustedPolicy::stop})
            .add_consumer_handler<Item>({.topics = {kTopic}, .group_id = kGroup},
                                        [](const Item&, Context&) { throw std::runtime_error("no price"); });
    });
    service.deliver(kTopic, "k", Item{1});
    service.start();
    await(service, [&] { return service.platform().clock().waiters() > 0 || !service.service().health().live(); });
    while (service.service().health().live() && service.platform().clock().advance_to_next_deadline()) {
    }
    const Status ended = service.service().wait({});
    EXPECT_THAT(ended.error().message, testing::HasSubstr("no price"));
    EXPECT_EQ(service.stop(), 1U);
    EXPECT_EQ(service.committed(kGroup, kTopic), 0);
    EXPECT_TRUE(service.dead_letters(kTopic, kGroup).empty());
}

} // namespace
