// The invariants I1 to I7 of docs/guarantees.md, each broken by a fault that would show if it did not hold.

#include <atomic>
#include <map>
#include <set>
#include <thread>

#include "core/streaming/infrastructure/permanent_error.hpp"
#include "tests/support/flow_fixture.hpp"

namespace {

using namespace streaming;
using tests::await;
using tests::envelope;
using tests::Gate;
using tests::Item;
using tests::put;

constexpr const char* kTopic = "items";
constexpr const char* kGroup = "shop";

void let_time_pass(ServiceHarness& service) { service.platform().clock().advance(std::chrono::seconds(2)); }

std::int64_t committed(ServiceHarness& service, std::int32_t partition) {
    return service.platform().broker().committed(kGroup, {kTopic, partition}).value_or(0);
}

TEST(Invariants, I1NothingIsCommittedPastAnUnfinishedRecord) {
    Gate gate;
    ServiceHarness service([&gate](StreamServiceBuilder& builder) {
        builder.add_consumer_handler<Item>({.topics = {kTopic}, .group_id = kGroup, .workers = 8},
                                           [&gate](const Item& item, Context&) {
                                               if (item.number == 1) {
                                                   gate.pass();
                                               }
                                           });
    });
    const auto item = [](int number) {
        return envelope("id-" + std::to_string(number), Item::event_type,
                        R"({"number":)" + std::to_string(number) + "}");
    };
    ASSERT_TRUE(service.platform().broker().create_topic(kTopic, 2).ok());
    put(service, kTopic, 0, "key-0", item(0));
    put(service, kTopic, 0, "key-1", item(1));
    service.start();
    gate.await(1);
    await(service, [&] { return service.counts(kGroup).count(Outcome::handled) == 1; });
    for (int i = 2; i < 20; ++i) {
        put(service, kTopic, 0, "key-" + std::to_string(i), item(i));
    }
    // Whatever shares the lane of the stuck record waits with it; the other lanes get through.
    await(service, [&] { return service.counts(kGroup).count(Outcome::handled) >= 10; });
    for (int i = 20; i < 60; ++i) {
        put(service, kTopic, 1, "key-" + std::to_string(i), item(i));
    }
    await(service, [&] { return service.counts(kGroup).count(Outcome::handled) >= 30; });
    let_time_pass(service);
    // One commit names all partitions; what of partition 1 waits behind the stuck record is left to chance.
    await(service, [&] { return service.platform().broker().commits(kGroup) > 0; });
    EXPECT_EQ(committed(service, 0), 1) << "record 0 is done, record 1 is not";
    gate.open();
    service.drain();
    EXPECT_EQ(committed(service, 0), 20);
}

TEST(Invariants, I2RecordsOfOneKeyStartInOffsetOrderAndNeverOverlap) {
    std::mutex mutex;
    std::map<std::string, std::vector<int>> started;
    std::set<std::string> running;
    std::atomic<int> overlaps{0};
    std::atomic<int> failures{0};
    ServiceHarness service([&](StreamServiceBuilder& builder) {
        builder.add_consumer_handler<Item>({.topics = {kTopic}, .group_id = kGroup, .workers = 8},
                                           [&](const Item& item, Context& context) {
                                               const std::string key(*context.message().key());
                                               {
                                                   const std::scoped_lock lock(mutex);
                                                   overlaps += running.insert(key).second ? 0 : 1;
                                                   if (context.attempt() == 1) {
                                                       started[key].push_back(item.number);
                                                   }
                                               }
                                               const bool fails = item.number % 7 == 0 && context.attempt() < 3;
                                               {
                                                   const std::scoped_lock lock(mutex);
                                                   running.erase(key);
                                               }
                                               if (fails) {
                                                   ++failures;
                                                   throw std::runtime_error("not yet");
                                               }
                                           });
    });
    std::vector<int> expected;
    for (int i = 0; i < 50; ++i) {
        expected.push_back(i);
        for (int key = 0; key < 20; ++key) {
            service.deliver(kTopic, "key-" + std::to_string(key), Item{i});
        }
    }
    service.drain();
    ASSERT_EQ(started.size(), 20U);
    for (const auto& [key, numbers] : started) {
        EXPECT_EQ(numbers, expected) << key;
    }
    EXPECT_EQ(overlaps, 0);
    EXPECT_EQ(failures, 8 * 2 * 20);
    EXPECT_EQ(service.counts(kGroup).count(Outcome::handled), 1000U);
}

TEST(Invariants, I2AKeyWaitsForItsRecordThatIsTriedAgain) {
    std::vector<int> attempts;
    ServiceHarness service([&](StreamServiceBuilder& builder) {
        builder.add_consumer_handler<Item>({.topics = {kTopic}, .group_id = kGroup},
                                           [&](const Item& item, Context& context) {
                                               attempts.push_back(item.number);
                                               if (item.number == 1 && context.attempt() < 3) {
                                                   throw std::runtime_error("not yet");
                                               }
                                           });
    });
    for (int i = 0; i < 4; ++i) {
        service.deliver(kTopic, "key", Item{i});
    }
    service.drain();
    EXPECT_EQ(attempts, (std::vector<int>{0, 1, 1, 1, 2, 3}));
}

/// Counts how often each id succeeded, over restarts.
struct Successes {
    std::map<std::string, int> of{};
    std::mutex mutex{};

