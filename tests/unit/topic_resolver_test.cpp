#include "core/streaming/ingestion/topic_resolver.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <sstream>
#include <thread>

namespace streaming {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class TopicResolverTest : public ::testing::Test {
protected:
    void make(const TopicResolutionOptions& options, const std::vector<std::string>& named = {}) {
        resolver_ = std::make_unique<TopicResolver>(options, named, log_);
    }
    std::string resolve(std::string_view source, std::string_view explicit_topic = {}, std::string_view payload = {}) {
        return resolver_->resolve({.source = source, .explicit_topic = explicit_topic, .payload = payload});
    }
    std::string by_content(std::string_view data) {
        return resolve("s", {}, R"({"id":"1","type":"t","source":"s","data":)" + std::string(data) + "}");
    }

    std::ostringstream logged_{};
    spdlog::logger log_{"test", std::make_shared<spdlog::sinks::ostream_sink_mt>(logged_)};
    std::unique_ptr<TopicResolver> resolver_{};
};

TEST_F(TopicResolverTest, ExplicitThenCustomThenContentThenPatternThenFallback) {
    make({.custom_mappings = {{"noaa_weather_ca", "custom"}},
          .content_rules = {{.field = "data.severity", .equals = "extreme", .topic = "content"}}},
         {"explicit"});
    const std::string_view extreme = R"({"data":{"severity":"extreme"}})";
    EXPECT_EQ(resolve("noaa_weather_ca", "explicit", extreme), "explicit");
    EXPECT_EQ(resolve("noaa_weather_ca", "", extreme), "custom");
    EXPECT_EQ(resolve("noaa_weather_nv", "", extreme), "content");
    EXPECT_EQ(resolve("noaa_weather_nv", "", R"({"data":{"severity":"minor"}})"), "wildfire-weather-data");
    EXPECT_EQ(resolve("stocks", "", "{}"), "wildfire-default");
    EXPECT_EQ(resolver_->counts(),
              (TopicResolverCounts{
                  .explicit_used = 1, .custom_used = 1, .content_used = 1, .pattern_used = 1, .fallback_used = 1}));
}

TEST_F(TopicResolverTest, PatternsThatAreThereWithoutBeingConfigured) {
    make({});
    EXPECT_EQ(resolve("noaa_weather_ca"), "wildfire-weather-data");
    EXPECT_EQ(resolve("firms_viirs"), "wildfire-nasa-firms");
    EXPECT_EQ(resolve("iot_sensors"), "wildfire-iot-sensors");
}

TEST_F(TopicResolverTest, FirstPatternThatFitsDecides) {
    make({.patterns = {{.pattern = "*a*", .topic = "first"}, {.pattern = "*b", .topic = "second"}}});
    EXPECT_EQ(resolve("ab"), "first");
    EXPECT_EQ(resolve("b"), "second");
}

TEST_F(TopicResolverTest, ContentIsComparedAsText) {
    make({.content_rules = {{.field = "data.level", .equals = "3", .topic = "number"},
                            {.field = "data.level", .equals = "3.50", .topic = "fraction"},
                            {.field = "data.level", .equals = "true", .topic = "boolean"},
                            {.field = "data.level", .equals = "a \"b\" \xC3\xA4", .topic = "escaped"},
                            {.field = "data.level", .equals = "", .topic = "empty"},
                            {.field = "data.level", .equals = "null", .topic = "null"},
                            {.field = "data.level", .equals = "{}", .topic = "object"}}});
    EXPECT_EQ(by_content(R"({"level": 3 })"), "number");
    EXPECT_EQ(by_content(R"({"level":"3"})"), "number");
    EXPECT_EQ(by_content(R"({"level":3.50})"), "fraction");
    EXPECT_EQ(by_content(R"({"level":true})"), "boolean");
    EXPECT_EQ(by_content(R"({"level":"a \"b\" \u00e4"})"), "escaped");
    EXPECT_EQ(by_content(R"({"level":""})"), "empty");
    for (const char* nothing : {R"({"level":3.5})", R"({"level":null})", R"({"level":{}})", R"({"level":[3]})",
                                R"({"Level":3})", R"({})", "null", "[]", "7"}) {
        EXPECT_EQ(by_content(nothing), "wildfire-default") << nothing;
    }
}

TEST_F(TopicResolverTest, ContentIsFoundAtAnyDepthAndInAnyOrder) {
    make({.content_rules = {{.field = "type", .equals = "wanted", .topic = "type"},
                            {.field = "data.a.b.c", .equals = "1", .topic = "deep"},
                            {.field = "data.z", .equals = "1", .topic = "last"},
                            {.field = "data.a.b.d", .equals = "1", .topic = "deep-too"}}});
    EXPECT_EQ(resolve("s", "", R"({"data":{},"type":"wanted"})"), "type");
    EXPECT_EQ(by_content(R"({"x":{"b":[1,{"c":2}]},"a":{"c":9,"b":{"d":2,"c":1}}})"), "deep");
    EXPECT_EQ(by_content(R"({"z":1,"a":{"b":{"d":1}}})"), "last");
    EXPECT_EQ(by_content(R"({"a":{"b":{"d":1}},"z":2})"), "deep-too");
}

TEST_F(TopicResolverTest, FirstContentRuleThatFitsDecides) {
    make({.content_rules = {{.field = "data.a", .equals = "1", .topic = "first"},
                            {.field = "data.b", .equals = "1", .topic = "second"}}});
    EXPECT_EQ(by_content(R"({"b":1,"a":1})"), "first");
}

TEST_F(TopicResolverTest, PayloadThatIsNoJsonFitsNoRule) {
    make({.content_rules = {{.field = "data.a", .equals = "1", .topic = "content"}}});
    for (const char* broken : {"", "{", "x", "[1]", "7", R"({"data")", R"({"data":{"a")", R"({"data":{"a":)",
                               R"({"data":{"a":"1)", R"({"data" 1})", "\xFF\xFE"}) {
        EXPECT_EQ(resolve("s", "", broken), "wildfire-default") << broken;
    }
    EXPECT_EQ(resolve("s", "", R"({"data":{"a":1}})"), "content") << "the reader works again afterwards";
}

TEST_F(TopicResolverTest, CutAndDamagedPayloadsAreSurvived) {
    make({.content_rules = {{.field = "data.a.b", .equals = "x", .topic = "content"},
                            {.field = "data.a.c", .equals = "x", .topic = "content"},
                            {.field = "data.d", .equals = "x", .topic = "content"}}});
    const std::string whole = R"({"id":"1","data":{"n":[1,{"b":2.5e3}],"a":{"c":"y\u00e4"},"d":true},"e":"f"})";
    for (std::size_t at = 0; at < whole.size(); ++at) {
        (void)resolve("s", "", whole.substr(0, at));
        for (const char c : {'{', '}', '[', ']', '"', ',', ':', '\\', '0', ' ', '\0'}) {
            std::string damaged = whole;
            damaged[at] = c;
            (void)resolve("s", "", damaged);
        }
    }
    EXPECT_EQ(resolver_->counts().fallback_used, whole.size() * 12);
    EXPECT_EQ(by_content(R"({"d":"x"})"), "content") << "the reader still works";
}

TEST_F(TopicResolverTest, TopicThatIsNamedNowhereIsRefusedAndNamedOnce) {
    make({}, {"named"});
    EXPECT_EQ(resolve("s", "named"), "named");
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(resolve("s", "elsewhere"), "wildfire-default");
    }
    EXPECT_EQ(resolver_->counts(), (TopicResolverCounts{.explicit_used = 1, .refused = 3}));
    const std::string text = logged_.str();
    EXPECT_THAT(text, HasSubstr("topic elsewhere: refused"));
    EXPECT_EQ(text.find("elsewhere: refused"), text.rfind("elsewhere: refused"));
}

