#include "services/wildfire_alerts/wildfire_alerts.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/streaming/testing/service_harness.hpp"
#include "services/firms/table.hpp"
#include "services/flags.hpp"
#include "services/weather/alert.hpp"
#include "services/weather/station.hpp"
#include "services/wildfire_alerts/alert_event.hpp"
#include "tests/support/recordings.hpp"

namespace services::wildfire_alerts {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr auto kFires = "wildfire-nasa-firms";
constexpr auto kWeather = "wildfire-weather-data";
constexpr auto kAlerts = "wildfire-alerts";

/// The service at noon on 2026-01-01, on a platform that stays when it restarts.
class WildfireAlerts : public testing::Test {
protected:
    WildfireAlerts() { at("2026-01-01T12:00:00Z"); }
    void at(const std::string& time) { now_ = streaming::parse_rfc3339(time).value(); }
    std::unique_ptr<streaming::ServiceHarness> start(std::map<std::string, std::string> flags = {}) {
        streaming::Settings settings{.flags = defaults(wildfire_alerts::flags())};
        settings.deduplication = streaming::DeduplicationOptions{.enabled = deduplicate_};
        for (const auto& [name, value] : flags) {
            settings.flags[name] = value;
        }
        return std::make_unique<streaming::ServiceHarness>(
            [this](streaming::StreamServiceBuilder& service) { wire_at(service, [this] { return now_; }); }, settings,
            platform_);
    }
    static firms::Detection fire(const std::string& time = "2026-01-01T10:00:00Z") {
        return {.latitude = 38.2,
                .longitude = -104.9,
                .acquired_at = time,
                .satellite = "N20",
                .family = "VIIRS",
                .confidence = "high",
                .brightness_k = 340,
                .frp_mw = 60};
    }
    /// Dry and windy, 22 km from the fire.
    static weather::Observation observation(const std::string& time = "2026-01-01T11:30:00Z") {
        return {.station = "KPUB",
                .observed_at = time,
                .place = weather::Place{.latitude = 38, .longitude = -105},
                .temperature_c = 30,
                .humidity_percent = 20,
                .wind_speed_kmh = 25};
    }
    /// A recorded answer, on the day of the recorded observations.
    static std::vector<firms::Detection> recorded_fires() {
        std::string body = recordings::read("firms/area_api/MODIS_NRT_india_2026-10-01.csv");
        const std::string day = "2026-10-01";
        for (std::size_t found = body.find(day); found != std::string::npos; found = body.find(day, found)) {
            body.replace(found, day.size(), "2024-02-20");
        }
        std::vector<firms::Detection> fires;
        firms::Table table(body);
        while (const auto row = table.next()) {
            fires.push_back(row->detection.value());
        }
        return fires;
    }
    static std::map<std::string, std::uint64_t> ignored(const streaming::ServiceHarness& service,
                                                        const std::string& flow) {
        const auto reasons = service.counts(flow).ignored_by_reason;
        return {reasons.begin(), reasons.end()};
    }

