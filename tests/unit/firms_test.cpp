#include "services/firms/firms.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <algorithm>
#include <set>

#include "core/streaming/testing/service_harness.hpp"
#include "services/firms/table.hpp"
#include "services/flags.hpp"

namespace services::firms {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr auto kViirs =
    "latitude,longitude,bright_ti4,scan,track,acq_date,acq_time,satellite,instrument,confidence,version,bright_ti5,frp,"
    "daynight\n";
constexpr auto kModis =
    "latitude,longitude,brightness,scan,track,acq_date,acq_time,satellite,instrument,confidence,version,bright_t31,frp,"
    "daynight\n";

std::vector<Table::Row> rows(std::string_view body) {
    std::vector<Table::Row> all;
    Table table(body);
    while (auto row = table.next()) {
        all.push_back(std::move(*row));
    }
    return all;
}

/// The one row of a table, which must be good.
Detection detection(const std::string& header, const std::string& row) {
    const std::string body = header + row;
    const auto all = rows(body);
    EXPECT_EQ(all.size(), 1U);
    EXPECT_EQ(all.at(0).problem, "");
    return all.at(0).detection.value_or(Detection{});
}

/// Why the one row of a table is bad.
std::string problem(const std::string& header, const std::string& row) {
    const std::string body = header + row;
    return rows(body).at(0).problem;
}

std::string refusal(std::string_view body) {
    try {
        (void)Table(body);
    } catch (const streaming::PermanentError& error) {
        return error.what();
    }
    return "";
}

TEST(FirmsTable, ReadsAViirsRowOfTheAreaApi) {
    const Detection fire =
        detection(kViirs, "28.03833,96.14342,339.68,0.45,0.47,2026-10-01,614,N21,VIIRS,n,2.0NRT,287.9,4.22,D");
    EXPECT_EQ(fire.latitude, 28.03833);
    EXPECT_EQ(fire.longitude, 96.14342);
    EXPECT_EQ(fire.acquired_at, "2026-10-01T06:14:00Z");
    EXPECT_EQ(fire.satellite, "N21");
    EXPECT_EQ(fire.family, "VIIRS");
    EXPECT_EQ(fire.confidence, "nominal");
    EXPECT_EQ(fire.confidence_percent, std::nullopt);
    EXPECT_EQ(fire.brightness_k, 339.68);
    EXPECT_EQ(fire.frp_mw, 4.22);
    EXPECT_TRUE(fire.day);
    EXPECT_EQ(fire.version, "2.0NRT");
}

TEST(FirmsTable, ReadsAModisRowAndItsConfidence) {
    const Detection fire =
        detection(kModis, "20.96748,85.17615,314.11,2.27,1.46,2026-10-01,241,Terra,MODIS,80,6.1NRT,297.09,22.36,N");
    EXPECT_EQ(fire.family, "MODIS");
    EXPECT_EQ(fire.brightness_k, 314.11);
    EXPECT_EQ(fire.confidence_percent, 80);
    EXPECT_EQ(fire.confidence, "high");
    EXPECT_FALSE(fire.day);
}

TEST(FirmsTable, FindsColumnsByNameInAnyOrder) {
    const Detection fire = detection(
        "country_id,daynight,frp,version,confidence,satellite,acq_time,acq_date,bright_ti4,longitude,latitude\n",
        "IND,D,1,2,h,N,0024,2026-10-01,300,20,10");
    EXPECT_EQ(fire.latitude, 10);
    EXPECT_EQ(fire.longitude, 20);
    EXPECT_EQ(fire.confidence, "high");
}

TEST(FirmsTable, PadsTimesThatLostTheirZeros) {
    const auto at = [](const std::string& time) {
        return detection(kViirs, "1,2,300,0,0,2026-10-01," + time + ",N,VIIRS,n,2,280,1,D").acquired_at;
    };
    EXPECT_EQ(at("1"), "2026-10-01T00:01:00Z");
    EXPECT_EQ(at("33"), "2026-10-01T00:33:00Z");
    EXPECT_EQ(at("614"), "2026-10-01T06:14:00Z");
    EXPECT_EQ(at("2359"), "2026-10-01T23:59:00Z");
    EXPECT_EQ(at("0024"), "2026-10-01T00:24:00Z");
    EXPECT_EQ(at("0"), "2026-10-01T00:00:00Z");
}

TEST(FirmsTable, OneFireHasOneKeyInEveryDownload) {
    const auto key = [](const std::string& header, const std::string& row) {
        return natural_key(detection(header, row));
    };
    EXPECT_EQ(key(kModis, "9.10000,-0.0,302,0,0,2026-10-01,0024,T,MODIS,70,6.1NRT,290,1,D"),
              key(kModis, "9.1,0,302.0,0,0,2026-10-01,24,Terra,MODIS,71,6.1,290,2,D"));
    EXPECT_EQ(key(kViirs, "1,2,302,0,0,2026-10-01,24,1,VIIRS,n,2,290,1,D"),
              key(kViirs, "1,2,302,0,0,2026-10-01,24,N20,VIIRS,nominal,2,290,1,D"));
    EXPECT_NE(key(kViirs, "1.00001,2,302,0,0,2026-10-01,24,N,VIIRS,n,2,290,1,D"),
              key(kViirs, "1,2,302,0,0,2026-10-01,24,N,VIIRS,n,2,290,1,D"));
}

TEST(FirmsTable, WhatDiffersInOnePartOfItsKeyIsAnotherFire) {
    const Detection fire{
        .latitude = 1, .longitude = 2, .acquired_at = "2026-10-01T00:24:00Z", .satellite = "N", .family = "VIIRS"};
    std::set<std::string> keys{natural_key(fire)};
    const auto add = [&](auto member, auto value) {
        Detection other = fire;
        other.*member = value;
        keys.insert(natural_key(other));
    };
    add(&Detection::latitude, 1.00001);
    add(&Detection::longitude, 2.00001);
    add(&Detection::acquired_at, "2026-10-01T00:25:00Z");
    add(&Detection::satellite, "N20");
    add(&Detection::family, "MODIS");
    EXPECT_EQ(keys.size(), 6U);
}

TEST(FirmsTable, NeighboursShareATile) {
    EXPECT_EQ(tile({.latitude = 10.9, .longitude = -0.5}), "10_-1");
    EXPECT_EQ(tile({.latitude = -0.1, .longitude = 20}), "-1_20");
}

TEST(FirmsTable, NamesTheColumnOfABadRow) {
    const std::string rest = ",300,0,0,2026-10-01,24,N,VIIRS,n,2,280,1,D";
    EXPECT_EQ(problem(kViirs, "north,2" + rest), "latitude: 'north' is not a number from -90 to 90");
    EXPECT_EQ(problem(kViirs, "90.1,2" + rest), "latitude: '90.1' is not a number from -90 to 90");
    EXPECT_EQ(problem(kViirs, "nan,2" + rest), "latitude: 'nan' is not a number from -90 to 90");
    EXPECT_EQ(problem(kViirs, "1,-180.5" + rest), "longitude: '-180.5' is not a number from -180 to 180");
    EXPECT_EQ(problem(kViirs, "1," + rest), "longitude: '' is not a number from -180 to 180");
    EXPECT_EQ(problem(kViirs, "1,2x" + rest), "longitude: '2x' is not a number from -180 to 180");
    EXPECT_EQ(problem(kViirs, "1,2"), "the row has 2 columns, the header 14");
    EXPECT_EQ(problem(kViirs, "1,2" + rest + ",0"), "the row has 15 columns, the header 14");
    EXPECT_THAT(problem(kViirs, "1,2,inf,0,0,2026-10-01,24,N,VIIRS,n,2,280,1,D"), HasSubstr("bright_ti4: 'inf'"));
    EXPECT_THAT(problem(kViirs, "1,2,300,0,0,2026-02-30,24,N,VIIRS,n,2,280,1,D"), HasSubstr("acq_date: '2026-02-30'"));
    EXPECT_THAT(problem(kViirs, "1,2,300,0,0,26-10-01,24,N,VIIRS,n,2,280,1,D"), HasSubstr("acq_date: '26-10-01'"));
    EXPECT_THAT(problem(kViirs, "1,2,300,0,0,2026-10-01,2460,N,VIIRS,n,2,280,1,D"), HasSubstr("acq_time: '2460'"));
    EXPECT_THAT(problem(kViirs, "1,2,300,0,0,2026-10-01,60,N,VIIRS,n,2,280,1,D"), HasSubstr("acq_time: '60'"));
    EXPECT_THAT(problem(kViirs, "1,2,300,0,0,2026-10-01,24,,VIIRS,n,2,280,1,D"), HasSubstr("satellite: ''"));
    EXPECT_THAT(problem(kViirs, "1,2,300,0,0,2026-10-01,24,N,VIIRS,70,2,280,1,D"), HasSubstr("confidence: '70'"));
    EXPECT_THAT(problem(kModis, "1,2,300,0,0,2026-10-01,24,T,MODIS,101,6,280,1,D"), HasSubstr("confidence: '101'"));
    EXPECT_THAT(problem(kViirs, "1,2,300,0,0,2026-10-01,24,N,VIIRS,n,2,280,1,X"), HasSubstr("daynight: 'X'"));
}

TEST(FirmsTable, ABadRowCostsOnlyItself) {
    const std::string good = "1,2,300,0,0,2026-10-01,24,N,VIIRS,n,2,280,1,D";
    const std::string body = kViirs + good + "\r\n" + "bad\r\n\r\n" + good;
    const auto all = rows(body);
    ASSERT_EQ(all.size(), 3U);
    EXPECT_TRUE(all[0].detection.has_value());
    EXPECT_EQ(all[1].text, "bad");
    EXPECT_FALSE(all[1].detection.has_value());
    EXPECT_TRUE(all[2].detection.has_value());
}

TEST(FirmsTable, ReadsWhatASpreadsheetMadeOfItWhereThatMeansOneThing) {
    const Detection plain = detection(kViirs, "46.06979,13.63111,297.87,0.58,0.52,2022-09-04,0024,N,VIIRS,n,2,283,1,N");
    const std::string header(kViirs, std::char_traits<char>::length(kViirs) - 1);
    const auto mangled = [&header](char from, char to) {
        std::string text = header;
        std::ranges::replace(text, from, to);
        return text;
    };
    const std::vector<std::string> tables{
        mangled(',', ';') + "\r\n46,06979;13,63111;297,87;0,58;0,52;2022-09-04;24;N;VIIRS;n;2;283;1;N\r\n",
        mangled(',', '\t') + "\r46.06979\t13.63111\t297.87\t0\t0\t2022/9/4\t0:24\tN\tVIIRS\tn\t2\t283\t1\tN",
        "sep=;\n" + mangled(',', ';') + "\n46,06979;13,63111;297,87;0;0;2022-09-04;00:24:00;N;VIIRS;Nominal;2;283;1;N",
        header + "\n\"46,06979\",\"13.63111\",297.87,0,0,\"2022-09-04\",\"0024\",\"N\",VIIRS,n,2,283,1,n",
        "\xEF\xBB\xBF" + header + ",,\n4.606979E+01,+13.63111, 297.87 ,0,0,2022-9-4,2.4E1,N,VIIRS,n,2,283,1,N,,,",
        "LATITUDE" + header.substr(8) + ",,\n46.06979,13.63111,297.87,0,0,2022-09-04,24.0,N,VIIRS,n,2,283,1,N"};
    for (const std::string& table : tables) {
        const auto all = rows(table);
        ASSERT_EQ(all.size(), 1U) << table;
        EXPECT_EQ(all[0].problem, "") << table;
        const Detection read = all[0].detection.value_or(Detection{});
        EXPECT_EQ(natural_key(read), natural_key(plain)) << table;
        EXPECT_EQ(read.brightness_k, plain.brightness_k) << table;
        EXPECT_EQ(read.confidence, "nominal") << table;
        EXPECT_FALSE(read.day) << table;
    }
}

TEST(FirmsTable, RefusesWhatMayMeanTwoThings) {
    const auto with = [](const std::string& date, const std::string& frp) {
        return problem(kViirs, "1,2,300,0,0," + date + ",24,N,VIIRS,n,2,280," + frp + ",D");
    };
    EXPECT_EQ(with("9/5/2022", "1"), "acq_date: '9/5/2022' is not a date such as 2022-09-05, year first");
    EXPECT_THAT(with("44809", "1"), HasSubstr("acq_date: '44809'"));
    EXPECT_EQ(with("2022-09-05", "\"1,234\""), "frp: '1,234' is not a number from 0 to 10000000");
    EXPECT_EQ(with("2022-09-05", "\"12,34\""), "");
    EXPECT_THAT(with("2022-09-05", "-1"), HasSubstr("frp: '-1'"));
    EXPECT_THAT(with("2022-09-05", "1e9"), HasSubstr("frp: '1e9'"));
    EXPECT_THAT(with("2022-09-05", "\"1"), HasSubstr("a quote is not closed"));
    EXPECT_THAT(problem(kViirs, ",,,,,,,,,,,,,"), HasSubstr("all its cells are empty"));
    EXPECT_THAT(problem(kViirs, "1,2,300,0,0,2022-09-05,24,\xE9,VIIRS,n,2,280,1,D"), HasSubstr("satellite"));
    EXPECT_EQ(refusal(std::string(kViirs).insert(0, "latitude,")), "the FIRMS table has the column latitude twice");
    EXPECT_THAT(refusal(std::string("\xFF\xFEl\0a\0t\0", 8)), HasSubstr("UTF-16"));
}

TEST(FirmsTable, NumbersRowsAndLines) {
    const std::string body = std::string(kViirs) + "bad\n\nworse\n";
    const auto all = rows(body);
    ASSERT_EQ(all.size(), 2U);
    EXPECT_EQ(all[1].number, 2U);
    EXPECT_EQ(all[1].line, 4U);
}

TEST(FirmsTable, AHeaderAloneIsAnEmptyTable) {
    EXPECT_TRUE(rows(kViirs).empty());
    EXPECT_TRUE(
        rows("\xEF\xBB\xBFlatitude,longitude,brightness,acq_date,acq_time,satellite,confidence,version,frp,daynight")
            .empty());
}

TEST(FirmsTable, BlankLinesBeforeTheHeaderAreNone) {
    const std::string body = "\xEF\xBB\xBF\r\n \n" + std::string(kViirs) +
                             "28.03,96.14,339.68,0.45,0.47,2026-10-01,614,N21,VIIRS,n,2.0NRT,287.9,4.22,D";
    const auto all = rows(body);
    ASSERT_EQ(all.size(), 1U);
    EXPECT_EQ(all[0].problem, "");
    EXPECT_EQ(all[0].line, 4U);
}

TEST(FirmsTable, APointMayMeanThousandsWhereAPlaceHasDecimalCommas) {
    std::string header = kViirs;
    std::ranges::replace(header, ',', ';');
    const auto with = [](const char* latitude, const char* frp) {
        return std::string(latitude) + ";96,14342;339,68;0,45;0,47;2026-10-01;614;N21;VIIRS;n;2,0NRT;287,9;" + frp +
               ";D";
    };
    EXPECT_EQ(problem(header, with("28,03833", "1.234")),
              "frp: '1.234' is not one number: where a place has decimal commas, this may be thousands");
    EXPECT_EQ(problem(header, with("28,03833", "1,23")), "");
    EXPECT_EQ(problem(header, with("28,03833", "4.22")), "");
}

TEST(FirmsTable, ReadsALandsatRowWhichTellsNoStrength) {
    constexpr auto kLandsat =
        "latitude,longitude,path,row,scan,track,acq_date,acq_time,satellite,confidence,daynight\n";
    const Detection fire = detection(kLandsat, "38.32423,-120.03422,43,33,30,30,2026-10-01,1834,L8,H,D");
    EXPECT_EQ(fire.satellite, "L8");
    EXPECT_EQ(fire.family, "LANDSAT");
    EXPECT_EQ(fire.confidence, "high");
    EXPECT_EQ(detection(kLandsat, "38.3,-120.0,43,33,30,30,2026-10-01,1834,L9,M,N").confidence, "nominal");
    EXPECT_EQ(detection(kLandsat, "38.3,-120.0,43,33,30,30,2026-10-01,1834,L9,L,N").confidence, "low");
    std::string json;
    streaming::Codec<Detection>::encode(fire, json);
    EXPECT_FALSE(nlohmann::json::parse(json).contains("brightness_k")) << json;
    EXPECT_FALSE(nlohmann::json::parse(json).contains("frp_mw")) << json;
    const Detection after = streaming::Codec<Detection>::decode(json);
    EXPECT_EQ(natural_key(after), natural_key(fire));
    EXPECT_EQ(content_of(after), content_of(fire));
    EXPECT_EQ(problem(kLandsat, "38.3,-120.0,43,33,30,30,2026-10-01,1834,L7,H,D"),
              "satellite: 'L7' is not a satellite of Landsat: L8 or L9");
    EXPECT_EQ(problem(kLandsat, "38.3,-120.0,43,33,30,30,2026-10-01,1834,L8,n,D"),
              "confidence: 'n' is not L, M, H, low, medium or high");
}

TEST(FirmsTable, AnAnswerThatIsNoTableIsAnError) {
    EXPECT_EQ(refusal("Invalid MAP_KEY."), "FIRMS refuses the map key");
    EXPECT_EQ(refusal("Exceeding allowed transaction limit."),
              "FIRMS refuses: the transactions of the map key are used up");
    EXPECT_THAT(refusal(""), HasSubstr("no FIRMS table"));
    EXPECT_THAT(refusal("<html>\n<p>latitude</p>"), HasSubstr("no FIRMS table"));
    EXPECT_EQ(refusal("latitude,longitude,acq_date\n1,2,3"),
              "the FIRMS table has no column bright_ti4 (VIIRS), brightness (MODIS), or path and row (LANDSAT)");
}

TEST(FirmsDetection, IsTheSameAfterTheWayThroughJson) {
    const Detection before{.latitude = -4.99722,
                           .longitude = 1e-5,
                           .acquired_at = "2026-10-01T00:24:00Z",
                           .satellite = "N\"20",
                           .family = "MODIS",
                           .confidence = "low",
                           .confidence_percent = 7,
                           .brightness_k = 300,
                           .frp_mw = 0.1,
                           .day = true,
                           .version = "6.1NRT"};
    std::string json;
    streaming::Codec<Detection>::encode(before, json);
    const Detection after = streaming::Codec<Detection>::decode(json);
    EXPECT_EQ(natural_key(after), natural_key(before));
    EXPECT_EQ(after.satellite, before.satellite);
    EXPECT_EQ(after.confidence, before.confidence);
    EXPECT_EQ(after.confidence_percent, before.confidence_percent);
    EXPECT_EQ(after.latitude, before.latitude);
    EXPECT_EQ(after.longitude, before.longitude);
    EXPECT_EQ(after.frp_mw, before.frp_mw);
    EXPECT_TRUE(after.day);
    EXPECT_EQ(after.version, before.version);
}

constexpr auto kUrl = "http://firms/api/area/csv/secret/VIIRS_SNPP_NRT/world/2";
constexpr auto kTopic = "wildfire-nasa-firms";
constexpr auto kDeadLetters = "wildfire-nasa-firms.firms_VIIRS_SNPP_NRT.dlq";

streaming::Settings settings(const std::string& flag = "map-key", const std::string& value = "secret") {
    streaming::Settings settings{.flags = defaults(firms::flags())};
    settings.flags["map-key"] = "secret";
    settings.flags["api"] = "http://firms";
    settings.flags[flag] = value;
    return settings;
}

TEST(Firms, SendsEachDetectionOnceHoweverOftenItIsPolled) {
    streaming::ServiceHarness service(wire, settings());
    const std::string first = std::string(kViirs) + "10.5,20.5,300,0,0,2025-10-01,24,N,VIIRS,n,2,280,1,D";
    service.platform().web().answer(kUrl, first);
    service.drain();
    service.poll_sources();
    service.platform().web().answer(kUrl, first + "\n10.6,20.5,300,0,0,2025-10-01,24,N,VIIRS,n,2,280,1,D\n");
    service.poll_sources();
    const auto sent = service.sent(kTopic);
    ASSERT_EQ(sent.size(), 2U);
    EXPECT_EQ(sent[0].envelope.type, "wildfire.detection.observed");
    EXPECT_EQ(sent[0].key, "10_20");
    EXPECT_EQ(sent[0].as<Detection>().latitude, 10.5);
    EXPECT_EQ(sent[1].as<Detection>().latitude, 10.6);
    EXPECT_TRUE(service.sent(kDeadLetters).empty());
}

TEST(Firms, DeadLettersBadRowsOneByOne) {
    streaming::ServiceHarness service(wire, settings());
    service.platform().web().answer(kUrl,
                                    std::string(kViirs) + "1,2\n10.5,20.5,300,0,0,2025-10-01,24,N,VIIRS,n,2,280,1,D\n");
    service.drain();
    EXPECT_EQ(service.sent(kTopic).size(), 1U);
    const auto dead = service.sent(kDeadLetters);
    ASSERT_EQ(dead.size(), 1U);
    EXPECT_EQ(dead[0].payload, "1,2");
    EXPECT_EQ(dead[0].header("tributary-error-message"), "row 1, line 2: the row has 2 columns, the header 14");
}

TEST(Firms, SendsNothingOfAnAnswerThatIsARefusal) {
    streaming::ServiceHarness service(wire, settings());
    service.platform().web().answer(kUrl, "Invalid MAP_KEY.");
    service.drain();
    EXPECT_TRUE(service.sent(kTopic).empty());
    EXPECT_TRUE(service.sent(kDeadLetters).empty());
}

TEST(Firms, ReadsRollingFilesWithoutAKey) {
    streaming::Settings rolling = settings("rolling", "24h");
    rolling.flags["map-key"] = "";
    rolling.flags["region"] = "Europe";
    streaming::ServiceHarness service(wire, rolling);
    service.platform().web().answer(
        "http://firms/data/active_fire/suomi-npp-viirs-c2/csv/SUOMI_VIIRS_C2_Europe_24h.csv",
        std::string(kViirs) + "10.5,20.5,300,0,0,2025-10-01,24,N,VIIRS,n,2,280,1,D\n");
    service.drain();
    EXPECT_EQ(service.sent(kTopic).size(), 1U);
}

TEST(Firms, RefusesFlagsThatCannotBeAndKeepsTheKeyToItself) {
    for (const auto& [flag, value] : std::vector<std::pair<std::string, std::string>>{{"source", "GOES_NRT"},
                                                                                      {"day-range", "6"},
                                                                                      {"day-range", "1"},
                                                                                      {"rolling", "1h"},
                                                                                      {"area", "europe"},
                                                                                      {"area", ""},
                                                                                      {"map-key", "se/cret"}}) {
        streaming::ServiceHarness service(wire, settings(flag, value));
        try {
            service.start();
            ADD_FAILURE() << flag << " " << value << " accepted";
        } catch (const streaming::ConfigError& error) {
            EXPECT_THAT(error.what(), HasSubstr("--" + flag));
            EXPECT_THAT(error.what(), testing::Not(HasSubstr("cret")));
        }
    }
}

} // namespace
} // namespace services::firms