TEST_F(TopicResolverTest, AllowedListIsTakenWordByWord) {
    make({.custom_mappings = {{"mapped", "custom"}}, .fallback = "last", .allowed_topics = {"*", "allowed"}},
         {"named"});
    EXPECT_EQ(resolve("s", "allowed"), "allowed");
    EXPECT_EQ(resolve("s", "named"), "last") << "a list was given, and it does not have it";
    EXPECT_EQ(resolve("s", "anything"), "last") << "* is no wildcard";
    EXPECT_EQ(resolve("mapped"), "last");
    EXPECT_EQ(resolve("s", "last"), "last") << "the fallback topic is always allowed";
    EXPECT_EQ(resolver_->counts(), (TopicResolverCounts{.explicit_used = 2, .refused = 3}));
}

TEST_F(TopicResolverTest, ASourceThatComesLaterDoesNotOpenAnAllowedList) {
    make({.allowed_topics = {"allowed"}});
    resolver_->allow("later");
    EXPECT_EQ(resolve("s", "later"), "wildfire-default");
    EXPECT_EQ(resolver_->usual_topic("s", "later"), "wildfire-default");
    EXPECT_EQ(resolver_->counts(), (TopicResolverCounts{.refused = 1}));
    EXPECT_THAT(resolver_->topics(), ElementsAre("allowed", "wildfire-default"));
    resolver_->allow_listed({"allowed", "listed"});
    EXPECT_EQ(resolve("s", "listed"), "listed");
    make({});
    resolver_->allow_listed({"listed"});
    EXPECT_EQ(resolve("s", "listed"), "wildfire-default") << "there is no list until the next start";
    resolver_->allow("later");
    EXPECT_EQ(resolve("s", "later"), "later");
}

