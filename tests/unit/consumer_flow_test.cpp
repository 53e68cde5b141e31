#include "core/streaming/orchestration/consumer_flow.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

#include "core/streaming/infrastructure/permanent_error.hpp"
#include "tests/support/flow_fixture.hpp"

namespace {

using namespace streaming;
using testing::Each;
using testing::ElementsAre;
using testing::Field;
using testing::SizeIs;
using tests::await;
using tests::Gate;
using tests::Item;

TEST(ConsumerFlow, TakesNoMoreThanMayBeInFlightAndGoesOnWhenThereIsRoom) {
    Gate gate;
    ServiceHarness service([&gate](StreamServiceBuilder& builder) {
        builder.add_consumer_handler<Item>(
            {.topics = {"items"}, .group_id = "shop", .max_batch = 10, .max_in_flight = 20},
            [&gate](const Item&, Context&) { gate.pass(); });
    });
    for (int i = 0; i < 50; ++i) {
        service.deliver("items", "k", Item{i});
    }
    service.start();
    gate.await(1);
    await(service, [&] { return service.service().in_flight() == 20; });
    EXPECT_EQ(service.platform().broker().lent_records(), 20U);
    gate.open();
    service.drain();
    EXPECT_EQ(service.counts("shop").count(Outcome::handled), 50U);
    EXPECT_EQ(service.committed("shop", "items"), 50);
}

TEST(ConsumerFlow, CountsBytesInFlightToo) {
    Gate gate;
    ServiceHarness service([&gate](StreamServiceBuilder& builder) {
        builder.add_consumer_handler<Item>(
            {.topics = {"items"}, .group_id = "shop", .max_batch = 1, .max_in_flight_bytes = 1024},
            [&gate](const Item&, Context&) { gate.pass(); });
    });
    for (int i = 0; i < 3; ++i) {
        const std::string padded = R"({"number":1,"more":")" + std::string(2000, 'x') + R"("})";
        tests::put(service, "items", 0, "k", tests::envelope("id-" + std::to_string(i), Item::event_type, padded));
    }
    service.start();
    gate.await(1);
    EXPECT_EQ(service.platform().broker().lent_records(), 1U) << "the first is over the limit already";
    gate.open();
    service.drain();
    EXPECT_EQ(service.counts("shop").count(Outcome::handled), 3U);
}

TEST(ConsumerFlow, KeepsItsPlaceWhileItIsFullForLong) {
    Gate gate;
    ServiceHarness service([&gate](StreamServiceBuilder& builder) {
        builder.add_consumer_handler<Item>(
            {.topics = {"items"}, .group_id = "shop", .max_batch = 1, .max_in_flight = 1},
            [&gate](const Item&, Context&) { gate.pass(); });
    });
    service.deliver("items", "k", Item{0});
    service.deliver("items", "k", Item{1});
    service.start();
    gate.await(1);
    for (int i = 0; i < 20; ++i) {
        service.platform().clock().advance(std::chrono::seconds(5)); // pauses after ten
    }
    gate.open();
    service.drain();
    EXPECT_EQ(service.counts("shop").count(Outcome::handled), 2U);
    EXPECT_EQ(service.committed("shop", "items"), 2);
}

TEST(ConsumerFlow, ACommitThatFailedUnseenIsRepeatedByTheStop) {
    ServiceHarness service([](StreamServiceBuilder& builder) {
        builder.add_consumer_handler<Item>({.topics = {"items"}, .group_id = "shop"}, [](const Item&, Context&) {});
    });
    service.platform().broker().commit_faults().add(
        1, {.code = ErrorCode::timed_out, .message = "no answer", .retryable = true}, "shop");
    service.deliver("items", "k", Item{1});
    service.start();
    await(service, [&] { return service.counts("shop").count(Outcome::handled) == 1; });
    await(service, [&] {
        service.platform().clock().advance(std::chrono::seconds(1));
        return service.platform().broker().commit_faults().fired() == 1;
    });
    EXPECT_EQ(service.committed("shop", "items"), 0);
    EXPECT_EQ(service.stop(), 0U);
    EXPECT_EQ(service.committed("shop", "items"), 1);
}

TEST(ConsumerFlow, ErrorsThatHealAreTroubleUntilTheyDo) {
    ServiceHarness service([](StreamServiceBuilder& builder) {
        builder.add_consumer_handler<Item>({.topics = {"items"}, .group_id = "shop"}, [](const Item&, Context&) {});
    });
    service.platform().broker().consume_faults().add(
        1, {.code = ErrorCode::unavailable, .message = "no broker", .retryable = true}, "shop");
    service.deliver("items", "k", Item{1});
    service.drain();
    EXPECT_EQ(service.counts("shop").count(Outcome::handled), 1U);
    await(service, [&] {
        service.platform().clock().advance(std::chrono::seconds(1));
        return service.service().health().ready();
    });
}

TEST(ConsumerFlow, BroadcastHandlesEverythingAgainAfterARestartAndCommitsNothing) {
    fakes::Platform platform;
    std::atomic<int> handled{0};
    const auto wire = [&](StreamServiceBuilder& builder) {
        builder.add_consumer_handler<Item>({.topics = {"prices"}, .group_id = "shop.prices", .broadcast = true},
                                           [&](const Item&, Context&) { ++handled; });
    };
    for (int run = 1; run <= 2; ++run) {
        ServiceHarness service(wire, {}, platform);
        if (run == 1) {
            service.deliver("prices", "k", Item{1});
        }
        service.drain();
        EXPECT_EQ(handled, run);
    }
    EXPECT_EQ(platform.broker().commits("shop.prices"), 0U);
}

TEST(ConsumerFlow, WithoutOrderingAKeyDoesNotWaitForItsRetry) {
    std::vector<int> finished;
    ServiceHarness service([&](StreamServiceBuilder& builder) {
        builder.add_consumer_handler<Item>({.topics = {"items"}, .group_id = "shop", .ordering = Ordering::none},
                                           [&](const Item& item, Context& context) {
                                               if (item.number == 1 && context.attempt() == 1) {
                                                   throw std::runtime_error("not yet");
                                               }
                                               finished.push_back(item.number);
                                           });
    });
    for (int i = 1; i <= 3; ++i) {
        service.deliver("items", "k", Item{i});
    }
    service.drain();
    EXPECT_THAT(finished, ElementsAre(2, 3, 1));
}

TEST(ConsumerFlow, MakesItsDeadLetterTopicsBeforeItTakesARecord) {
    ServiceHarness service([](StreamServiceBuilder& builder) {
        builder.add_consumer_handler<Item>({.topics = {"items", "more"}, .group_id = "shop"},
                                           [](const Item&, Context&) {});
    });
    service.start();
    EXPECT_EQ(service.platform().broker().partitions_of("items.shop.dlq"), 1);
    EXPECT_EQ(service.platform().broker().partitions_of("more.shop.dlq"), 1);
}

TEST(ConsumerFlow, MeasuresItsLag) {
    Gate gate;
    ServiceHarness service([&gate](StreamServiceBuilder& builder) {
        builder.add_consumer_handler<Item>({.topics = {"items"}, .group_id = "shop"},
                                           [&gate](const Item&, Context&) { gate.pass(); });
    });
    for (int i = 0; i < 3; ++i) {
        service.deliver("items", "k", Item{i});
    }
    service.start();
    gate.await(1);
    gate.open();
    service.drain();
    await(service, [&] {
        service.platform().clock().advance(std::chrono::seconds(1));
        return service.counts("shop").lag_records == 0;
    });
    EXPECT_EQ(service.counts("shop").lag_seconds, 0.0);
}

} // namespace