    streaming::fakes::Platform platform_{};
    std::chrono::system_clock::time_point now_{};
    bool deduplicate_ = true;
};

TEST_F(WildfireAlerts, SayWhereTheFireIsAndWhatTheWeatherMakesOfIt) {
    const auto service = start();
    service->deliver(kWeather, "KPUB", observation());
    service->drain();
    const std::string id = service->deliver(kFires, "38_-105", fire());
    service->drain();
    const auto sent = service->sent(kAlerts);
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_EQ(sent[0].envelope.type, "wildfire.alert.raised");
    EXPECT_EQ(sent[0].key, "38_-105");
    json alert = json::parse(sent[0].envelope.data);
    EXPECT_NEAR(alert["score"].get<double>(), 59.45, 0.01); // 38.9 / 2 + 20 + 20
    EXPECT_NEAR(alert["fire_weather_index"].get<double>(), 38.90, 0.01);
    EXPECT_NEAR(alert["weather"]["distance_km"].get<double>(), 23.9, 0.1);
    alert.erase("score");
    alert.erase("fire_weather_index");
    alert["weather"].erase("distance_km");
    EXPECT_EQ(alert, json({{"detection_id", id},
                           {"latitude", 38.2},
                           {"longitude", -104.9},
                           {"acquired_at", "2026-01-01T10:00:00Z"},
                           {"satellite", "N20"},
                           {"confidence", "high"},
                           {"frp_mw", 60.0},
                           {"level", "high"},
                           {"reasons", {"high_confidence", "large_fire"}},
                           {"weather",
                            {{"station", "KPUB"},
                             {"observed_at", "2026-01-01T11:30:00Z"},
                             {"temperature_c", 30.0},
                             {"humidity_percent", 20.0},
                             {"wind_speed_kmh", 25.0}}}}));
    EXPECT_EQ(json(sent[0].as<WildfireAlert>()), json::parse(sent[0].envelope.data));
}

TEST_F(WildfireAlerts, AreRaisedWithoutWeatherTooAndSaySo) {
    const auto service = start();
    service->deliver(kWeather, "KPUB", observation("2026-01-01T08:59:00Z"));
    service->drain();
    service->deliver(kFires, "38_-105", fire());
    service->drain();
    const auto sent = service->sent(kAlerts);
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_TRUE(json::parse(sent[0].envelope.data).at("weather").is_null());
    EXPECT_THAT(sent[0].as<WildfireAlert>().reasons, Contains("weather_unknown"));
    EXPECT_EQ(json(sent[0].as<WildfireAlert>()), json::parse(sent[0].envelope.data));
}

TEST_F(WildfireAlerts, AreNotRaisedForOldFiresLowRiskOrWrongClocksAndTheReasonIsCounted) {
    const auto service = start();
    weather::Observation wet = observation();
    wet.humidity_percent = 95;
    service->deliver(kWeather, "KPUB", wet);
    service->drain();
    service->deliver(kFires, "a", fire("2025-12-31T11:59:00Z"));
    service->deliver(kFires, "b", fire("2026-01-01T12:30:00Z"));
    firms::Detection weak = fire();
    weak.confidence = "low";
    weak.frp_mw = 1;
    service->deliver(kFires, "c", weak);
    service->drain();
    EXPECT_TRUE(service->sent(kAlerts).empty());
    EXPECT_EQ(ignored(*service, kAlerts),
              (std::map<std::string, std::uint64_t>{{"too_old", 1}, {"in_the_future", 1}, {"low_risk", 1}}));
}

TEST_F(WildfireAlerts, OfOneDetectionHaveOneIdHoweverOftenItIsHandled) {
    deduplicate_ = false;
    const auto service = start();
    service->deliver(kFires, "38_-105", fire(), "detection-1");
    service->deliver(kFires, "38_-105", fire(), "detection-1");
    service->drain();
    const auto sent = service->sent(kAlerts);
    ASSERT_EQ(sent.size(), 2U);
    EXPECT_EQ(sent[0].envelope.id, sent[1].envelope.id);
}

TEST_F(WildfireAlerts, AreRaisedAgainForARevisedDetection) {
    const auto service = start();
    service->deliver(kFires, "38_-105", fire());
    service->deliver(kFires, "38_-105", firms::DetectionRevised{fire()});
    service->drain();
    EXPECT_EQ(service->sent(kAlerts).size(), 2U);
}

TEST_F(WildfireAlerts, GoByTheRedFlagWarningsOfTheTopic) {
    const auto service = start();
    weather::AlertIssued warning;
    warning.id = "urn:oid:w";
    warning.event = "Red Flag Warning";
    warning.onset = "2026-01-01T08:00:00Z";
    warning.expires = "2026-01-01T20:00:00Z";
    warning.zones = {"fire/COZ222"};
    service->deliver(
        kWeather, "KPUB",
        weather::Station{
            .station = "KPUB", .place = weather::Place{.latitude = 38, .longitude = -105}, .fire_zone = "fire/COZ222"});
    service->deliver(kWeather, "KPUB.FW.W.0036", warning);
    service->drain();
    service->deliver(kFires, "38_-105", fire());
    service->drain();
    service->deliver(kWeather, "KPUB.FW.W.0036", weather::AlertCancelled{{.id = warning.id, .event = warning.event}});
    service->drain();
    service->deliver(kFires, "38_-105", fire());
    service->drain();
    const auto alerts = service->sent_as<WildfireAlert>(kAlerts);
    ASSERT_EQ(alerts.size(), 2U);
    EXPECT_EQ(alerts[0].red_flag_warning, "urn:oid:w");
    EXPECT_EQ(alerts[0].level, "extreme");
    EXPECT_EQ(alerts[1].red_flag_warning, std::nullopt);
    EXPECT_EQ(alerts[1].level, "high");
}

TEST_F(WildfireAlerts, ALimitIsAFlag) {
    const auto service = start({{"max-distance-km", "20"}, {"max-fire-age-hours", "48"}});
    service->deliver(kWeather, "KPUB", observation());
    service->drain();
    service->deliver(kFires, "38_-105", fire("2025-12-30T13:00:00Z"));
    service->drain();
    const auto alerts = service->sent_as<WildfireAlert>(kAlerts);
    ASSERT_EQ(alerts.size(), 1U);
    EXPECT_FALSE(alerts[0].weather);
    EXPECT_THROW(start({{"max-weather-age-minutes", "0"}})->start(), streaming::ConfigError);
}

TEST_F(WildfireAlerts, DeadLetterADetectionWhoseTimeIsNone) {
    const auto service = start();
    service->deliver(kFires, "38_-105", fire("noon"));
    service->drain();
    const auto dead = service->dead_letters(kFires, kGroup);
    ASSERT_EQ(dead.size(), 1U);
    EXPECT_THAT(dead[0].header("tributary-error-message"), HasSubstr("acquired_at"));
}

/// The weather was on the topic before; a fire that waits is judged by it, not by nothing.
TEST_F(WildfireAlerts, KnowTheWeatherAgainAfterARestartBeforeAFireIsJudged) {
    {
        const auto before = start();
        weather::Observation far_away = observation();
        far_away.place->latitude = -38;
        for (int i = 0; i < 3000; ++i) { // so that learning takes longer than judging
            far_away.station = std::to_string(i);
            before->deliver(kWeather, far_away.station, far_away);
        }
        before->deliver(kWeather, "KPUB", observation());
        before->drain();
    }
    const auto after = start();
    after->deliver(kFires, "38_-105", fire());
    after->drain();
    const auto alerts = after->sent_as<WildfireAlert>(kAlerts);
    ASSERT_EQ(alerts.size(), 1U);
    ASSERT_TRUE(alerts[0].weather);
    EXPECT_EQ(alerts[0].weather->station, "KPUB");
}

/// Recorded fires where they were, in India, are judged by no weather; the same moved to Arkansas, by the recorded
/// observation of Little Rock, which the restarted service learns from the topic.
TEST_F(WildfireAlerts, OfRecordedFiresGoByTheRecordedObservationAcrossARestart) {
    TRIBUTARY_NEEDS_RECORDING("nws/observations/KLIT_2024-02-20T1553Z.json");
    at("2024-02-20T16:30:00Z");
    const auto recorded = weather::to_observation(
        weather::features(recordings::read("nws/observations/KLIT_2024-02-20T1553Z.json")).at(0));
    const std::vector<firms::Detection> fires = recorded_fires();
    const auto weather = fire_weather_of(recorded);
    std::size_t in_india = 0;
    std::size_t in_arkansas = 0;
    for (const firms::Detection& detection : fires) {
        const bool recent = detection.acquired_at < "2024-02-20T16:40";
        in_india += recent ? 1 : 0;
        in_arkansas += recent && assess(detection, weather, false).level != Level::low ? 1 : 0;
    }
    ASSERT_GT(in_arkansas, 0U);
    for (const std::size_t times : {1U, 2U}) {
        const auto service = start();
        if (times == 1) {
            service->deliver(kWeather, "KLIT", recorded);
            service->drain();
        }
        for (firms::Detection detection : fires) {
            service->deliver(kFires, firms::tile(detection), detection);
            detection.latitude = 34.7;
            detection.longitude = -92.2;
            service->deliver(kFires, firms::tile(detection), detection);
        }
        service->drain();
        std::map<std::string, std::size_t> alerts;
        for (const auto& alert : service->sent_as<WildfireAlert>(kAlerts)) {
            ++alerts[alert.weather ? alert.weather->station : "none"];
        }
        EXPECT_EQ(alerts,
                  (std::map<std::string, std::size_t>{{"none", times * in_india}, {"KLIT", times * in_arkansas}}));
    }
}

} // namespace
} // namespace services::wildfire_alerts
