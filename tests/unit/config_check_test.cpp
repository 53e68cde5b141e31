#include "core/streaming/patterns/config_check.hpp"

#include "core/streaming/testing/fake_platform.hpp"
#include "core/streaming/testing/mocks.hpp"

namespace {

using namespace streaming;
using testing::_;
using testing::AllOf;
using testing::ElementsAre;
using testing::Field;
using testing::NiceMock;
using testing::Return;

auto is(const std::string& what, bool ok, const std::string& text) {
    return AllOf(Field(&ConnectionCheck::what, what), Field(&ConnectionCheck::ok, ok),
                 Field(&ConnectionCheck::text, text));
}

Settings wildfire() {
    Settings settings{.kafka = {.bootstrap_servers = "broker:9092"},
                      .redis = RedisOptions{.url = "redis://me:hidden@store:6380/2"}};
    auto& sources = settings.ingestion.sources;
    sources["alerts"].source_type = "noaa_weather";
    sources["weather"].source_type = "noaa_weather";
    sources["fires"] = {.source_type = "nasa_firms",
                        .custom_params = {{"base_url", "http://me:hidden@fires:81/api/hidden?key=hidden"}}};
    sources["sensors"].source_type = "iot_sensor";
    sources["old"] = {.source_type = "purpleair", .enabled = false};
    return settings;
}

TEST(ConfigCheck, TriesEverythingOutsideOnceAndChangesNothing) {
    fakes::Platform platform;
    const auto checks = check_connections(wildfire(), platform);
    EXPECT_THAT(checks, ElementsAre(is("broker broker:9092", true, "ok"), is("redis store:6380", true, "ok"),
                                    is("source sensors", true,
                                       "not tried: no url in custom_params, no api_endpoints, none known of the type"),
                                    is("source fires at http://fires:81/", true, "ok"),
                                    is("sources alerts, weather at https://api.weather.gov/", true, "ok")));
    EXPECT_EQ(platform.web().requests().size(), 2U); // 404 is an answer
    EXPECT_TRUE(platform.store().keys().empty());
}

TEST(ConfigCheck, SaysWhatFailedWithoutSecrets) {
    NiceMock<mocks::MockPlatform> platform;
    const Error away{.code = ErrorCode::unavailable, .message = "no answer from redis://me:hidden@store"};
    auto topics = std::make_unique<NiceMock<mocks::MockTopicAdmin>>();
    EXPECT_CALL(*topics, partitions(_, std::chrono::milliseconds(200))).WillOnce(Return(away));
    EXPECT_CALL(*topics, ensure(_, _)).Times(0);
    auto store = std::make_unique<NiceMock<mocks::MockKeyValueStore>>();
    EXPECT_CALL(*store, ping()).WillOnce(Return(Status(away)));
    auto http = std::make_unique<NiceMock<mocks::MockHttpClient>>();
    EXPECT_CALL(*http, get(_, _)).WillOnce(Return(away));
    EXPECT_CALL(platform, topics(_)).WillOnce(Return(testing::ByMove(std::move(topics))));
    EXPECT_CALL(platform, store(Field(&RedisOptions::connect_timeout, std::chrono::milliseconds(200))))
        .WillOnce(Return(testing::ByMove(std::move(store))));
    EXPECT_CALL(platform, http(_)).WillOnce(Return(testing::ByMove(std::move(http))));
    Settings settings = wildfire();
    std::erase_if(settings.ingestion.sources, [](const auto& source) { return source.first != "fires"; });
    EXPECT_THAT(check_connections(settings, platform, std::chrono::milliseconds(200)),
                ElementsAre(is("broker broker:9092", false, "no answer from redis://***@store"),
                            is("redis store:6380", false, "no answer from redis://***@store"),
                            is("source fires at http://fires:81/", false, "no answer from redis://***@store")));
}

TEST(ConfigCheck, ABrokerInMemoryIsThereAndNoBrokerIsNot) {
    fakes::Platform platform;
    EXPECT_THAT(check_connections({.kafka = {.bootstrap_servers = "embedded"}}, platform),
                ElementsAre(is("broker embedded", true, "ok, in memory: it keeps nothing")));
    EXPECT_THAT(check_connections({}, platform),
                ElementsAre(is("broker", false, "kafka.bootstrap_servers is not given")));
}

TEST(ConfigCheck, SumsAConfigurationUp) {
    EXPECT_EQ(config_summary(wildfire()), "broker broker:9092, redis store:6380, 5 sources (1 off), 0 topics");
    EXPECT_EQ(config_summary({}), "broker not given, redis none, 0 sources (0 off), 0 topics");
}

} // namespace
