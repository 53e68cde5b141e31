#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/demo/account.hpp"
#include "services/demo/demo_options.hpp"
#include "services/demo/position_audit.hpp"
#include "services/demo/sample_answers.hpp"
#include "services/firms/table.hpp"
#include "services/weather/observation.hpp"

namespace services::demo {
namespace {

using streaming::FlowCounts;
using streaming::Outcome;
using testing::HasSubstr;

FlowCounts counts(std::uint64_t consumed, std::uint64_t sent, std::uint64_t dead_lettered) {
    FlowCounts counts{.consumed = consumed, .sent = sent};
    counts.outcomes[static_cast<std::size_t>(Outcome::dead_lettered)] = dead_lettered;
    return counts;
}

const Claim& claim(const std::vector<Claim>& all, const std::string& topic, const std::string& what) {
    for (const Claim& one : all) {
        if (one.topic == topic && one.what == what) {
            return one;
        }
    }
    throw std::out_of_range(topic + " " + what);
}

TEST(DemoAccount, StatesWhatAFlowReadSentAndDeadLettered) {
    const auto all = claims({{"engine", "engine.signals", "signals", "orders", "signals.dlq"}},
                            {{{"engine", "engine.signals"}, counts(100, 93, 7)}});
    ASSERT_EQ(all.size(), 3U);
    EXPECT_EQ(claim(all, "signals", "consumed by engine.signals").counted, 100U);
    EXPECT_EQ(claim(all, "signals", "consumed by engine.signals").range, Claim::Range::all);
    EXPECT_EQ(claim(all, "signals.dlq", "dead-lettered by engine.signals").counted, 7U);
    EXPECT_EQ(claim(all, "orders", "sent by the services").counted, 86U) << "a dead-letter copy is no output";
    EXPECT_EQ(claim(all, "orders", "sent by the services").range, Claim::Range::added);
}

TEST(DemoAccount, AddsUpTheFlowsThatSendToOneTopic) {
    const auto all =
        claims({{"weather", "a", "", "observations", "a.dlq"}, {"weather", "b", "", "observations", "b.dlq"}},
               {{{"weather", "a"}, counts(5, 4, 1)}, {{"weather", "b"}, counts(9, 2, 0)}});
    EXPECT_EQ(claim(all, "observations", "sent by the services").counted, 5U);
}

TEST(DemoAccount, TellsRejectedSignalsFromThoseThatWentOn) {
    FlowCounts risk = counts(100, 95, 5);
    risk.ignored_by_reason = {{"max_quantity", 20}, {"no_price", 10}, {"signal.withdrawn", 7}};
    const auto all = claims({{"risk", "risk.signals", "signals", "validated", "signals.dlq", "rejected"}},
                            {{{"risk", "risk.signals"}, risk}});
    EXPECT_EQ(claim(all, "rejected", "sent by the services").counted, 30U);
    EXPECT_EQ(claim(all, "validated", "sent by the services").counted, 60U);
}

TEST(DemoAccount, AddsWhatTheFeederSent) {
    const auto all = claims({{"generator", "g", "ticks", "signals", "dlq"}}, {{{"generator", "g"}, counts(9, 4, 0)}},
                            {{"signals", 6}});
    EXPECT_EQ(claim(all, "signals", "sent by the services and the feeder").counted, 10U);
}

std::string filled(const std::string& signal, const std::string& side, int quantity, int position = 0, int fills = 0) {
    return nlohmann::json{{"data",
                           {{"signal_id", signal},
                            {"instrument_token", 7},
                            {"side", side},
                            {"quantity", quantity},
                            {"position", position},
                            {"fills", fills}}}}
        .dump();
}

TEST(DemoPositions, TheNewestRecordIsTheSumOfDistinctFills) {
    const std::vector<std::string> fills{filled("a", "buy", 5), filled("b", "sell", 2), filled("a", "buy", 5)};
    EXPECT_TRUE(positions_are_sums("p", fills, {filled("a", "buy", 5, 5, 1), filled("b", "sell", 2, 3, 2)}).holds());
    EXPECT_FALSE(positions_are_sums("p", fills, {filled("a", "buy", 5, 5, 1), filled("b", "sell", 2, 8, 2)}).holds());
    EXPECT_FALSE(positions_are_sums("p", fills, {}).holds());
}

TEST(DemoAccount, HoldsOnlyWhenEveryStatementIsFound) {
    Account account{.claims = {{.topic = "a", .what = "sent", .counted = 2, .found = 2}}};
    EXPECT_TRUE(account.holds());
    account.claims.push_back({.topic = "b", .what = "sent", .counted = 2, .found = 1});
    EXPECT_FALSE(account.holds());
    EXPECT_THAT(to_text(account), HasSubstr("DIFFERS"));
    EXPECT_THAT(to_text(account), HasSubstr("1 of 2 statements are wrong"));
    account.claims.pop_back();
    account.unfinished = 1;
    EXPECT_FALSE(account.holds());
}

TEST(DemoAccount, ReportsFlowsAndTopics) {
    const auto report = nlohmann::json::parse(
        to_json({.flows = {{{"engine", "engine.signals"}, counts(100, 93, 7)}}, .topics = {{"orders", 86}}}));
    EXPECT_EQ(report["flows"][0]["name"], "engine.signals");
    EXPECT_EQ(report["flows"][0]["consumed"], 100);
    EXPECT_EQ(report["flows"][0]["dead_lettered"], 7);
    EXPECT_EQ(report["topics"], nlohmann::json({{"orders", 86}}));
}

DemoOptions parse(std::vector<const char*> flags) {
    flags.insert(flags.begin(), "tributary_demo");
    return DemoOptions::parse(static_cast<int>(flags.size()), const_cast<char**>(flags.data()));
}

TEST(DemoOptions, ReadsItsFlags) {
    const DemoOptions options =
        parse({"--seconds", "7", "--brokers", "kafka:9092", "--redis", "redis://r", "--report", "f", "--hold", "3"});
    EXPECT_EQ(options.duration, std::chrono::seconds(7));
    EXPECT_EQ(options.brokers, "kafka:9092");
    EXPECT_EQ(options.redis, "redis://r");
    EXPECT_EQ(options.report, "f");
    EXPECT_EQ(options.hold, std::chrono::seconds(3));
    EXPECT_FALSE(options.embedded());
    EXPECT_TRUE(parse({}).embedded());
}

TEST(DemoOptions, RefusesWhatItDoesNotKnow) {
    for (const auto& flags : std::vector<std::vector<const char*>>{{"--what"},
                                                                   {"--seconds"},
                                                                   {"--seconds", "0"},
                                                                   {"--seconds", "1x"},
                                                                   {"--broker-port", "70000"},
                                                                   {"--broker-port", "1", "--brokers", "kafka:9092"}}) {
        EXPECT_THROW((void)parse(flags), std::invalid_argument) << flags[0];
    }
}

TEST(SampleAnswers, AreUnderstoodByTheServices) {
    EXPECT_EQ(weather::features(sample_observation("KBHM", 0)).size(), 1U);
    EXPECT_EQ(weather::to_observation(weather::features(sample_observation("KBHM", 4))[0]).station, "KBHM");
    for (const char* product : {"VIIRS_SNPP_NRT", "MODIS_NRT"}) {
        const std::string body = sample_fires(product, 60);
        firms::Table table(body);
        while (const auto row = table.next()) {
            EXPECT_EQ(row->problem, "") << row->text;
        }
    }
}

TEST(SampleAnswers, RepeatTheRowsOfThePollBefore) {
    EXPECT_TRUE(sample_fires("VIIRS_SNPP_NRT", 1).starts_with(sample_fires("VIIRS_SNPP_NRT", 0) + "\n"));
    EXPECT_EQ(sample_observation("KBHM", 0), sample_observation("KBHM", 2));
    EXPECT_NE(sample_observation("KBHM", 2), sample_observation("KBHM", 3));
}

} // namespace
} // namespace services::demo
