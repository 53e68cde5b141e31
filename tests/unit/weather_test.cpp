#include "services/weather/weather.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/streaming/testing/service_harness.hpp"
#include "services/flags.hpp"
#include "services/weather/observation.hpp"
#include "services/weather/units.hpp"
#include "tests/support/recordings.hpp"

namespace services::weather {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Optional;

json quantity(const std::string& unit, const json& value) {
    return {{"unitCode", unit}, {"value", value}, {"qualityControl", "V"}};
}

json feature(const json& more = json::object()) {
    json properties{{"station", "https://api.weather.gov/stations/KBHM"}, {"timestamp", "2024-02-20T15:53:00+00:00"}};
    properties.update(more);
    return {{"type", "Feature"}, {"properties", properties}};
}

/// Why a feature is refused.
std::string problem(const json& bad) {
    try {
        (void)to_observation(bad);
    } catch (const std::exception& error) {
        return error.what();
    }
    return "";
}

TEST(Units, ConvertsWhatTheApiHasEverSent) {
    EXPECT_EQ(convert(13.9, "wmoUnit:degC", "degC"), 13.9);
    EXPECT_EQ(convert(13.9, "unit:degC", "degC"), 13.9);
    EXPECT_EQ(convert(212, "wmoUnit:degF", "degC"), 100);
    EXPECT_THAT(convert(273.15, "wmoUnit:K", "degC"), Optional(testing::DoubleNear(0, 1e-9)));
    EXPECT_EQ(convert(10, "unit:m_s-1", "km_h-1"), 36);
    EXPECT_EQ(convert(0.002, "unit:m", "mm"), 2);
    EXPECT_EQ(convert(1, "degC", "degC"), 1);
    EXPECT_EQ(convert(1, "wmoUnit:degC", "Pa"), std::nullopt);
    EXPECT_EQ(convert(1, "wmoUnit:furlong", "m"), std::nullopt);
}

TEST(Observation, HoldsWhatWasMeasuredInOurUnits) {
    const Observation observation = to_observation(feature({{"temperature", quantity("wmoUnit:degF", 50)},
                                                            {"windSpeed", quantity("wmoUnit:m_s-1", 1.5)},
                                                            {"windDirection", quantity("wmoUnit:degree_(angle)", 250)},
                                                            {"relativeHumidity", quantity("wmoUnit:percent", 25.4)},
                                                            {"windGust", quantity("wmoUnit:km_h-1", nullptr)}}));
    EXPECT_EQ(observation.station, "KBHM");
    EXPECT_EQ(observation.observed_at, "2024-02-20T15:53:00.000Z");
    EXPECT_THAT(observation.temperature_c, Optional(testing::DoubleEq(10)));
    EXPECT_THAT(observation.wind_speed_kmh, Optional(testing::DoubleEq(5.4)));
    EXPECT_EQ(observation.wind_direction_deg, 250);
    EXPECT_EQ(observation.humidity_percent, 25.4);
    EXPECT_EQ(observation.wind_gust_kmh, std::nullopt);
}

TEST(Observation, LeavesOutOfTheEventWhatWasNotMeasuredButItsQuality) {
    EXPECT_EQ(json(to_observation(feature(
                  {{"temperature", quantity("wmoUnit:degC", nullptr)}, {"dewpoint", quantity("wmoUnit:degC", -5.5)}}))),
              json({{"station", "KBHM"},
                    {"observed_at", "2024-02-20T15:53:00.000Z"},
                    {"dewpoint_c", -5.5},
                    {"quality", {{"temperature_c", "V"}, {"dewpoint_c", "V"}}}}));
}

TEST(Observation, HasThePlaceOfItsStation) {
    json somewhere = feature();
    somewhere["geometry"] = {{"type", "Point"}, {"coordinates", {-86.75, 33.57}}};
    EXPECT_EQ(to_observation(somewhere).place, (Place{.latitude = 33.57, .longitude = -86.75}));
    somewhere["geometry"] = nullptr;
    EXPECT_EQ(to_observation(somewhere).place, std::nullopt);
    EXPECT_EQ(to_observation(feature()).place, std::nullopt);
    somewhere["geometry"] = {{"type", "Point"}, {"coordinates", {33.57, -186.75}}};
    EXPECT_EQ(problem(somewhere), "geometry: [33.57,-186.75] is no place");
}

TEST(Observation, IsTheSameAfterTheWayThroughJson) {
    const json event{{"station", "KBHM"},
                     {"observed_at", "2024-02-20T15:53:00.000Z"},
                     {"latitude", 33.57},
                     {"longitude", -86.75},
                     {"temperature_c", 1.5},
                     {"pressure_pa", 101'000.0},
                     {"quality", {{"temperature_c", "V"}, {"pressure_pa", "S"}}}};
    EXPECT_EQ(json(event.get<Observation>()), event);
    json revised = event;
    revised.update({{"revision", 2}, {"revises", "x"}});
    EXPECT_EQ(json(revised.get<ObservationRevised>()), revised);
}

TEST(Observation, HasOneKeyHoweverItsTimeIsWritten) {
    EXPECT_EQ(natural_key(to_observation(feature())),
              natural_key(to_observation(feature({{"timestamp", "2024-02-20T09:53:00-06:00"}}))));
}

TEST(Observation, NamesThePropertyThatIsWrong) {
    EXPECT_THAT(problem(feature({{"temperature", quantity("wmoUnit:degC", "13.9")}})), HasSubstr("temperature"));
    EXPECT_EQ(problem(feature({{"windSpeed", quantity("wmoUnit:furlong", 3)}})),
              "windSpeed.unitCode: 'wmoUnit:furlong' is not known here: km_h-1, m_s-1, kt, mph, km/h");
    EXPECT_THAT(problem(feature({{"timestamp", "yesterday"}})), HasSubstr("timestamp"));
    EXPECT_THAT(problem(feature({{"station", "https://api.weather.gov/stations/"}})), HasSubstr("station"));
    EXPECT_NE(problem(feature({{"temperature", 13.9}})), "");
    EXPECT_NE(problem(feature({{"station", nullptr}})), "");
    EXPECT_NE(problem(json(7)), "");
}

TEST(Features, OfACollectionOrOfASingleFeature) {
    EXPECT_EQ(features(json{{"type", "FeatureCollection"}, {"features", {feature(), feature()}}}.dump()).size(), 2U);
    EXPECT_EQ(features(R"({"type":"FeatureCollection","features":[]})").size(), 0U);
    EXPECT_EQ(features(feature().dump()), json::array({feature()}));
}

TEST(Features, AnyOtherAnswerIsAnError) {
    for (const std::string& body : {std::string(), std::string("<html>"), std::string("null"), std::string("[]"),
                                    std::string(R"({"type":7})"), std::string(R"({"type":"FeatureCollection"})"),
                                    std::string(R"({"type":"FeatureCollection","features":null})"),
                                    std::string(R"({"title":"Not Found","status":404})"),
                                    feature().dump().substr(0, 60), std::string(200'000, '[')}) {
        EXPECT_THROW((void)features(body), streaming::PermanentError) << body.substr(0, 80);
    }
}

constexpr auto kUrl = "http://nws/stations/KBHM/observations?limit=1";
constexpr auto kTopic = "wildfire-weather-data";

streaming::Settings settings(const std::string& flag = "stations", const std::string& value = "KBHM") {
    streaming::Settings settings{.flags = defaults(weather::flags())};
    settings.flags["stations"] = "KBHM";
    settings.flags["api"] = "http://nws/";
    settings.flags[flag] = value;
    return settings;
}

std::string collection(const std::vector<json>& all) {
    return json{{"type", "FeatureCollection"}, {"features", all}}.dump();
}

TEST(Weather, SendsTheObservationOfAStation) {
    streaming::ServiceHarness service(wire, settings());
    service.platform().web().answer(kUrl, collection({feature({{"temperature", quantity("wmoUnit:degC", 13.9)}})}));
    service.drain();
    const auto sent = service.sent(kTopic);
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_EQ(sent[0].key, "KBHM");
    EXPECT_EQ(sent[0].envelope.type, "weather.observation.recorded");
    EXPECT_EQ(sent[0].as<Observation>().temperature_c, 13.9);
}

TEST(Weather, AsksForGeoJson) {
    streaming::ServiceHarness service(wire, settings());
    service.drain();
    const auto requests = service.platform().web().requests();
    ASSERT_FALSE(requests.empty());
    EXPECT_EQ(requests[0].url, kUrl);
    EXPECT_THAT(requests[0].headers, testing::Contains(testing::Pair("Accept", "application/geo+json")));
}

TEST(Weather, SendsAnObservationOnceHoweverOftenItIsPolled) {
    streaming::ServiceHarness service(wire, settings());
    service.platform().web().answer(kUrl, collection({feature()}));
    service.drain();
    service.poll_sources();
    EXPECT_EQ(service.sent(kTopic).size(), 1U);
    service.platform().web().answer(kUrl, collection({feature({{"timestamp", "2024-02-20T16:53:00+00:00"}})}));
    service.poll_sources();
    EXPECT_EQ(service.sent(kTopic).size(), 2U);
}

/// A service that polls one station; each poll is answered with one observation that has this temperature.
class WeatherRevisions : public testing::Test {
protected:
    void poll(streaming::ServiceHarness& service, const json& temperature) {
        platform_.web().answer(kUrl, collection({feature({{"temperature", quantity("wmoUnit:degC", temperature)}})}));
        service.poll_sources();
    }
    std::vector<std::string> sent(streaming::ServiceHarness& service) {
        std::vector<std::string> all;
        for (const auto& message : service.sent(kTopic)) {
            const auto temperature = message.as<Observation>().temperature_c;
            all.push_back(message.envelope.type + " " +
                          (temperature ? std::to_string(std::lround(*temperature)) : "-"));
        }
        return all;
    }

    streaming::fakes::Platform platform_{};
};

TEST_F(WeatherRevisions, EachOtherContentOfOneObservationIsSentOnce) {
    streaming::ServiceHarness service(wire, settings(), platform_);
    for (const json& temperature : {json(), json(), json(14), json(14), json(15), json(14), json(15), json(15)}) {
        poll(service, temperature);
    }
    ASSERT_THAT(sent(service), testing::ElementsAre("weather.observation.recorded -", "weather.observation.revised 14",
                                                    "weather.observation.revised 15", "weather.observation.revised 14",
                                                    "weather.observation.revised 15"));
    const auto all = service.sent(kTopic);
    EXPECT_EQ(all[2].as<ObservationRevised>().revises, all[4].as<ObservationRevised>().revises); // both of 14
    EXPECT_NE(all[1].as<ObservationRevised>().revises, all[2].as<ObservationRevised>().revises);
    EXPECT_EQ(all[4].as<ObservationRevised>().revision, 4U);
}

TEST_F(WeatherRevisions, AreFoundAfterARestartToo) {
    {
        streaming::ServiceHarness before(wire, settings(), platform_);
        poll(before, nullptr);
    }
    streaming::ServiceHarness after(wire, settings(), platform_);
    poll(after, 14);
    poll(after, 14);
    EXPECT_THAT(sent(after), testing::ElementsAre("weather.observation.recorded -", "weather.observation.revised 14"));
}

TEST_F(WeatherRevisions, ARaisedQualityIsOne) {
    streaming::ServiceHarness service(wire, settings(), platform_);
    poll(service, 14);
    json checked = quantity("wmoUnit:degC", 14);
    checked["qualityControl"] = "X";
    platform_.web().answer(kUrl, collection({feature({{"temperature", checked}})}));
    service.poll_sources();
    ASSERT_EQ(service.sent(kTopic).size(), 2U);
    EXPECT_EQ(service.sent(kTopic)[1].as<ObservationRevised>().quality.at("temperature_c"), "X");
}

TEST(Weather, DeadLettersOneBadFeatureAndKeepsTheOthers) {
    streaming::ServiceHarness service(wire, settings());
    const json bad = feature({{"temperature", quantity("wmoUnit:degC", "warm")}});
    service.platform().web().answer(kUrl, collection({bad, feature()}));
    service.drain();
    EXPECT_EQ(service.sent(kTopic).size(), 1U);
    const auto dead = service.sent("wildfire-weather-data.nws_KBHM.dlq");
    ASSERT_EQ(dead.size(), 1U);
    EXPECT_EQ(dead[0].payload, bad.dump());
    EXPECT_EQ(dead[0].header("tributary-error-message"), "temperature.value: 'warm' is not a number, or null");
}

TEST(Weather, SendsNothingOfAnAnswerThatIsNoGeoJson) {
    streaming::ServiceHarness service(wire, settings());
    service.platform().web().answer(kUrl, "<html>");
    service.drain();
    EXPECT_TRUE(service.sent(kTopic).empty());
    EXPECT_TRUE(service.sent("wildfire-weather-data.nws_KBHM.dlq").empty());
}

TEST(Weather, RefusesFlagsThatCannotBe) {
    for (const auto& [flag, value] : std::vector<std::pair<std::string, std::string>>{{"stations", ""},
                                                                                      {"stations", "K/BHM"},
                                                                                      {"api", "ftp://nws"},
                                                                                      {"alerts", ""},
                                                                                      {"alerts", "California"},
                                                                                      {"alerts", "CA,NVZ001"},
                                                                                      {"alerts", "C/"},
                                                                                      {"user-agent", ""},
                                                                                      {"poll-seconds", "0"},
                                                                                      {"poll-seconds", "1m"}}) {
        streaming::ServiceHarness service(wire, settings(flag, value));
        try {
            service.start();
            ADD_FAILURE() << flag << " " << value << " accepted";
        } catch (const streaming::ConfigError& error) {
            EXPECT_THAT(error.what(), HasSubstr("--" + flag));
        }
    }
}

TEST(WeatherRecordings, EveryRecordedObservationIsUnderstood) {
    TRIBUTARY_NEEDS_RECORDING("nws/observations");
    std::size_t files = 0;
    for (const auto& entry : std::filesystem::directory_iterator(recordings::folder() / "nws/observations")) {
        const json all = features(recordings::read(entry.path()));
        ASSERT_EQ(all.size(), 1U);
        const Observation observation = to_observation(all[0]);
        EXPECT_TRUE(entry.path().filename().string().starts_with(observation.station + "_"));
        EXPECT_NE(observation.temperature_c, std::nullopt) << entry.path();
        EXPECT_NE(observation.place, std::nullopt) << entry.path();
        ++files;
    }
    EXPECT_EQ(files, 9U);
}

} // namespace
} // namespace services::weather