TEST_F(TopicResolverTest, EmptyNameAllowsNothing) {
    make({.allowed_topics = {""}}, {"named", ""});
    EXPECT_EQ(resolve("s", "other"), "wildfire-default");
    EXPECT_THAT(resolver_->topics(), ElementsAre("wildfire-default"));
}

TEST_F(TopicResolverTest, LogHoldsNoMadeUpNames) {
    make({});
    EXPECT_EQ(resolve("s", "line\nbreak"), "wildfire-default");
    EXPECT_EQ(resolve("s", std::string(100'000, 'x')), "wildfire-default");
    for (int i = 0; i < 1'000; ++i) {
        EXPECT_EQ(resolve("s", "made-up-" + std::to_string(i)), "wildfire-default");
    }
    EXPECT_EQ(resolver_->counts().refused, 1'002U);
    EXPECT_THAT(logged_.str(), Not(HasSubstr("line\nbreak")));
    EXPECT_LT(logged_.str().size(), 30'000U);
}

TEST_F(TopicResolverTest, TopicsAreAllThatARecordCanGoTo) {
    make({.custom_mappings = {{"s", "custom"}},
          .content_rules = {{.field = "type", .equals = "t", .topic = "content"}},
          .patterns = {{.pattern = "*", .topic = "pattern"}},
          .fallback = "last"},
         {"named", "custom"});
    EXPECT_THAT(resolver_->topics(), ElementsAre("content", "custom", "last", "named", "pattern"));
    make({.fallback = "last", .allowed_topics = {"b", "a"}}, {"named"});
    EXPECT_THAT(resolver_->topics(), ElementsAre("a", "b", "last"));
}

TEST_F(TopicResolverTest, CountsWhatManyThreadsAskFor) {
    make({.content_rules = {{.field = "data.a", .equals = "1", .topic = "content"}}});
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 4; ++i) {
            threads.emplace_back([this] {
                for (int n = 0; n < 500; ++n) {
                    EXPECT_EQ(by_content(R"({"a":1})"), "content");
                    EXPECT_EQ(resolve("firms"), "wildfire-nasa-firms");
                    EXPECT_EQ(resolve("s", "unknown"), "wildfire-default");
                }
            });
        }
    }
    EXPECT_EQ(resolver_->counts(),
              (TopicResolverCounts{.content_used = 2'000, .pattern_used = 2'000, .refused = 2'000}));
}

} // namespace
} // namespace streaming