    auto wire() {
        return [this](StreamServiceBuilder& builder) {
            builder.add_consumer_handler<Item>({.topics = {kTopic}, .group_id = kGroup},
                                               [this](const Item&, Context& context) {
                                                   const std::scoped_lock lock(mutex);
                                                   ++of[std::string(context.message().id())];
                                               });
        };
    }
};

TEST(Invariants, I3ARecordThatComesAgainAfterItsMarkIsSkipped) {
    fakes::Platform platform;
    Successes successes;
    {
        ServiceHarness first(successes.wire(), {}, platform);
        first.deliver(kTopic, "k", Item{1}, "id-1");
        first.drain();
    }
    platform.broker().set_committed(kGroup, {kTopic, 0, 0}); // the commit was lost, the mark was not
    ServiceHarness second(successes.wire(), {}, platform);
    second.drain();
    EXPECT_EQ(successes.of["id-1"], 1);
    EXPECT_EQ(second.counts(kGroup).count(Outcome::duplicate), 1U);
}

TEST(Invariants, I3AStoreOutageRepeatsAndNeverSkips) {
    fakes::Platform platform;
    Successes successes;
    {
        ServiceHarness first(successes.wire(), {}, platform);
        first.deliver(kTopic, "k", Item{1}, "id-1");
        first.drain();
    }
    platform.broker().set_committed(kGroup, {kTopic, 0, 0});
    platform.store().set_down(true);
    ServiceHarness second(successes.wire(), {}, platform);
    second.deliver(kTopic, "k", Item{2}, "id-2");
    second.drain();
    EXPECT_EQ(successes.of["id-1"], 2) << "inside the stated window: the store could not be asked";
    EXPECT_EQ(successes.of["id-2"], 1);
    EXPECT_GT(second.counts(kGroup).dedup_store_errors, 0U);
}

TEST(Invariants, I3ADeadLetteredRecordRunsWhenItComesBack) {
    std::atomic<bool> broken{true};
    std::atomic<int> handled{0};
    ServiceHarness service([&](StreamServiceBuilder& builder) {
        builder.add_consumer_handler<Item>({.topics = {kTopic}, .group_id = kGroup}, [&](const Item&, Context&) {
            if (broken) {
                throw PermanentError("broken");
            }
            ++handled;
        });
    });
    service.deliver(kTopic, "k", Item{1}, "id-1");
    service.drain();
    ASSERT_EQ(service.dead_letters(kTopic, kGroup).size(), 1U);
    broken = false;
    service.deliver(kTopic, "k", Item{1}, "id-1"); // as a redrive brings it back: with its id
    service.drain();
    EXPECT_EQ(handled, 1);
    EXPECT_EQ(service.counts(kGroup).count(Outcome::duplicate), 0U);
}

TEST(Invariants, I4TheAccountAddsUpAtEveryScrape) {
    ServiceHarness service([](StreamServiceBuilder& builder) {
        builder.add_consumer_handler<Item>({.topics = {kTopic}, .group_id = kGroup, .workers = 4},
                                           [](const Item& item, Context& context) {
                                               if (item.number % 5 == 0) {
                                                   throw PermanentError("every fifth");
                                               }
                                               if (item.number % 3 == 0) {
                                                   context.ignore("every third");
                                               }
                                           });
    });
    service.start();
    std::atomic<bool> done{false};
    std::atomic<int> wrong{0};
    std::jthread scraper([&] {
        while (!done) {
            for (const auto& [labels, counts] : service.service().metrics().flows()) {
                std::uint64_t ended = counts.in_flight;
                for (const std::uint64_t outcome : counts.outcomes) {
                    ended += outcome;
                }
                wrong += counts.consumed == ended ? 0 : 1;
            }
        }
    });
    for (int i = 0; i < 3000; ++i) {
        service.deliver(kTopic, "key-" + std::to_string(i % 50), Item{i}, "id-" + std::to_string(i % 2500));
    }
    service.drain();
    done = true;
    scraper.join();
    EXPECT_EQ(wrong, 0);
    const FlowCounts counts = service.counts(kGroup);
    EXPECT_EQ(counts.consumed, 3000U);
    EXPECT_EQ(counts.in_flight, 0U);
    EXPECT_GT(counts.count(Outcome::duplicate), 0U);
    EXPECT_GT(counts.count(Outcome::dead_lettered), 0U);
}

TEST(Invariants, I5NoOffsetMovesBeforeTheDeadLetterIsAcknowledged) {
    ServiceHarness service([](StreamServiceBuilder& builder) {
        builder.add_consumer_handler<Item>({.topics = {kTopic}, .group_id = kGroup}, [](const Item& item, Context&) {
            if (item.number == 0) {
                throw PermanentError("bad");
            }
        });
    });
    ASSERT_TRUE(service.platform().broker().create_topic(kTopic, 2).ok());
    service.platform().broker().hold_acks();
    put(service, kTopic, 0, "a", envelope("bad", Item::event_type, R"({"number":0})"));
    put(service, kTopic, 1, "b", envelope("good"));
    service.start();
    await(service, [&] {
        return service.dead_letters(kTopic, kGroup).size() == 1 && service.counts(kGroup).count(Outcome::handled) == 1;
    });
    let_time_pass(service);
    await(service, [&] { return committed(service, 1) == 1; });
    EXPECT_EQ(committed(service, 0), 0) << "the copy is on its way, nobody knows whether it arrived";
    EXPECT_EQ(service.counts(kGroup).in_flight, 1U);
    service.platform().broker().release_acks();
    service.drain();
    EXPECT_EQ(committed(service, 0), 1);
}

TEST(Invariants, I5ADeadLetterThatFailsIsSentAgain) {
    ServiceHarness service([](StreamServiceBuilder& builder) {
        builder.add_consumer_handler<Item>({.topics = {kTopic}, .group_id = kGroup},
                                           [](const Item&, Context&) { throw PermanentError("bad"); });
    });
    service.platform().broker().fail_next_sends(
        3, {.code = ErrorCode::timed_out, .message = "no answer", .retryable = true},
        TopicNames::dead_letters(kTopic, kGroup));
    service.deliver(kTopic, "k", Item{1});
    service.drain();
    EXPECT_EQ(service.dead_letters(kTopic, kGroup).size(), 1U);
    EXPECT_EQ(service.counts(kGroup).send_failed, 3U);
    EXPECT_EQ(service.committed(kGroup, kTopic), 1);
}

TEST(Invariants, I6StoppingHasADeadlineAndLosesNothing) {
    fakes::Platform platform;
    Gate gate;
    std::atomic<int> handled{0};
    const auto wire = [&](StreamServiceBuilder& builder) {
        builder.add_consumer_handler<Item>({.topics = {kTopic}, .group_id = kGroup}, [&](const Item& item, Context&) {
            if (item.number == 1) {
                gate.pass();
            }
            ++handled;
        });
    };
    ServiceHarness first(wire, {}, platform);
    first.deliver(kTopic, "k", Item{0});
    first.drain();
    first.deliver(kTopic, "k", Item{1});
    first.deliver(kTopic, "k", Item{2});
    gate.await(1);
    await(first, [&] { return first.service().in_flight() == 2; });
    EXPECT_EQ(first.stop(), 2U) << "the record in the handler and the one behind it";
    EXPECT_EQ(committed(first, 0), 1);
    gate.open();
    ServiceHarness second(wire, {}, platform);
    second.drain();
    EXPECT_EQ(committed(second, 0), 3);
    EXPECT_GE(handled, 3);
}

TEST(Invariants, I6StoppingFinishesWhatIsInFlight) {
    ServiceHarness service([](StreamServiceBuilder& builder) {
        builder.add_consumer_handler<Item>({.topics = {kTopic}, .group_id = kGroup, .workers = 3},
                                           [](const Item& item, Context& context) { context.send("out", "k", item); });
    });
    for (int i = 0; i < 500; ++i) {
        service.deliver(kTopic, std::to_string(i), Item{i});
    }
    service.start();
    await(service, [&] { return !service.sent("out").empty(); });
    EXPECT_EQ(service.stop(), 0U);
    EXPECT_EQ(static_cast<std::int64_t>(service.sent("out").size()), service.committed(kGroup, kTopic));
}

TEST(Invariants, I6StoppingWaitsForAHandlerAndForWhatItSent) {
    Gate gate;
    gate.open();
    ServiceHarness service([&gate](StreamServiceBuilder& builder) {
        builder.add_consumer_handler<Item>({.topics = {kTopic}, .group_id = kGroup},
                                           [&gate](const Item& item, Context& context) {
                                               context.send("out", "k", item);
                                               gate.pass();
                                               std::mutex mutex;
                                               std::condition_variable_any never;
                                               std::unique_lock lock(mutex);
                                               never.wait(lock, context.stop_token(), [] { return false; });
                                           });
    });
    service.deliver(kTopic, "k", Item{1});
    service.start();
    gate.await(1);
    EXPECT_EQ(service.stop(), 0U);
    EXPECT_EQ(service.sent("out").size(), 1U);
    EXPECT_EQ(committed(service, 0), 1);
}

TEST(Invariants, I7NoDefaultLosesARecord) {
    EXPECT_EQ(ErrorHandlingOptions{}.on_exhausted, ExhaustedPolicy::dead_letter);
    EXPECT_EQ(DeduplicationOptions{}.on_store_error, StoreErrorPolicy::process);
    EXPECT_EQ(ConsumerOptions{}.start, StartPosition::earliest);
    EXPECT_TRUE(KafkaOptions{}.bootstrap_servers.empty())
        << "the broker that keeps nothing has to be asked for by name";
    for (const char* property : {"acks", "enable.idempotence", "enable.auto.commit", "enable.auto.offset.store",
                                 "auto.offset.reset", "message.timeout.ms"}) {
        const KafkaOptions options{.bootstrap_servers = "broker:9092", .properties = {{property, "0"}}};
        EXPECT_FALSE(options.validate().empty()) << property << " can be undone silently";
    }
}

TEST(Invariants, I7OnlyDropDropsAndSaysSo) {
    ServiceHarness service([](StreamServiceBuilder& builder) {
        builder.add_consumer_handler<Item>(
            {.topics = {kTopic},
             .group_id = kGroup,
             .error_handling = ErrorHandlingOptions{.max_attempts = 2, .on_exhausted = ExhaustedPolicy::drop}},
            [](const Item&, Context&) { throw std::runtime_error("bad"); });
    });
    service.deliver(kTopic, "k", Item{1});
    service.drain();
    EXPECT_EQ(service.counts(kGroup).count(Outcome::dropped), 1U);
    EXPECT_TRUE(service.dead_letters(kTopic, kGroup).empty());
}

} // namespace
