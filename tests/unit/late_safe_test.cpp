// What a source has read lasts: rows that come late, come again, change, or leave a list, each also across a restart.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <map>
#include <memory>
#include <set>

#include "core/streaming/testing/service_harness.hpp"
#include "services/firms/table.hpp"
#include "services/ingest/source_types.hpp"
#include "tests/support/area_api_bodies.hpp"

namespace services::ingest {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

const std::vector<std::string> kProducts{"MODIS_NRT", "VIIRS_NOAA20_NRT", "VIIRS_NOAA21_NRT", "VIIRS_SNPP_NRT"};
const std::string kHeader =
    "latitude,longitude,bright_ti4,scan,track,acq_date,acq_time,satellite,instrument,confidence,version,bright_ti5,frp,"
    "daynight\n";

std::string firms_url(const std::string& product) {
    return "http://outside/api/area/csv/5ecret/" + product + "/world/2";
}

/// Where it keeps what it has read.
enum class Kept { redis, file };

class LateSafe : public testing::TestWithParam<Kept> {
protected:
    LateSafe() {
        std::filesystem::remove_all(directory_);
        platform_.clock().advance(std::chrono::days(300)); // later than all recordings: the future is rejected
    }
    ~LateSafe() override {
        service_.reset();
        std::filesystem::remove_all(directory_);
    }

    void add(const std::string& name, const std::string& type, const std::map<std::string, json>& params) {
        sources_[name] = {.source_type = type, .custom_params = params};
        restart();
    }
    void add_firms(const std::string& product) {
        add("firms_" + product, "nasa_firms", {{"map_key", "5ecret"}, {"product", product}});
    }
    /// The process ends and another one begins.
    void restart() {
        service_.reset();
        streaming::Settings settings;
        if (GetParam() == Kept::file) {
            settings.kafka.bootstrap_servers = "fake:9092";
            settings.ingestion.state_directory = directory_.string();
        }
        service_ = std::make_unique<streaming::ServiceHarness>(
            [this](streaming::StreamServiceBuilder& builder) { wire(builder); }, settings, platform_);
    }
    void answer(const std::string& url, streaming::HttpResponse answer) {
        answer.status = answer.status == 0 ? 200 : answer.status;
        platform_.web().answer(url, std::move(answer));
    }
    /// What one poll of all sources puts on the topic, by type.
    std::vector<std::string> poll() {
        const std::size_t before = service_->sent("events").size();
        service_->poll_sources();
        std::vector<std::string> types;
        const auto all = service_->sent("events");
        for (std::size_t i = before; i < all.size(); ++i) {
            types.push_back(all[i].envelope.type);
        }
        return types;
    }
    [[nodiscard]] json last() const {
        const auto all = service_->sent("events");
        return all.empty() ? json::object() : json::parse(all.back().envelope.data);
    }
    [[nodiscard]] std::set<std::string> ids() const {
        std::set<std::string> all;
        for (const auto& message : service_->sent("events")) {
            all.insert(message.envelope.id);
        }
        return all;
    }

    streaming::fakes::Platform platform_{};
    std::unique_ptr<streaming::ServiceHarness> service_{};

private:
    void wire(streaming::StreamServiceBuilder& builder) {
        const streaming::SourceTypes types = source_types();
        for (const auto& [name, settings] : sources_) {
            auto parts = types.make(
                {.name = name, .settings = settings, .endpoint = "http://outside", .clock = platform_.clock()});
            ASSERT_TRUE(parts.ok()) << parts.error().message;
            builder.add_source({.name = name, .topic = "events"}, std::move(parts.value().connector),
                               std::move(parts.value().handler));
        }
    }

