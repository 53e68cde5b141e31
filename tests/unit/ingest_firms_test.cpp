#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <cstdlib>
#include <set>

#include "core/streaming/infrastructure/event_envelope.hpp"
#include "services/ingest/source_types.hpp"
#include "tests/support/recordings.hpp"
#include "tests/support/source_handler_fixture.hpp"

namespace services::ingest {
namespace {

using nlohmann::json;
using streaming::ErrorCode;
using streaming::HttpResponse;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

constexpr auto kHeader =
    "latitude,longitude,bright_ti4,scan,track,acq_date,acq_time,satellite,instrument,confidence,version,bright_ti5,frp,"
    "daynight\n";
constexpr auto kUrl = "http://firms/api/area/csv/5ecret/VIIRS_SNPP_NRT/world/2";

class NasaFirms : public SourceTypeFixture {
protected:
    NasaFirms() {
        ::unsetenv("FIRMS_MAP_KEY");
        add_source_types(types_);
        settings_.source_type = "nasa_firms";
        endpoint_ = "http://firms";
        source_ = "firms_viirs";
        clock_.advance(std::chrono::days(300)); // what is said of the future is rejected
    }
    static std::string row(const std::string& frp = "4.22") {
        return "28.03833,96.14342,339.68,0.45,0.47,2026-10-01,614,N,VIIRS,n,2.0NRT,287.9," + frp + ",D\n";
    }
    static streaming::TimeWindow window(const std::string& from, const std::string& to) {
        return {.from = streaming::parse_rfc3339(from).value(), .to = streaming::parse_rfc3339(to).value()};
    }
};

TEST_F(NasaFirms, SendsTheDetectionsOfTheLastTwoDays) {
    web_.answer(kUrl, kHeader + row() + "1,2,3\n");
    auto parts = make({{"map_key", "5ecret"}});
    const auto rows = poll(parts);
    EXPECT_THAT(urls(), ElementsAre(kUrl));
    ASSERT_THAT(rows, SizeIs(2));
    EXPECT_EQ(rows[0].key, "28_96");
    EXPECT_EQ(json::parse(rows[0].payload).at("type"), "wildfire.detection.observed");
    EXPECT_THAT(rows[1].rejected, testing::Optional(HasSubstr("3 columns")));
    EXPECT_EQ(poll(parts).at(0).id, rows[0].id);
    web_.answer(kUrl, kHeader + row("5"));
    EXPECT_EQ(json::parse(poll(parts).at(0).payload).at("type"), "wildfire.detection.revised");
}

TEST_F(NasaFirms, TakesItsKeyFromTheEnvironment) {
    EXPECT_EQ(problem({}),
              "sources.firms_viirs.custom_params.map_key: must be given, here or in the variable FIRMS_MAP_KEY");
    ::setenv("FIRMS_MAP_KEY", "5ecret", 1);
    auto parts = make({});
    ::unsetenv("FIRMS_MAP_KEY");
    (void)fetch(parts);
    EXPECT_THAT(urls(), ElementsAre(kUrl));
}

TEST_F(NasaFirms, RejectsWhatASatelliteIsSaidToHaveSeenInTheFuture) {
    const std::string today = "28.0,96.1,339.6,0.45,0.47,2026-10-28,";
    const std::string rest = ",N,VIIRS,n,2.0NRT,287.9,1,D\n";
    web_.answer(kUrl, kHeader + today + "100" + rest + today + "101" + rest + row());
    auto parts = make({{"map_key", "5ecret"}}); // at midnight of 2026-10-28
    const auto rows = poll(parts);
    ASSERT_THAT(rows, SizeIs(3));
    EXPECT_EQ(rows[0].rejected, std::nullopt) << "clocks differ";
    EXPECT_EQ(rows[1].rejected,
              "row 2, line 3: acq_date: 2026-10-28T01:01:00Z is more than 3600 s from now (max_ahead_seconds)");
    EXPECT_EQ(rows[2].rejected, std::nullopt);
    auto generous = make({{"map_key", "5ecret"}, {"max_ahead_seconds", 7200}});
    EXPECT_EQ(poll(generous).at(1).rejected, std::nullopt);
}

TEST_F(NasaFirms, AnAnswerIsOfTheTimeOfItsNewestDetection) {
    web_.answer(kUrl, kHeader + row() + "28.0,96.1,339.6,0.45,0.47,2026-09-30,614,N,VIIRS,n,2.0NRT,287.9,1,D\n");
    auto parts = make({{"map_key", "5ecret"}});
    (void)poll(parts);
    EXPECT_EQ(payload_time_, streaming::parse_rfc3339("2026-10-01T06:14:00Z").value());
    EXPECT_EQ(parts.defaults.max_age.count(), 0) << "there may be no fire for days";
}

TEST_F(NasaFirms, ACallCostsItsDaysTimesTheTenthsOfTheWorld) {
    const auto cost = [&](const json& area, const json& call_cost, std::optional<streaming::TimeWindow> of = {}) {
        auto parts = make({{"map_key", "5ecret"}, {"area", area}, {"call_cost", call_cost}});
        (void)fetch(parts, std::move(of));
        return web_.requests().back().cost;
    };
    const auto week_end = window("2026-02-27T00:00:00Z", "2026-03-02T00:00:00Z");
    EXPECT_EQ(cost("-124.5,32.5,-114,42", nullptr), 2U);
    EXPECT_EQ(cost("-180,-9,180,9", nullptr), 2U) << "a tenth";
    EXPECT_EQ(cost("-180,-9,180,9.1", nullptr), 4U) << "a little more";
    EXPECT_EQ(cost("world", nullptr), 20U);
    EXPECT_EQ(cost("world", nullptr, week_end), 30U);
    EXPECT_EQ(cost("world", 3), 6U);
    EXPECT_EQ(cost("world", 3, week_end), 9U);
    EXPECT_THAT(problem({{"map_key", "5ecret"}, {"call_cost", 0}}),
                HasSubstr("custom_params.call_cost: 0 is not a whole number from 1 to 1000"));
}

TEST_F(NasaFirms, RemembersIdsForAsLongAsTheyAreShownUnlessItIsTold) {
    settings_.ingestion = {.mode = streaming::IngestionKind::batch};
    const auto ttl = [&](const std::map<std::string, json>& params) {
        return settings_.deduplication_for(make(params).defaults.repeats).ttl;
    };
    EXPECT_EQ(ttl({{"map_key", "5ecret"}}), std::chrono::hours(49));
    EXPECT_EQ(ttl({{"map_key", "5ecret"}, {"day_range", 5}}), std::chrono::hours(121));
    EXPECT_EQ(ttl({{"rolling", "24h"}}), std::chrono::hours(48));
    EXPECT_EQ(ttl({{"rolling", "7d"}}), std::chrono::hours(169));
}

TEST_F(NasaFirms, RefusesToForgetRowsThatComeAgain) {
    settings_.deduplication.ttl = std::chrono::hours(48);
    EXPECT_EQ(problem({{"map_key", "5ecret"}, {"day_range", 3}}),
              "sources.firms_viirs.deduplication.ttl_seconds: 172800 is less than the 259200 of "
              "custom_params.day_range 3: rows would be sent twice");
    settings_.deduplication.ttl = std::chrono::hours(72);
    EXPECT_EQ(problem({{"map_key", "5ecret"}, {"day_range", 3}}), "");
}

TEST_F(NasaFirms, AsksForTheProductAndPlaceThatIsConfigured) {
    settings_.deduplication.ttl = std::chrono::hours(120);
    for (const json& area : {json("-124.5,32.5,-114,42"), json::array({-124.5, 32.5, -114, 42})}) {
        auto parts = make({{"map_key", "5ecret"}, {"product", "MODIS_NRT"}, {"area", area}, {"day_range", 5}});
        (void)fetch(parts);
        EXPECT_EQ(urls().back(), "http://firms/api/area/csv/5ecret/MODIS_NRT/-124.5,32.5,-114,42/5");
    }
}

TEST_F(NasaFirms, ABackfillAsksForTheDaysOfItsWindow) {
    auto parts = make({{"map_key", "5ecret"}});
    const auto asked = [&](const std::string& from, const std::string& to) {
        const auto answer = fetch(parts, window(from, to));
        return answer.error().code == ErrorCode::invalid_argument && answer.error().message.starts_with("a window")
                   ? answer.error().message
                   : urls().back().substr(std::string(kUrl).size() - 1);
    };
    EXPECT_EQ(asked("2026-02-27T00:00:00Z", "2026-02-28T00:00:00Z"), "1/2026-02-27");
    EXPECT_EQ(asked("2026-02-27T12:00:00Z", "2026-02-28T12:00:00Z"), "2/2026-02-27");
    EXPECT_EQ(asked("2026-02-27T00:00:00Z", "2026-03-04T00:00:00Z"), "5/2026-02-27");
    EXPECT_EQ(asked("2026-02-27T00:00:00Z", "2026-03-31T00:00:01Z"), "a window over 33 days is not within 1 and 32");
    settings_.ingestion = {.mode = streaming::IngestionKind::batch,
                           .backfill_from = "2026-01-01",
                           .backfill_window = std::chrono::hours(97)};
    EXPECT_THAT(problem({{"map_key", "5ecret"}}),
                HasSubstr("ingestion.backfill_window_seconds: 349200 is more than 345600"));
    settings_.ingestion.backfill_window = std::chrono::hours(96);
    EXPECT_EQ(problem({{"map_key", "5ecret"}}), "");
}

TEST_F(NasaFirms, AWindowThatTouchesMoreDaysThanACallGivesIsSeveralCallsAndOneTable) {
    const std::string world = "http://firms/api/area/csv/5ecret/VIIRS_SNPP_NRT/world/";
    const std::string table = kHeader + row();
    web_.answer(world + "5/2026-02-27", table.substr(0, table.size() - 1)); // answers end without a line end
    web_.answer(world + "1/2026-03-04", kHeader + row("9").replace(0, 2, "29"));
    auto parts = make({{"map_key", "5ecret"}});
    const auto middle = window("2026-02-27T12:00:00Z", "2026-03-04T12:00:00Z");
    const auto rows = poll(parts, middle);
    EXPECT_THAT(urls(), ElementsAre(world + "5/2026-02-27", world + "1/2026-03-04"));
    ASSERT_THAT(rows, SizeIs(2));
    EXPECT_EQ(rows[0].key, "28_96");
    EXPECT_EQ(rows[1].key, "29_96");
    web_.answer(world + "1/2026-03-04", kHeader); // no fire
    EXPECT_THAT(poll(parts, middle), SizeIs(1));
    web_.answer(world + "1/2026-03-04", "Invalid MAP_KEY.");
    EXPECT_FALSE(fetch(parts, middle).ok()) << "half a window is none";
}

TEST_F(NasaFirms, RollingFilesNeedNoKey) {
    for (const auto& [product, file] : std::vector<std::pair<std::string, std::string>>{
             {"VIIRS_SNPP_NRT", "suomi-npp-viirs-c2/csv/SUOMI_VIIRS_C2_Global_24h.csv"},
             {"VIIRS_NOAA20_NRT", "noaa-20-viirs-c2/csv/J1_VIIRS_C2_Global_24h.csv"},
             {"VIIRS_NOAA21_NRT", "noaa-21-viirs-c2/csv/J2_VIIRS_C2_Global_24h.csv"},
             {"MODIS_NRT", "modis-c6.1/csv/MODIS_C6_1_Global_24h.csv"}}) {
        auto parts = make({{"rolling", "24h"}, {"product", product}});
        (void)fetch(parts);
        EXPECT_EQ(urls().back(), "http://firms/data/active_fire/" + file);
    }
    auto parts = make({{"rolling", "48h"}, {"region", "Europe"}});
    (void)fetch(parts);
    EXPECT_THAT(urls().back(), HasSubstr("SUOMI_VIIRS_C2_Europe_48h.csv"));
    for (const auto& [params, text] : std::vector<std::pair<std::map<std::string, json>, std::string>>{
             {{{"rolling", "1h"}}, "custom_params.rolling: '1h' is not one of 24h, 48h, 7d"},
             {{{"rolling", "24h"}, {"region", "europe"}}, "custom_params.region: 'europe' is not one of Global"},
             {{{"rolling", "24h"}, {"product", "MODIS_SP"}}, "custom_params.rolling: cannot be"},
             {{{"rolling", "24h"}, {"area", "world"}}, "custom_params.area: is for the area API"},
             {{{"map_key", "k"}, {"region", "Europe"}}, "custom_params.region: is for rolling files"}}) {
        EXPECT_THAT(problem(params), HasSubstr(text));
    }
    settings_.deduplication.ttl = std::chrono::hours(48);
    EXPECT_THAT(problem({{"rolling", "7d"}}), HasSubstr("deduplication.ttl_seconds: 172800 is less than the 604800"));
    settings_.ingestion = {.mode = streaming::IngestionKind::batch, .backfill_from = "2026-01-01"};
    EXPECT_THAT(problem({{"rolling", "24h"}}), HasSubstr("has no past"));
}

TEST_F(NasaFirms, ADetectionIsOneEventWhicheverWayItIsDownloaded) {
    const auto event = [this](const std::map<std::string, json>& params, const std::string& url,
                              const std::string& body) {
        web_.answer(url, body);
        auto parts = make(params);
        auto rows = handle(parts.handler, fetch(parts).value());
        EXPECT_EQ(rows.at(0).rejected, std::nullopt);
        return rows.at(0);
    };
    constexpr auto kRolling =
        "latitude,longitude,brightness,scan,track,acq_date,acq_time,satellite,confidence,version,"
        "bright_t31,frp,daynight\n";
    constexpr auto kArea =
        "latitude,longitude,brightness,scan,track,acq_date,acq_time,satellite,instrument,confidence,"
        "version,bright_t31,frp,daynight";
    const auto rolled = event({{"rolling", "24h"}, {"product", "MODIS_NRT"}},
                              "http://firms/data/active_fire/modis-c6.1/csv/MODIS_C6_1_Global_24h.csv",
                              std::string(kRolling) + "1.5,2.50,300,1,1,2026-10-01,0024,T,75,6.1NRT,290,5,D\n");
    const std::string sp = "http://firms/api/area/csv/5ecret/MODIS_SP/world/2";
    const std::map<std::string, json> standard{{"map_key", "5ecret"}, {"product", "MODIS_SP"}};
    // Standard processing asked for, answered with what is near real time.
    EXPECT_EQ(
        event(standard, sp, std::string(kArea) + "\n1.50000,2.5,300,1,1,2026-10-01,24,Terra,MODIS,75,6.1NRT,290,5,D")
            .id,
        rolled.id);
    const auto later = event(
        standard, sp, std::string(kArea) + ",type\n1.5,2.5,300,1,1,2026-10-01,24,Terra,MODIS,75,61.03,290,5,D,2\n");
    EXPECT_EQ(json::parse(later.payload).at("type"), "wildfire.detection.revised");
    EXPECT_EQ(json::parse(later.payload).at("data").at("type"), "static");
    web_.answer(sp, std::string(kArea) + ",type\n1.5,2.5,300,1,1,2026-10-01,24,Terra,MODIS,75,61.03,290,5,D,9\n");
    auto parts = make(standard);
    EXPECT_EQ(poll(parts).at(0).rejected, "row 1, line 2: type: '9' is not 0, 1, 2 or 3");
}

TEST_F(NasaFirms, OldNamesOfSatellitesAreTheSameSatellites) {
    auto parts = make({{"map_key", "5ecret"}});
    for (const auto& [old, now] : {std::pair("1", "N20"), std::pair("2", "N21")}) {
        std::set<std::string> ids;
        for (const std::string satellite : {old, now}) {
            web_.answer(kUrl, std::string(kHeader) + "1,2,300,1,1,2026-10-01,24," + satellite + ",VIIRS,n,2,290,5,D\n");
            ids.insert(poll(parts).at(0).id);
        }
        EXPECT_THAT(ids, SizeIs(1)) << now;
    }
}

TEST_F(NasaFirms, ARefusalIsAnErrorWhateverItsStatusAndShowsNoKey) {
    struct Case {
        HttpResponse answer;
        ErrorCode code;
        std::string text;
    };
    for (const auto& [answer, code, text] : std::vector<Case>{
             {{.status = 400, .body = "Invalid MAP_KEY."},
              ErrorCode::not_authorized,
              "firms answered 400: Invalid MAP_KEY"},
             {{.status = 200, .body = "Invalid MAP_KEY."},
              ErrorCode::not_authorized,
              "firms answered 200: Invalid MAP_KEY"},
             {{.status = 400, .body = "Exceeding allowed transaction limit."}, ErrorCode::rate_limited, "answered 400"},
             {{.status = 200, .body = "Exceeding allowed transaction limit."}, ErrorCode::rate_limited, "answered 200"},
             {{.status = 200, .body = ""}, ErrorCode::unavailable, "an empty body"},
             {{.status = 200, .body = "<html>"}, ErrorCode::unavailable, "HTML"},
             {{.status = 200, .body = "a,b\n1,2\n"}, ErrorCode::malformed, "no column latitude"},
             {{.status = 503, .body = kHeader}, ErrorCode::unavailable, "firms answered 503"}}) {
        web_.answer(kUrl, answer);
        auto parts = make({{"map_key", "5ecret"}});
        const auto failed = fetch(parts);
        ASSERT_FALSE(failed.ok()) << answer.body;
        EXPECT_EQ(failed.error().code, code) << answer.body;
        EXPECT_EQ(failed.error().retryable, code != ErrorCode::not_authorized && code != ErrorCode::malformed);
        EXPECT_THAT(failed.error().message, HasSubstr(text));
        EXPECT_THAT(failed.error().message, Not(HasSubstr("5ecret")));
    }
    web_.answer(kUrl, kHeader);
    auto parts = make({{"map_key", "5ecret"}});
    EXPECT_THAT(poll(parts), SizeIs(0)); // a header alone is an answer
}

TEST_F(NasaFirms, ReadsTheTablesOfLandsat) {
    web_.answer("http://firms/api/area/csv/5ecret/LANDSAT_NRT/world/2",
                "latitude,longitude,path,row,scan,track,acq_date,acq_time,satellite,confidence,daynight\n"
                "38.32423,-120.03422,43,33,30,30,2026-10-01,1834,L8,H,D\n"
                "38.32423,-120.03422,43,33,30,30,2026-10-01,1834,L9,M,D\n"
                "38.32423,-120.03422,43,33,30,30,2026-10-01,1834,L7,L,D");
    auto parts = make({{"map_key", "5ecret"}, {"product", "LANDSAT_NRT"}});
    const auto rows = poll(parts);
    ASSERT_THAT(rows, SizeIs(3));
    EXPECT_EQ(json::parse(rows[0].payload).at("data"), (json{{"latitude", 38.32423},
                                                             {"longitude", -120.03422},
                                                             {"day", true},
                                                             {"acquired_at", "2026-10-01T18:34:00Z"},
                                                             {"satellite", "L8"},
                                                             {"family", "LANDSAT"},
                                                             {"confidence", "high"},
                                                             {"version", ""}}));
    EXPECT_EQ(rows[1].rejected, std::nullopt);
    EXPECT_NE(rows[0].id, rows[1].id);
    EXPECT_THAT(rows[2].rejected.value_or(""), HasSubstr("'L7' is not a satellite of Landsat"));
}

TEST_F(NasaFirms, ARequestThatIsWrongIsNotMadeAgainWhateverItsStatus) {
    for (const char* body : {"Invalid API call.", "Invalid source.", "Invalid area parameter. latitude, longitude"}) {
        web_.answer(kUrl, HttpResponse{.status = 200, .body = body});
        auto parts = make({{"map_key", "5ecret"}});
        EXPECT_EQ(fetch(parts).error().code, ErrorCode::invalid_argument) << body;
    }
}

TEST_F(NasaFirms, NamesWhatIsWrongAndShowsNoKey) {
    for (const auto& [name, value, text] : std::vector<std::tuple<std::string, json, std::string>>{
             {"map_key", "5ecret/../x",
              "custom_params.map_key: (or the variable FIRMS_MAP_KEY) is not letters and digits"},
             {"map_key", 5, "custom_params.map_key: is not a text"},
             {"product", "VIIRS", "custom_params.product: 'VIIRS' is not one of VIIRS_SNPP_NRT"},
             {"day_range", 1, "custom_params.day_range: 1 is not a whole number from 2 to 5"},
             {"area", "1,2,3", "custom_params.area: '1,2,3' is not world, or west,south,east,north"},
             {"area", "1,2,x,4", "custom_params.area"},
             {"area", "10,2,3,4", "custom_params.area"},
             {"area", json::array({1, 2, 3, "4"}), "custom_params.area"},
             {"area", json::array({1, 2, 3, 91}), "custom_params.area"},
             {"areas", "world", "custom_params.areas: is not known here"}}) {
        std::map<std::string, json> params{{"map_key", "5ecret"}};
        params[name] = value;
        EXPECT_THAT(problem(params), HasSubstr(text));
        EXPECT_THAT(problem(params), Not(HasSubstr("5ecret")));
    }
}

TEST_F(NasaFirms, RecordedAnswersThatOverlapGiveEachDetectionOnce) {
    TRIBUTARY_NEEDS_RECORDING("firms/SUOMI_VIIRS_C2_Europe_24h_2022-09-05.csv");
    auto parts = make({{"map_key", "5ecret"}});
    std::set<std::string> ids;
    std::vector<std::size_t> fresh;
    for (const char* span : {"24h", "48h", "7d"}) {
        web_.answer(kUrl, recordings::read("firms/SUOMI_VIIRS_C2_Europe_" + std::string(span) + "_2022-09-05.csv"));
        const std::size_t before = ids.size();
        for (const SourceRow& row : poll(parts)) {
            EXPECT_EQ(row.rejected, std::nullopt);
            ids.insert(row.id);
        }
        fresh.push_back(ids.size() - before);
    }
    EXPECT_THAT(fresh, ElementsAre(1205, 607, 4156));
}

} // namespace
} // namespace services::ingest
