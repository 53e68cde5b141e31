#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/streaming/testing/service_harness.hpp"
#include "tests/support/flow_fixture.hpp"

namespace {

using namespace streaming;
using testing::ElementsAre;
using testing::HasSubstr;

StreamServiceBuilder& with_handler(StreamServiceBuilder& builder) {
    return builder.add_consumer_handler<tests::Item>({.topics = {"items"}, .group_id = "g"},
                                                     [](const tests::Item&, Context&) {});
}

TEST(ServiceTopics, AreMadeBeforeAnythingFlows) {
    std::optional<std::int32_t> partitions;
    fakes::Platform platform;
    ServiceHarness service(
        [&](StreamServiceBuilder& builder) {
            with_handler(builder)
                .add_topic({.name = "state", .partitions = 3, .settings = {{"cleanup.policy", "compact"}}})
                .on_start([&] { partitions = platform.broker().partitions_of("state"); });
        },
        {}, platform);
    service.start();
    EXPECT_EQ(partitions, 3);
}

TEST(ServiceTopics, ThatExistStayAsTheyAre) {
    ServiceHarness service([](StreamServiceBuilder& builder) {
        with_handler(builder)
            .add_topic({.name = "state", .partitions = 3})
            .add_topic({.name = "state", .partitions = 3});
    });
    ASSERT_TRUE(service.platform().broker().create_topic("state", 5));
    service.start();
    EXPECT_EQ(service.platform().broker().partitions_of("state"), 5);
}

TEST(ServiceTopics, ThatCannotBeRightAreRefusedAtOnce) {
    fakes::Platform platform;
    StreamServiceBuilder builder("shop", {.kafka = {.bootstrap_servers = "fake:9092"}}, platform);
    with_handler(builder)
        .add_topic({.name = "no good"})
        .add_topic({.name = "none", .partitions = 0})
        .add_topic({.name = "state", .settings = {{"cleanup.policy", "compact"}}})
        .add_topic({.name = "state"});
    try {
        (void)builder.build();
        FAIL() << "accepted";
    } catch (const ConfigError& error) {
        EXPECT_THAT(error.problems(), ElementsAre(HasSubstr("'no good'"), HasSubstr("partitions: 0 must be at least 1"),
                                                  HasSubstr("topic state: it is added twice")));
    }
}

} // namespace
