#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/streaming/ingestion/sha256.hpp"
#include "core/streaming/testing/service_harness.hpp"
#include "services/flags.hpp"
#include "services/weather/alert.hpp"
#include "services/weather/station.hpp"
#include "services/weather/weather.hpp"
#include "tests/support/recordings.hpp"

namespace services::weather {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr auto kId = "urn:oid:2.49.0.1.840.0.a18f44b5d29686f925db4521cc058d3bdc7238e1.001.1";

/// An alert as the NWS sends it, which ends on 2026-01-02.
json feature(const json& more = json::object()) {
    json properties{{"id", kId},
                    {"event", "Red Flag Warning"},
                    {"messageType", "Alert"},
                    {"sent", "2025-12-31T14:00:00-07:00"},
                    {"effective", "2025-12-31T14:00:00-07:00"},
                    {"onset", "2025-12-31T15:00:00-07:00"},
                    {"expires", "2026-01-01T12:00:00+00:00"},
                    {"ends", "2026-01-02T00:00:00+00:00"},
                    {"headline", "Red Flag Warning"},
                    {"instruction", nullptr},
                    {"affectedZones", {"https://api.weather.gov/zones/fire/COZ222"}},
                    {"references", json::array()},
                    {"parameters", {{"VTEC", {"/O.NEW.KPUB.FW.W.0036.251231T2200Z-260102T0000Z/"}}}}};
    properties.update(more);
    return {{"type", "Feature"}, {"geometry", nullptr}, {"properties", properties}};
}

std::string problem(const json& bad) {
    try {
        (void)to_alert(bad);
    } catch (const std::exception& error) {
        return error.what();
    }
    return "";
}

TEST(Alert, HoldsWhatTheNwsSaysWithTimesInUtc) {
    const Alert alert = to_alert(feature());
    EXPECT_EQ(alert.id, kId);
    EXPECT_EQ(alert.event, "Red Flag Warning");
    EXPECT_EQ(alert.onset, "2025-12-31T22:00:00.000Z");
    EXPECT_EQ(alert.ends, "2026-01-02T00:00:00.000Z");
    EXPECT_EQ(alert.instruction, "");
    EXPECT_THAT(alert.zones, ElementsAre("fire/COZ222"));
    EXPECT_EQ(to_alert(feature({{"ends", nullptr}})).ends, "");
}

TEST(Alert, IsTheSameAfterTheWayThroughJson) {
    json with_place = feature({{"references", {{{"identifier", "urn:oid:before"}}}}});
    with_place["geometry"] = {{"type", "Point"}, {"coordinates", {1, 2}}};
    Alert alert = to_alert(with_place);
    alert.feed = "area=CO";
    alert.revision = 3;
    const json event = alert;
    EXPECT_EQ(json(event.get<AlertIssued>()), event);
    EXPECT_EQ(event["references"], json({"urn:oid:before"}));
    EXPECT_FALSE(json(to_alert(feature())).contains("instruction"));
}

TEST(Alert, SaysTheSha256OfWhatTheNwsSaidInOneForm) {
    EXPECT_EQ(streaming::sha256_hex("abc"),
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"); // FIPS 180-4
    const json properties = feature()["properties"];
    EXPECT_EQ(to_alert(feature()).properties_sha256, streaming::sha256_hex(properties.dump()));
    json turned = feature();
    turned["properties"] = json::parse(nlohmann::ordered_json::parse(properties.dump()).dump());
    turned["geometry"] = {{"type", "Point"}, {"coordinates", {1, 2}}};
    EXPECT_EQ(to_alert(turned).properties_sha256, to_alert(feature()).properties_sha256);
    EXPECT_NE(to_alert(feature({{"headline", "Other"}})).properties_sha256, to_alert(feature()).properties_sha256);
}

TEST(Alert, KeyIsThatOfTheHazard) {
    EXPECT_EQ(key_of(to_alert(feature())), "KPUB.FW.W.0036");
    EXPECT_EQ(key_of(to_alert(feature({{"parameters", json::object()}}))),
              "urn:oid:2.49.0.1.840.0.a18f44b5d29686f925db4521cc058d3bdc7238e1");
    EXPECT_EQ(key_of(Alert{.id = "odd"}), "odd");
    EXPECT_EQ(key_of(Alert{.id = "odd", .vtec = {"/O.NEW/"}}), "odd");
}

TEST(Alert, SaysItselfWhetherItIsOver) {
    const auto with = [](const json& actions) {
        return says_it_is_over(to_alert(feature({{"parameters", {{"VTEC", actions}}}})));
    };
    EXPECT_FALSE(with({"/O.CON.KPUB.FW.W.0036.000000T0000Z-260102T0000Z/"}));
    EXPECT_TRUE(with({"/O.CAN.KPUB.FW.W.0036.000000T0000Z-260102T0000Z/"}));
    EXPECT_FALSE(with({"/O.UPG.KPUB.FW.A.0036.000000T0000Z-260102T0000Z/", "/O.NEW.KPUB.FW.W.0037.0-0/"}));
    EXPECT_FALSE(with(json::array()));
    EXPECT_TRUE(says_it_is_over(to_alert(feature({{"messageType", "Cancel"}}))));
}

TEST(Alert, NamesThePropertyThatIsWrong) {
    EXPECT_EQ(problem(feature({{"id", nullptr}})), "id: null is not a text such as urn:oid:2.49.0.1.840.0.1.001.1");
    EXPECT_EQ(problem(feature({{"expires", ""}})), "expires: '' is not a text such as 2024-02-20T15:53:00Z");
    EXPECT_THAT(problem(feature({{"onset", "noon"}})), HasSubstr("onset: "));
    EXPECT_NE(problem(feature({{"affectedZones", "COZ222"}})), "");
    EXPECT_NE(problem(json(7)), "");
}

TEST(Station, KnowsItsPlaceAndItsZones) {
    const json station{{"type", "Feature"},
                       {"geometry", {{"type", "Point"}, {"coordinates", {-86.75, 33.57}}}},
                       {"properties",
                        {{"stationIdentifier", "KBHM"},
                         {"name", "Birmingham"},
                         {"fireWeatherZone", "https://api.weather.gov/zones/fire/ALZ024"},
                         {"forecast", "https://api.weather.gov/zones/forecast/ALZ024"},
                         {"county", nullptr}}}};
    const json event = to_station(station);
    EXPECT_EQ(event, json({{"station", "KBHM"},
                           {"name", "Birmingham"},
                           {"latitude", 33.57},
                           {"longitude", -86.75},
                           {"fire_zone", "fire/ALZ024"},
                           {"forecast_zone", "forecast/ALZ024"},
                           {"county", ""}}));
    EXPECT_EQ(json(event.get<Station>()), event);
}

constexpr auto kUrl = "http://nws/alerts/active?status=actual&area=CO,NM";
constexpr auto kTopic = "wildfire-weather-data";

/// The service with alerts of two states, on a platform that stays when it restarts.
class WeatherAlerts : public testing::Test {
protected:
    void SetUp() override { platform_.web().answer("http://nws/stations/KBHM/observations?limit=1", collection({})); }
    static std::string collection(const std::vector<json>& all) {
        return json{{"type", "FeatureCollection"}, {"features", all}}.dump();
    }
    std::unique_ptr<streaming::ServiceHarness> start(const std::string& alerts = "CO,NM") {
        streaming::Settings settings{.flags = defaults(weather::flags())};
        settings.flags["stations"] = "KBHM";
        settings.flags["api"] = "http://nws";
        settings.flags["alerts"] = alerts;
        settings.flags["alerts-poll-seconds"] = settings.flags["poll-seconds"];
        return std::make_unique<streaming::ServiceHarness>(wire, settings, platform_);
    }
    void poll(streaming::ServiceHarness& service, const std::vector<json>& alerts) {
        platform_.web().answer(kUrl, collection(alerts));
        service.poll_sources();
    }
    static std::vector<std::string> types(const streaming::ServiceHarness& service) {
        std::vector<std::string> all;
        for (const auto& message : service.sent(kTopic)) {
            all.push_back(message.envelope.type);
        }
        return all;
    }

    streaming::fakes::Platform platform_{};
};

TEST_F(WeatherAlerts, AreSentFromTheFirstToTheLastNews) {
    const auto service = start();
    poll(*service, {feature()});
    poll(*service, {feature({{"headline", "worse"}})});
    for (int i = 0; i < 6; ++i) { // half of the polls are those of the station
        poll(*service, {});
    }
    EXPECT_THAT(types(*service),
                ElementsAre("weather.alert.issued", "weather.alert.updated", "weather.alert.cancelled"));
    for (const auto& message : service->sent(kTopic)) {
        EXPECT_EQ(message.key, "KPUB.FW.W.0036");
    }
    EXPECT_EQ(service->sent(kTopic)[1].as<AlertUpdated>().headline, "worse");
}

TEST_F(WeatherAlerts, ThatEndedDuringARestartEndOnTheTopic) {
    {
        const auto before = start();
        poll(*before, {feature()});
    }
    const auto after = start();
    for (int i = 0; i < 3; ++i) {
        poll(*after, {});
    }
    EXPECT_THAT(types(*after), ElementsAre("weather.alert.issued", "weather.alert.cancelled"));
}

TEST_F(WeatherAlerts, AreCancelledOnceAcrossRestartsAndPollsOfACancel) {
    const json cancel = feature({{"id", "urn:oid:cancel"},
                                 {"messageType", "Cancel"},
                                 {"references", {{{"identifier", kId}}}},
                                 {"parameters", {{"VTEC", {"/O.CAN.KPUB.FW.W.0036.000000T0000Z-260102T0000Z/"}}}}});
    {
        const auto before = start();
        poll(*before, {feature()});
        for (int i = 0; i < 3; ++i) {
            poll(*before, {cancel, feature()});
        }
    }
    const auto after = start();
    for (int i = 0; i < 3; ++i) {
        poll(*after, {cancel});
    }
    for (int i = 0; i < 6; ++i) {
        poll(*after, {});
    }
    EXPECT_THAT(types(*after), ElementsAre("weather.alert.issued", "weather.alert.cancelled"));
    const auto sent = after->sent(kTopic);
    EXPECT_EQ(sent.at(1).key, sent.at(0).key) << "in order behind it";
    EXPECT_EQ(sent.at(1).as<AlertCancelled>().id, kId);
}

TEST_F(WeatherAlerts, OneThatCannotBeUnderstoodIsDeadLetteredAndEndsNoOther) {
    const auto service = start();
    poll(*service, {feature()});
    for (int i = 0; i < 3; ++i) {
        poll(*service, {feature({{"sent", "yesterday"}})});
    }
    EXPECT_THAT(types(*service), ElementsAre("weather.alert.issued"));
    EXPECT_EQ(service->sent("wildfire-weather-data.nws_alerts.dlq").size(), 1U);
}

TEST_F(WeatherAlerts, BringTheZonesOfTheStations) {
    platform_.web().answer("http://nws/stations?id=KBHM&limit=500",
                           collection({{{"type", "Feature"}, {"properties", {{"stationIdentifier", "KBHM"}}}}}));
    const auto service = start();
    service->drain();
    EXPECT_THAT(types(*service), ElementsAre("weather.station.described"));
}

TEST_F(WeatherAlerts, AreAskedForByStateByZoneOrAllOfThem) {
    for (const auto& [flag, url] : std::vector<std::pair<std::string, std::string>>{
             {"off", ""},
             {"all", "http://nws/alerts/active?status=actual"},
             {"CO", "http://nws/alerts/active?status=actual&area=CO"},
             {"COZ222, COC008", "http://nws/alerts/active?status=actual&zone=COZ222,COC008"}}) {
        const std::size_t before = platform_.web().requests().size();
        start(flag)->drain();
        const auto requests = platform_.web().requests();
        std::vector<std::string> asked;
        for (std::size_t i = before; i < requests.size(); ++i) {
            if (requests[i].url.find("/alerts") != std::string::npos) {
                asked.push_back(requests[i].url);
            }
        }
        EXPECT_EQ(asked, url.empty() ? std::vector<std::string>{} : std::vector{url}) << flag;
    }
}

struct Recorded {
    const char* path;
    std::size_t alerts;
    std::size_t red_flags;
};
class AlertRecording : public testing::TestWithParam<Recorded> {};

TEST_P(AlertRecording, LosesNone) {
    TRIBUTARY_NEEDS_RECORDING(GetParam().path);
    const Features active = read_features(recordings::read(GetParam().path));
    EXPECT_TRUE(active.complete);
    EXPECT_EQ(active.list.size(), GetParam().alerts);
    std::size_t red_flags = 0;
    for (const json& one : active.list) {
        const Alert alert = to_alert(one);
        red_flags += alert.event == "Red Flag Warning" && alert.zones.at(0).starts_with("fire/") ? 1 : 0;
    }
    EXPECT_EQ(red_flags, GetParam().red_flags);
}
INSTANTIATE_TEST_SUITE_P(All, AlertRecording,
                         testing::Values(Recorded{"nws/alerts/active_2025-12-15T2155Z.json", 529, 0},
                                         Recorded{"nws/alerts/active_2026-05-14T1635Z.json", 246, 30},
                                         Recorded{"nws/alerts/empty_point_2024-01-12.json", 0, 0}),
                         [](const auto& file) { return "File" + std::to_string(file.index); });

} // namespace
} // namespace services::weather
