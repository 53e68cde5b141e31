#include "core/streaming/orchestration/health.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "core/streaming/orchestration/flow_status.hpp"

namespace {

using namespace streaming;

TEST(Health, IsAsGoodAsItsWorstPart) {
    const PartHealth good{.name = "kafka", .ready = true};
    const PartHealth waiting{.name = "flow orders", .ready = false, .detail = "no partitions yet"};
    const PartHealth over{.name = "flow orders", .ready = false, .alive = false};
    EXPECT_TRUE(Health{}.ready());
    EXPECT_TRUE(Health{{good}}.ready());
    EXPECT_FALSE((Health{{good, waiting}}.ready()));
    EXPECT_TRUE((Health{{good, waiting}}.live()));
    EXPECT_FALSE((Health{{good, over}}.live()));
}

TEST(Health, SaysAsJsonWhatIsWrong) {
    const Health health{{{.name = "kafka", .ready = true}, {.name = "redis", .ready = false, .detail = "away \xff"}}};
    const auto json = nlohmann::json::parse(health.to_json());
    EXPECT_EQ(json["ready"], false);
    EXPECT_EQ(json["live"], true);
    EXPECT_EQ(json["parts"][0], (nlohmann::json{{"name", "kafka"}, {"ready", true}}));
    EXPECT_EQ(json["parts"][1]["detail"], "away \xEF\xBF\xBD") << "invalid UTF-8 is replaced";
}

TEST(FlowStatus, IsReadyOnceItHasPartitionsAndNoTrouble) {
    detail::FlowStatus status("orders");
    EXPECT_FALSE(status.health().ready);
    status.started();
    EXPECT_FALSE(status.health().ready) << "it has no partitions yet";
    status.assigned();
    EXPECT_TRUE(status.health().ready);
    status.set_trouble("the store is away");
    EXPECT_FALSE(status.health().ready);
    EXPECT_EQ(status.health().detail, "the store is away");
    status.set_trouble("");
    EXPECT_TRUE(status.health().ready);
    EXPECT_TRUE(status.health().alive);
}

TEST(FlowStatus, AnEndIsTheLastWord) {
    detail::FlowStatus status("orders");
    status.started();
    status.assigned();
    EXPECT_TRUE(status.end({.code = ErrorCode::fatal, .message = "fenced"}));
    EXPECT_FALSE(status.end({.code = ErrorCode::fatal, .message = "another"})) << "it ended before";
    status.set_trouble("");
    EXPECT_FALSE(status.health().alive);
    EXPECT_NE(status.health().detail.find("fenced"), std::string::npos);
    status.finished(3);
    EXPECT_EQ(status.wait_until_finished(), 3U);
}

} // namespace
