// Names that users' dashboards, tools and configurations already hold.

#include <gmock/gmock.h>

#include "core/streaming/infrastructure/permanent_error.hpp"
#include "tests/support/flow_fixture.hpp"

namespace {

using namespace streaming;
using testing::HasSubstr;
using testing::SizeIs;
using tests::Item;

class Contract : public testing::Test {
protected:
    void SetUp() override {
        service_.deliver("items", "k", Item{1}, "id-1");
        service_.deliver("items", "k", Item{1}, "id-1");
        service_.deliver_raw({.topic = "items", .key = "k", .payload = "garbage"});
        service_.deliver_raw({.topic = "items", .key = "k", .payload = tests::envelope("id-2", "item.sold")});
        service_.deliver("items", "k", Item{13}, "id-3");
        service_.drain();
    }
    ServiceHarness service_{[](StreamServiceBuilder& builder) {
        builder.add_consumer_handler<Item>({.topics = {"items"}, .group_id = "shop"},
                                           [](const Item& item, Context& context) {
                                               if (item.number == 13) {
                                                   throw PermanentError("unlucky");
                                               }
                                               context.send("out", "k", item);
                                           });
    }};
};

TEST_F(Contract, DeadLettersGoToTopicGroupDlqWithTheseHeaders) {
    const auto letters = service_.dead_letters("items", "shop");
    ASSERT_THAT(letters, SizeIs(2));
    EXPECT_FALSE(service_.sent("items.shop.dlq").empty());
    for (const char* name : {"topic", "partition", "offset", "timestamp"}) {
        EXPECT_TRUE(letters[1].headers.find(std::string("tributary-original-") + name)) << name;
    }
    for (const char* name : {"group", "service", "handler", "error-class", "error-message", "attempts", "first-failure",
                             "last-failure", "correlation-id", "redrive-count"}) {
        EXPECT_TRUE(letters[1].headers.find(std::string("tributary-") + name)) << name;
    }
    EXPECT_EQ(letters[0].header("tributary-error-class"), "Malformed");
    EXPECT_EQ(letters[1].header("tributary-group"), "shop");
}

TEST_F(Contract, MetricsOfAFlowHaveTheseNames) {
    const std::string metrics = service_.service().metrics().scrape();
    const std::string labels = R"({service="service",flow="shop")";
    EXPECT_THAT(metrics, HasSubstr("tributary_records_consumed_total" + labels + "} 5"));
    EXPECT_THAT(metrics, HasSubstr("tributary_records_handled_total" + labels + "} 1"));
    EXPECT_THAT(metrics, HasSubstr("tributary_records_duplicate_total" + labels + "} 1"));
    EXPECT_THAT(metrics, HasSubstr("tributary_records_ignored_total" + labels + R"(,reason="item.sold"} 1)"));
    EXPECT_THAT(metrics, HasSubstr("tributary_records_dead_lettered_total" + labels + R"(,class="Malformed"} 1)"));
    for (const char* name :
         {"tributary_records_in_flight", "tributary_handler_seconds_bucket", "tributary_retries_total",
          "tributary_lag_records", "tributary_lag_seconds", "tributary_oldest_unfinished_seconds",
          "tributary_dedup_store_errors_total", "tributary_producer_sent_total", "tributary_producer_failed_total"}) {
        EXPECT_THAT(metrics, HasSubstr(name + labels));
    }
}

TEST_F(Contract, DeduplicationKeysAndTimes) {
    EXPECT_THAT(service_.platform().store().keys(), testing::Contains(testing::StartsWith("dedup:shop:")));
    EXPECT_EQ(DeduplicationOptions{}.ttl, std::chrono::hours(1));
    EXPECT_EQ(DeduplicationOptions{}.local_cache_ids, 100'000U);
    EXPECT_EQ(SourceOptions{}.deduplication.ttl, std::chrono::hours(48));
    EXPECT_EQ(ConsumerOptions{}.session_timeout, std::chrono::seconds(30));
    EXPECT_EQ(ConsumerOptions{}.heartbeat_interval, std::chrono::seconds(10));
}

/// A service that keeps its ids as older systems did, beside the marks of one.
class PerIdKeys : public testing::Test {
protected:
    static void wire(StreamServiceBuilder& builder) {
        builder.with_deduplication({.key_style = KeyStyle::per_id})
            .add_consumer_handler<Item>({.topics = {"items"}, .group_id = "shop"},
                                        [](const Item& item, Context& context) { context.send("out", "k", item); });
    }
    void mark_as_an_older_system(const std::string& key) {
        fakes::FakeKeyValueStore connection(platform_.store());
        const StoreCommand mark{
            .kind = StoreCommand::Kind::set, .key = key, .value = "1", .ttl = std::chrono::seconds(3600)};
        ASSERT_TRUE(connection.send({&mark, 1}).ok());
    }
    fakes::Platform platform_{};
    ServiceHarness service_{&wire, {}, platform_};
};

TEST_F(PerIdKeys, ContractAMarkIsTheKeyDedupServiceIdWithATimeToLive) {
    service_.deliver("items", "k", Item{1}, "id-1");
    service_.drain();
    EXPECT_THAT(platform_.store().keys(), testing::ElementsAre("dedup:service:id-1"));
    const auto left = platform_.store().ttl("dedup:service:id-1"); // `drain` moved the clock to the commit
    EXPECT_EQ(*left + ConsumerOptions{}.commit_interval, std::chrono::hours(1));
}

TEST_F(PerIdKeys, ContractMarksOfAnOlderSystemAreSeen) {
    mark_as_an_older_system("dedup:service:id-1");
    service_.deliver("items", "k", Item{1}, "id-1");
    service_.deliver("items", "k", Item{2}, "id-2");
    service_.drain();
    EXPECT_THAT(service_.sent_as<Item>("out"), testing::ElementsAre(testing::Field(&Item::number, 2)));
    EXPECT_EQ(service_.counts("shop").count(Outcome::duplicate), 1U);
}

TEST_F(PerIdKeys, AreRefusedWhereTwoGroupsWouldSeeEachOthersMarks) {
    StreamServiceBuilder builder("shop", {.kafka = {.bootstrap_servers = "embedded"}});
    wire(builder);
    builder.add_consumer_handler<Item>({.topics = {"items"}, .group_id = "other"}, [](const Item&, Context&) {});
    try {
        (void)builder.build();
        FAIL() << "was built";
    } catch (const ConfigError& error) {
        EXPECT_THAT(error.problems(), testing::ElementsAre(HasSubstr("per_id")));
    }
}

TEST_F(Contract, TopicNames) {
    EXPECT_EQ(TopicNames::signals_validated("paper"), "paper.signals.validated");
    EXPECT_EQ(TopicNames::orders("paper"), "paper.orders");
    EXPECT_EQ(TopicNames::positions("paper"), "paper.positions");
    EXPECT_EQ(TopicNames::market_ticks, "market.ticks");
    EXPECT_EQ(TopicNames::weather, "wildfire-weather-data");
    EXPECT_EQ(TopicNames::fires, "wildfire-nasa-firms");
    EXPECT_EQ(TopicNames::fallback, "wildfire-default");
}

} // namespace