    std::map<std::string, streaming::SourceSettings> sources_{};
    std::filesystem::path directory_ =
        std::filesystem::path(testing::TempDir()) / ("late_safe." + std::to_string(::getpid()));
};

/// Acceptance: four recorded polls of one day, each with rows that are older than those of the poll before.
TEST_P(LateSafe, EachRowOfTheRecordedPollsIsSentOnce) {
    TRIBUTARY_NEEDS_RECORDING("firms/repolls");
    for (const std::string& product : kProducts) {
        add_firms(product);
    }
    std::vector<std::size_t> fresh;
    std::vector<std::size_t> newer_than_mark; // what a cursor that is a time alone would take
    std::map<std::string, std::string> mark;
    for (const char* time : {"0017", "0357", "0717", "1001"}) {
        auto bodies = recordings::area_api_bodies(std::string("firms/repolls/fires_2026-07-31T") + time + "Z.csv");
        std::size_t newer = 0;
        for (const std::string& product : kProducts) {
            const std::string& body = bodies[product].empty() ? bodies[product] = kHeader : bodies[product];
            answer(firms_url(product), {.body = body});
            std::string newest = mark[product];
            firms::Table table(body);
            while (const auto row = table.next()) {
                newer += row->detection.value().acquired_at > mark[product] ? 1U : 0U;
                newest = std::max(newest, row->detection->acquired_at);
            }
            mark[product] = newest;
        }
        newer_than_mark.push_back(newer);
        fresh.push_back(poll().size());
        restart();
    }
    EXPECT_THAT(fresh, ElementsAre(0, 779, 2449, 2767));
    EXPECT_EQ(service_->sent("events").size(), 5995U);
    EXPECT_THAT(ids(), SizeIs(5995));
    EXPECT_LT(newer_than_mark[3], 2767U) << "rows come late: a time alone loses some, of each product too";
}

TEST_P(LateSafe, EachRowOfTheRecordedFilesThatOverlapIsSentOnce) {
    TRIBUTARY_NEEDS_RECORDING("firms/SUOMI_VIIRS_C2_Europe_24h_2022-09-05.csv");
    add_firms("VIIRS_SNPP_NRT");
    std::vector<std::size_t> fresh;
    for (const char* span : {"24h", "48h", "7d"}) {
        answer(firms_url("VIIRS_SNPP_NRT"),
               {.body = recordings::read(std::string("firms/SUOMI_VIIRS_C2_Europe_") + span + "_2022-09-05.csv")});
        fresh.push_back(poll().size());
        restart();
    }
    EXPECT_THAT(fresh, ElementsAre(1205, 607, 4156));
}

TEST_P(LateSafe, ARowThatCameWithAnotherPowerIsRevisedOnce) {
    add_firms("VIIRS_SNPP_NRT");
    const auto body = [](const std::string& frp) {
        return kHeader + "28.0,96.1,339.6,0.4,0.4,2026-10-01,614,N,VIIRS,n,2.0NRT,287.9," + frp +
               ",D\n29.0,96.1,339.6,0.4,0.4,2026-10-01,614,N,VIIRS,n,2.0NRT,287.9,1,D\n";
    };
    answer(firms_url("VIIRS_SNPP_NRT"), {.body = body("4.22")});
    EXPECT_THAT(poll(), SizeIs(2));
    restart();
    answer(firms_url("VIIRS_SNPP_NRT"), {.body = body("5")});
    EXPECT_THAT(poll(), ElementsAre("wildfire.detection.revised"));
    EXPECT_EQ(last().at("frp_mw"), 5);
    EXPECT_EQ(last().at("revision"), 1);
    EXPECT_THAT(last().at("revises").get<std::string>(), SizeIs(36));
    restart();
    EXPECT_THAT(poll(), IsEmpty());
    answer(firms_url("VIIRS_SNPP_NRT"), {.body = body("4.22")});
    EXPECT_THAT(poll(), ElementsAre("wildfire.detection.revised")) << "as at first, and still another revision";
    EXPECT_EQ(last().at("revision"), 2);
    EXPECT_THAT(ids(), SizeIs(4));
}

TEST_P(LateSafe, AnObservationWhoseTemperatureIsFilledInIsRevisedOnce) {
    add("noaa", "noaa_weather", {{"stations", {"KBHM"}}});
    const auto body = [](const json& temperature) {
        const json quantity{{"unitCode", "wmoUnit:degC"}, {"value", temperature}, {"qualityControl", "Z"}};
        return json{{"type", "Feature"},
                    {"properties",
                     {{"station", "https://api.weather.gov/stations/KBHM"},
                      {"timestamp", "2024-02-20T15:53:00+00:00"},
                      {"temperature", quantity}}}}
            .dump();
    };
    constexpr auto kUrl = "http://outside/stations/KBHM/observations?limit=1";
    answer(kUrl, {.body = body(nullptr)});
    EXPECT_THAT(poll(), ElementsAre("weather.observation.recorded"));
    restart();
    EXPECT_THAT(poll(), IsEmpty());
    answer(kUrl, {.body = body(14)});
    EXPECT_THAT(poll(), ElementsAre("weather.observation.revised"));
    EXPECT_EQ(last().at("temperature_c"), 14);
    EXPECT_THAT(last().at("revises").get<std::string>(), SizeIs(36));
    restart();
    EXPECT_THAT(poll(), IsEmpty());
}

class LateSafeAlerts : public LateSafe {
protected:
    static constexpr auto kUrl = "http://outside/alerts/active?status=actual";

