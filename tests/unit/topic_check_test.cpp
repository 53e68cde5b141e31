#include "core/streaming/ingestion/topic_check.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/streaming/testing/fake_topic_admin.hpp"
#include "core/streaming/testing/mocks.hpp"

namespace streaming {
namespace {

using ::testing::_;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Return;

class TopicCheckTest : public ::testing::Test {
protected:
    TopicCheck check(const std::map<std::string, TopicOptions>& wanted) {
        auto checked = check_topics(wanted, admin_, 1s);
        EXPECT_TRUE(checked.ok()) << checked.error().message;
        return checked ? std::move(checked).value() : TopicCheck{};
    }

    fakes::FakeBroker broker_{};
    fakes::FakeTopicAdmin admin_{broker_};
};

TEST_F(TopicCheckTest, MakesWhatDoesNotExist) {
    const auto found = check(
        {{"a", {.partitions = 12, .retention_ms = 259'200'000, .replication_factor = std::int16_t{3}}}, {"b", {}}});
    EXPECT_THAT(found.made, ElementsAre("a", "b"));
    EXPECT_THAT(found.differences, IsEmpty());
    EXPECT_THAT(found.not_compared, IsEmpty());
    EXPECT_EQ(broker_.describe("a")->partitions, 12);
    EXPECT_EQ(broker_.describe("a")->replication, 3);
    EXPECT_EQ(broker_.describe("a")->settings.at("retention.ms"), "259200000");
    EXPECT_EQ(broker_.describe("b")->partitions, 1) << "the broker's default";
    EXPECT_THAT(check({{"a", {.partitions = 12}}, {"b", {}}}).made, IsEmpty());
}

TEST_F(TopicCheckTest, TellsWhatDiffersAndChangesNothing) {
    ASSERT_TRUE(broker_.create_topic("wildfire-iot-sensors", 3).ok());
    const TopicSpec before = *broker_.describe("wildfire-iot-sensors");
    const auto found =
        check({{"wildfire-iot-sensors",
                {.partitions = 12, .retention_ms = 259'200'000, .replication_factor = std::int16_t{2}}}});
    EXPECT_THAT(
        found.differences,
        ElementsAre(
            "topic wildfire-iot-sensors: has 3 partitions, the configuration says 12; nothing was changed",
            "topic wildfire-iot-sensors: has replication factor 1, the configuration says 2; nothing was changed",
            "topic wildfire-iot-sensors: has retention.ms 604800000, the configuration says 259200000; nothing was "
            "changed"));
    EXPECT_THAT(found.made, IsEmpty());
    EXPECT_EQ(broker_.describe("wildfire-iot-sensors")->partitions, before.partitions);
    EXPECT_EQ(broker_.describe("wildfire-iot-sensors")->settings, before.settings);
}

TEST_F(TopicCheckTest, WhatTheConfigurationDoesNotSayIsNotCompared) {
    ASSERT_TRUE(broker_.create_topic("t", 3).ok());
    EXPECT_THAT(check({{"t", {}}}).differences, IsEmpty());
}

TEST_F(TopicCheckTest, TheBrokersDefaultCountsAsTheTopicsOwn) {
    ASSERT_TRUE(broker_.create_topic("t", 1).ok());
    EXPECT_THAT(check({{"t", {.retention_ms = 604'800'000}}}).differences, IsEmpty());
}

TEST_F(TopicCheckTest, RetentionForEverIsMinusOne) {
    ASSERT_TRUE(broker_.create_topic({.name = "t", .settings = {{"retention.ms", "-1"}}}).ok());
    EXPECT_THAT(check({{"t", {.retention_ms = -1}}}).differences, IsEmpty());
    EXPECT_THAT(check({{"t", {.retention_ms = 5}}}).differences,
                ElementsAre("topic t: has retention.ms -1, the configuration says 5; nothing was changed"));
}

TEST_F(TopicCheckTest, BrokerThatIsAwayIsAnError) {
    broker_.set_down(true);
    const auto checked = check_topics({{"t", {}}}, admin_, 1s);
    ASSERT_FALSE(checked.ok());
    EXPECT_TRUE(checked.error().retryable);
}

TEST(TopicCheck, TopicThatCannotBeMadeIsAnError) {
    mocks::MockTopicAdmin admin;
    EXPECT_CALL(admin, describe("t", _)).WillOnce(Return(std::optional<TopicSpec>{}));
    EXPECT_CALL(admin, ensure(_, _)).WillOnce(Return(Status(Error{ErrorCode::invalid_argument, "no", false})));
    EXPECT_EQ(check_topics({{"t", {}}}, admin, 1s).error().code, ErrorCode::invalid_argument);
}

TEST(TopicCheck, MadeOtherwiseThanAskedIsADifference) {
    mocks::MockTopicAdmin admin;
    EXPECT_CALL(admin, describe("t", _))
        .WillOnce(Return(std::optional<TopicSpec>{}))
        .WillOnce(Return(std::optional(TopicSpec{.name = "t", .partitions = 4})));
    EXPECT_CALL(admin, ensure(_, _)).WillOnce(Return(Status{}));
    const auto checked = check_topics({{"t", {.partitions = 12, .retention_ms = 5}}}, admin, 1s).value();
    EXPECT_THAT(checked.made, ElementsAre("t"));
    EXPECT_THAT(checked.differences,
                ElementsAre("topic t: has 4 partitions, the configuration says 12; nothing was changed"));
    EXPECT_THAT(
        checked.not_compared,
        ElementsAre("topic t: the broker does not tell its retention.ms, the configuration says 5; not compared"));
}

TEST(TopicCheck, TopicThatMayNotBeLookedAtIsToldAndTheOthersGoOn) {
    mocks::MockTopicAdmin admin;
    EXPECT_CALL(admin, describe("a", _)).WillOnce(Return(Error{ErrorCode::not_authorized, "topic a: no", false}));
    EXPECT_CALL(admin, describe("b", _)).WillOnce(Return(std::optional(TopicSpec{.name = "b", .partitions = 2})));
    const auto checked = check_topics({{"a", {.partitions = 1}}, {"b", {.partitions = 1}}}, admin, 1s).value();
    EXPECT_THAT(checked.not_compared,
                ElementsAre("topic a: could not be compared with the configuration: topic a: no"));
    EXPECT_THAT(checked.differences,
                ElementsAre("topic b: has 2 partitions, the configuration says 1; nothing was changed"));
}

} // namespace
} // namespace streaming
