#include "core/streaming/infrastructure/event_types.hpp"

#include <gtest/gtest.h>

namespace streaming {
namespace {

TEST(TopicNames, StartWithTheTradingNamespace) {
    EXPECT_EQ(TopicNames::signals_validated("paper"), "paper.signals.validated");
    EXPECT_EQ(TopicNames::orders("paper"), "paper.orders");
    EXPECT_EQ(TopicNames::signals_rejected("paper"), "paper.signals.rejected");
    EXPECT_EQ(TopicNames::fills("paper"), "paper.fills");
    EXPECT_EQ(TopicNames::positions("live"), "live.positions");
    EXPECT_EQ(TopicNames::orders(""), "orders");
}

TEST(TopicNames, DeadLettersNameTopicAndGroup) {
    EXPECT_EQ(TopicNames::dead_letters("orders", "billing"), "orders.billing.dlq");
}

TEST(TopicMap, KnowsTheTypesOfThisRepositoryAndTakesOthers) {
    TopicMap map("paper");
    EXPECT_EQ(map.topic_of(EventType::market_tick), "market.ticks");
    EXPECT_EQ(map.topic_of(EventType::order_filled), "paper.fills");
    EXPECT_EQ(map.topic_of("mine"), std::nullopt);
    map.set("mine", "my-topic");
    map.set(std::string(EventType::market_tick), "ticks-v2");
    EXPECT_EQ(map.topic_of("mine"), "my-topic");
    EXPECT_EQ(map.topic_of(EventType::market_tick), "ticks-v2");
}

TEST(IsValidTopic, AcceptsWhatKafkaAccepts) {
    EXPECT_TRUE(is_valid_topic("a.B_c-9"));
    EXPECT_TRUE(is_valid_topic(std::string(249, 'a')));
    for (const std::string& name :
         {std::string(), std::string("."), std::string(".."), std::string(250, 'a'), std::string("a b"),
          std::string("a/b"), std::string("\xC3\xA4"), std::string("a\0b", 3)}) {
        EXPECT_FALSE(is_valid_topic(name)) << name;
    }
}

} // namespace
} // namespace streaming