    LateSafeAlerts() { add("alerts", "noaa_weather", {}); }
    static json alert(const std::string& id, const std::string& headline = "Fire weather") {
        return {{"type", "Feature"},
                {"geometry", nullptr},
                {"properties",
                 {{"id", id},
                  {"event", "Red Flag Warning"},
                  {"messageType", "Alert"},
                  {"headline", headline},
                  {"sent", "2026-01-01T00:00:00+00:00"},
                  {"effective", "2026-01-01T00:00:00+00:00"},
                  {"expires", "2126-01-02T00:00:00+00:00"},
                  {"affectedZones", json::array()}}}};
    }
    void list(const std::vector<json>& alerts, const std::string& updated = "2026-01-01T00:00:00+00:00") {
        answer(kUrl, {.body = json{{"type", "FeatureCollection"}, {"features", alerts}, {"updated", updated}}.dump()});
    }
};

TEST_P(LateSafeAlerts, AChangedPropertyUnderAnOldIdIsAnUpdateWithTheHashOfWhatItReplaces) {
    list({alert("urn:a"), alert("urn:b")});
    EXPECT_THAT(poll(), SizeIs(2));
    const json issued = json::parse(service_->sent("events").at(0).envelope.data);
    restart();
    list({alert("urn:a", "Changed"), alert("urn:b")});
    EXPECT_THAT(poll(), ElementsAre("weather.alert.updated"));
    EXPECT_EQ(last().at("revises"), issued.at("content"));
    restart();
    EXPECT_THAT(poll(), IsEmpty());
}

TEST_P(LateSafeAlerts, AnIdThatStandsTwiceInOneAnswerIsOneEvent) {
    for (int i = 0; i < 3; ++i) {
        list({alert("urn:a"), alert("urn:a", "Otherwise")});
        EXPECT_THAT(poll(), SizeIs(i == 0 ? 1 : 0));
        restart();
    }
}

TEST_P(LateSafeAlerts, AnIdThatLeavesTheListEndsOnceAndMayComeBack) {
    list({alert("urn:a"), alert("urn:b")});
    EXPECT_THAT(poll(), SizeIs(2));
    restart(); // it leaves while nobody polls
    list({alert("urn:b")});
    EXPECT_THAT(poll(), ElementsAre("weather.alert.cancelled"));
    EXPECT_EQ(last().at("id"), "urn:a");
    EXPECT_THAT(poll(), IsEmpty());
    restart();
    EXPECT_THAT(poll(), IsEmpty());
    list({alert("urn:a"), alert("urn:b")});
    EXPECT_THAT(poll(), ElementsAre("weather.alert.issued"));
    restart();
    EXPECT_THAT(poll(), IsEmpty());
    list({alert("urn:b")});
    EXPECT_THAT(poll(), ElementsAre("weather.alert.cancelled"));
    EXPECT_THAT(ids(), SizeIs(5));
}

TEST_P(LateSafeAlerts, AnAnswerThatIsNoneEndsNothing) {
    list({alert("urn:a")});
    EXPECT_THAT(poll(), SizeIs(1));
    for (const streaming::HttpResponse& bad :
         {streaming::HttpResponse{.status = 503}, streaming::HttpResponse{.body = "<html>"},
          streaming::HttpResponse{.body = R"({"type":"FeatureCollection","features":null})"},
          streaming::HttpResponse{.body = R"({"type":"FeatureCollection","features":[],"pagination":{"next":"x"}})"},
          streaming::HttpResponse{.body = R"({"type":"FeatureCollection","features":[{"properties":{}}]})"}}) {
        answer(kUrl, bad);
        EXPECT_THAT(poll(), IsEmpty());
        EXPECT_THAT(poll(), IsEmpty());
    }
    list({}, "2025-12-31T23:00:00+00:00");
    EXPECT_THAT(poll(), IsEmpty()) << "an old list from a cache";
    list({});
    EXPECT_THAT(poll(), ElementsAre("weather.alert.cancelled"));
}

TEST_P(LateSafe, WhatIsShownForWeeksIsSentOnce) {
    add_firms("VIIRS_SNPP_NRT");
    answer(firms_url("VIIRS_SNPP_NRT"),
           {.body = kHeader + "28.0,96.1,339.6,0.4,0.4,2026-10-01,614,N,VIIRS,n,2.0NRT,287.9,1,D\n"});
    EXPECT_THAT(poll(), SizeIs(1));
    for (int day = 0; day < 14; ++day) {
        platform_.clock().advance(std::chrono::hours(24));
        EXPECT_THAT(poll(), IsEmpty()) << day;
        restart();
    }
}

TEST(LateSafeStore, ASourcePollsNothingWhileWhatItReadCannotBeLoaded) {
    streaming::fakes::Platform platform;
    const auto wire = [&](streaming::StreamServiceBuilder& builder) {
        builder.add_source(
            {.name = "noaa", .topic = "events"},
            std::make_unique<streaming::HttpConnector>(streaming::HttpConnector::Options{.url = "http://outside/a"}),
            [](const streaming::Response& answer, streaming::SourceContext& context) {
                const auto revision = context.revision_of("key", answer.body);
                context.emit_data(revision.number == 0 ? "first" : "revised",
                                  streaming::SourceContext::revised_key("key", revision), {.key = "key"}, "{}");
            });
    };
    platform.web().answer("http://outside/a", "1");
    {
        streaming::ServiceHarness before(wire, {}, platform);
        before.poll_sources();
        ASSERT_THAT(before.sent("events"), SizeIs(1));
    }
    platform.store().set_down(true);
    platform.web().answer("http://outside/a", "2");
    streaming::ServiceHarness after(wire, {}, platform);
    for (int i = 0; i < 5; ++i) {
        after.poll_sources();
    }
    EXPECT_THAT(after.sent("events"), SizeIs(1));
    EXPECT_THAT(after.service().health().to_json(), testing::HasSubstr("what was read before cannot be loaded"));
    platform.store().set_down(false);
    for (int i = 0; i < 30 && after.sent("events").size() < 2; ++i) {
        after.poll_sources();
    }
    ASSERT_THAT(after.sent("events"), SizeIs(2));
    EXPECT_EQ(after.sent("events")[1].envelope.type, "revised");
}

const auto kStores = testing::Values(Kept::redis, Kept::file);
const auto kNames = [](const auto& instance) { return instance.param == Kept::redis ? "Redis" : "File"; };
INSTANTIATE_TEST_SUITE_P(, LateSafe, kStores, kNames);
INSTANTIATE_TEST_SUITE_P(, LateSafeAlerts, kStores, kNames);

} // namespace
} // namespace services::ingest
