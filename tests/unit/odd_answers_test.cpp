// Answers of the NWS that no specification foresees: each row of them is an event, or is rejected with a reason that
// names the field, shows its value and says what is allowed.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "tests/support/answer_reports.hpp"

namespace {

using answer_reports::data;
using answer_reports::reason;
using answer_reports::report;
using nlohmann::json;
using streaming::AnswerReport;
using testing::HasSubstr;

/// `feature` with other members: JSON pointers and what stands there; null texts "-" take a member away.
json changed(json feature, const json& changes) {
    for (const auto& [where, value] : changes.items()) {
        const json::json_pointer pointer(where);
        if (value == "-") {
            feature.at(pointer.parent_pointer()).erase(pointer.back());
        } else {
            feature[pointer] = value;
        }
    }
    return feature;
}

std::string list(const std::vector<json>& features) {
    return json{{"type", "FeatureCollection"}, {"features", features}}.dump();
}

struct Case {
    json changes;
    std::string reason; ///< "" = it is an event
};

// --- observations

const json kObservation{{"type", "Feature"},
                        {"geometry", {{"type", "Point"}, {"coordinates", {-86.75, 33.57}}}},
                        {"properties",
                         {{"station", "https://api.weather.gov/stations/KBHM"},
                          {"timestamp", "2024-02-20T15:53:00+00:00"},
                          {"temperature", {{"unitCode", "wmoUnit:degC"}, {"value", 13.9}, {"qualityControl", "V"}}}}}};
const json kObservations{{"kind", "observations"}};

TEST(OddObservation, IsRejectedForAReasonThatSaysWhatIsAllowed) {
    const std::string point = R"( is not a point such as {"type":"Point","coordinates":[-86.75,33.57]})";
    for (const auto& [changes, why] : std::vector<Case>{
             {{{"/properties/timestamp", nullptr}}, "timestamp: null is not a text such as 2024-02-20T15:53:00Z"},
             {{{"/properties/timestamp", 1708444380}},
              "timestamp: 1708444380 is not a text such as 2024-02-20T15:53:00Z"},
             {{{"/properties/timestamp", "-"}}, "timestamp: must be given: a text such as 2024-02-20T15:53:00Z"},
             {{{"/properties/timestamp", "1950-01-01T00:00:00Z"}},
              "timestamp: '1950-01-01T00:00:00Z' is not a time from 2000 to 2261 such as 2024-02-20T15:53:00Z"},
             {{{"/properties/timestamp", "2924-01-01T00:00:00Z"}},
              "timestamp: '2924-01-01T00:00:00Z' is not a time from 2000 to 2261 such as 2024-02-20T15:53:00Z"},
             {{{"/properties/station", "-"}},
              "station: must be given: a text such as https://api.weather.gov/stations/KBHM"},
             {{{"/properties/station", 5}}, "station: 5 is not a text such as https://api.weather.gov/stations/KBHM"},
             {{{"/properties/station", "https://nws/"}}, "station: 'https://nws/' names nothing"},
             {{{"/properties", nullptr}}, "properties: null is not an object"},
             {{{"/properties", json::array()}}, "properties: [] is not an object"},
             {{{"/properties/temperature", 13.9}}, "temperature: 13.9 is not an object"},
             {{{"/properties/temperature", {1}}}, "temperature: [1] is not an object"},
             {{{"/properties/temperature/value", "13.9"}}, "temperature.value: '13.9' is not a number, or null"},
             {{{"/properties/temperature/value", "-"}}, "temperature.value: must be given: a number, or null"},
             {{{"/properties/temperature/unitCode", nullptr}},
              "temperature.unitCode: null is not a text such as wmoUnit:degC"},
             {{{"/properties/temperature/unitCode", 5}}, "temperature.unitCode: 5 is not a text such as wmoUnit:degC"},
             {{{"/properties/temperature/unitCode", "x"}},
              "temperature.unitCode: 'x' is not known here: degC, degF, K"},
             {{{"/properties/temperature/qualityControl", 5}}, "temperature.qualityControl: 5 is not a text, or null"},
             {{{"/geometry", json::object()}}, "geometry: {}" + point},
             {{{"/geometry", "here"}}, "geometry: 'here'" + point},
             {{{"/geometry", {{"coordinates", nullptr}}}}, R"(geometry: {"coordinates":null})" + point},
             {{{"/geometry", {{"coordinates", {{"x", 1}, {"y", 2}}}}}},
              R"(geometry: {"coordinates":{"x":1,"y":2}})" + point},
             {{{"/geometry", {{"coordinates", {{{1, 2}, {3, 4}}}}}}},
              R"(geometry: {"coordinates":[[[1,2],[3,4]]]})" + point},
             {{{"/geometry", {{"coordinates", {-86.75, 95}}}}}, "geometry: [-86.75,95] is no place"}}) {
        EXPECT_EQ(reason(report("noaa_weather", list({changed(kObservation, changes)}), kObservations)), why);
    }
    EXPECT_EQ(reason(report("noaa_weather", list({nullptr}), kObservations)), "feature: null is not an object");
}

TEST(OddObservation, LeavesOutAValueThatCannotBeAndSaysSo) {
    struct Impossible {
        const char* property;
        const char* field;
        const char* unit;
        std::vector<double> values;
        std::vector<double> possible;
    };
    for (const auto& [property, field, unit, values, possible] :
         std::vector<Impossible>{{"temperature", "temperature_c", "degC", {1e300, -400}, {-89.2, 56.7}},
                                 {"relativeHumidity", "humidity_percent", "percent", {150, -5}, {0, 100, 100.4}},
                                 {"windDirection", "wind_direction_deg", "degree_(angle)", {400, -1}, {0, 360}},
                                 {"windSpeed", "wind_speed_kmh", "km_h-1", {-3, 1e6}, {0, 408, 804.67}},
                                 {"barometricPressure", "pressure_pa", "Pa", {0, 10'261'000}, {60'000, 108'480}},
                                 {"visibility", "visibility_m", "m", {1e9}, {0, 160'930}},
                                 {"precipitationLastHour", "precipitation_mm", "mm", {-1, 1e6}, {0, 305}}}) {
        for (const auto& [all, lost] : {std::pair(values, true), std::pair(possible, false)}) {
            for (const double value : all) {
                const json quantity{{"unitCode", unit}, {"value", value}, {"qualityControl", "V"}};
                const auto read = report(
                    "noaa_weather", list({changed(kObservation, {{std::string("/properties/") + property, quantity}})}),
                    kObservations);
                ASSERT_EQ(reason(read), "") << field << value;
                EXPECT_EQ(data(read).contains(field), !lost) << field << value;
                EXPECT_EQ(data(read).at("quality").at(field), lost ? "out_of_range" : "V") << field << value;
            }
        }
    }
}

TEST(OddObservation, HasTheQualityOf2019AsThatOfToday) {
    const auto read =
        report("noaa_weather", list({changed(kObservation, {{"/properties/temperature/qualityControl", "qc:V"}})}),
               kObservations);
    EXPECT_EQ(data(read).at("quality").at("temperature_c"), "V");
}

TEST(OddObservation, ThatIsToldInTwoWaysIsToldInOneWhateverTheirOrder) {
    const json other = changed(kObservation, {{"/properties/temperature/value", 14}});
    const auto one = report("noaa_weather", list({kObservation, other, kObservation}), kObservations);
    const auto two = report("noaa_weather", list({other, kObservation}), kObservations);
    EXPECT_EQ(one.rejected() + one.events(), 3U);
    EXPECT_EQ(one.distinct_events(), 1U);
    EXPECT_EQ(two.rejected(), 1U);
    const auto sent = [](const AnswerReport& read) {
        std::set<std::string> all;
        for (const auto& row : read.rows) {
            if (!row.rejected) {
                all.insert(json::parse(row.payload).at("data").dump());
            }
        }
        return all;
    };
    EXPECT_EQ(sent(one), sent(two));
}

// --- alerts

const json kAlert{{"type", "Feature"},
                  {"geometry", nullptr},
                  {"properties",
                   {{"id", "urn:oid:1"},
                    {"event", "Red Flag Warning"},
                    {"status", "Actual"},
                    {"messageType", "Alert"},
                    {"sent", "2026-01-01T00:00:00+00:00"},
                    {"expires", "2026-01-02T00:00:00+00:00"},
                    {"affectedZones", json::array()}}}};

TEST(OddAlert, IsRejectedForAReasonThatSaysWhatIsAllowed) {
    for (const auto& [changes, why] : std::vector<Case>{
             {{{"/properties/id", 5}}, "id: 5 is not a text such as urn:oid:2.49.0.1.840.0.1.001.1"},
             {{{"/properties/id", "-"}}, "id: must be given: a text such as urn:oid:2.49.0.1.840.0.1.001.1"},
             {{{"/properties/ends", 5}}, "ends: 5 is not a text, or null"},
             {{{"/properties/onset", 5}}, "onset: 5 is not a text, or null"},
             {{{"/properties/severity", 5}}, "severity: 5 is not a text, or null"},
             {{{"/properties/messageType", 5}}, "messageType: 5 is not a text, or null"},
             {{{"/properties/onset", "noon"}},
              "onset: 'noon' is not a time from 2000 to 2261 such as 2024-02-20T15:53:00Z"},
             {{{"/properties/affectedZones", "COZ222"}}, "affectedZones: 'COZ222' is not a list of texts"},
             {{{"/properties/affectedZones", {"zones/"}}}, "affectedZones: 'zones/' names nothing"},
             {{{"/properties/affectedZones", {5}}}, "affectedZones: [5] is not a list of texts"},
             {{{"/properties/references", "x"}}, "references: 'x' is not a list of objects"},
             {{{"/properties/references", {"x"}}}, "references: 'x' is not an object"},
             {{{"/properties/references", {{{"identifier", 5}}}}},
              "references.identifier: 5 is not a text such as urn:oid:2.49.0.1.840.0.1.001.1"},
             {{{"/properties/parameters", {{"VTEC", "x"}}}}, "parameters.VTEC: 'x' is not a list of texts"},
             {{{"/properties/parameters", {1}}}, "parameters: [1] is not an object"},
             {{{"/geometry", 5}}, "geometry: 5 is not an object, or null"},
             {{{"/properties/status", "Test"}}, "status: 'Test' is not Actual"},
             {{{"/properties/status", "Exercise"}}, "status: 'Exercise' is not Actual"},
             {{{"/properties/status", "Draft"}}, "status: 'Draft' is not Actual"},
             {{{"/properties/status", 5}}, "status: 5 is not a text, or null"}}) {
        EXPECT_EQ(reason(report("noaa_weather", list({changed(kAlert, changes)}))), why);
    }
}

TEST(OddAlert, SaysItsStatus) {
    EXPECT_EQ(data(report("noaa_weather", list({kAlert}))).at("status"), "Actual");
    EXPECT_FALSE(
        data(report("noaa_weather", list({changed(kAlert, {{"/properties/status", "-"}})}))).contains("status"));
}

TEST(OddAlert, ThatLastsForEverIsNotLost) {
    for (const char* year : {"2924", "9999", "2262"}) {
        const auto read =
            report("noaa_weather",
                   list({changed(kAlert, {{"/properties/expires", std::string(year) + "-12-31T23:59:59+00:00"}})}));
        EXPECT_EQ(reason(read), "");
        EXPECT_EQ(data(read).at("expires"), "2261-12-31T23:59:59.000Z");
    }
}

TEST(OddAlert, OfOneIdAndTimeIsToldInOneWayWhateverTheirOrder) {
    const json other = changed(kAlert, {{"/properties/headline", "Otherwise"}});
    const auto one = report("noaa_weather", list({kAlert, other}));
    const auto two = report("noaa_weather", list({other, kAlert}));
    for (const auto& read : {one, two}) {
        EXPECT_EQ(read.events(), 1U);
        ASSERT_EQ(read.rejected(), 1U);
    }
    EXPECT_EQ(one.rows[0].rejected, "id: 'urn:oid:1' stands in the answer twice, and the other one counts");
    EXPECT_EQ(one.rows[0].payload, two.rows[0].payload);
    EXPECT_EQ(one.rows[1].id, two.rows[1].id);
    const json later = changed(other, {{"/properties/sent", "2026-01-01T01:00:00+00:00"}});
    EXPECT_EQ(data(report("noaa_weather", list({later, kAlert})), 1).at("headline"), "Otherwise");
    const auto same = report("noaa_weather", list({kAlert, kAlert}));
    EXPECT_EQ(same.events(), 2U);
    EXPECT_EQ(same.distinct_events(), 1U);
}

// --- forecasts

const json kGrid{
    {"type", "Feature"},
    {"properties",
     {{"gridId", "LZK"},
      {"gridX", 83},
      {"gridY", 73},
      {"updateTime", "2024-02-20T17:36:55+00:00"},
      {"temperature",
       {{"uom", "wmoUnit:degC"}, {"values", {{{"validTime", "2024-02-20T11:00:00+00:00/PT1H"}, {"value", 1.5}}}}}}}}};
const json kGrids{{"kind", "gridpoints"}};

TEST(OddGrid, IsRejectedForAReasonThatSaysWhatIsAllowed) {
    const std::string values = "/properties/temperature/values";
    const std::string valid = values + "/0/validTime";
    const std::string value = values + "/0/value";
    const std::string cell = " are no cell of the grid such as LZK, 83, 73";
    for (const auto& [changes, why] : std::vector<Case>{
             {{{valid, "2024-02-20T11:00:00+00:00/P1000000W"}},
              "temperature: '2024-02-20T11:00:00+00:00/P1000000W' is not of 0 to 366 days"},
             {{{valid, "2024-02-20T11:00:00+00:00/P20000W"}},
              "temperature: '2024-02-20T11:00:00+00:00/P20000W' is not of 0 to 366 days"},
             {{{valid, "2024-02-20T11:00:00+00:00/2261-01-01T00:00:00Z"}},
              "temperature: '2024-02-20T11:00:00+00:00/2261-01-01T00:00:00Z' is not of 0 to 366 days"},
             {{{valid, "2261-12-31T11:00:00+00:00/P300D"}},
              "temperature: '2261-12-31T11:00:00+00:00/P300D' is no interval such as 2024-02-20T11:00:00+00:00/PT1H, "
              "from 2000 to 2261"},
             {{{valid, 5}}, "temperature: validTime: 5 is not a text such as 2024-02-20T11:00:00+00:00/PT1H"},
             {{{value, -500}}, "temperature: value: -500 degC is not from -120 to 100 degC"},
             {{{value, 1e300}}, "temperature: value: 1e+300 degC is not from -120 to 100 degC"},
             {{{value, "warm"}}, "temperature: value: 'warm' is not a number, or null"},
             {{{value, "-"}}, "temperature: value: must be given: a number, or null"},
             {{{values + "/0", 5}}, "temperature: value: 5 is not an object"},
             {{{values, nullptr}}, "temperature.values: null is not a list"},
             {{{values, json::object()}}, "temperature.values: {} is not a list"},
             {{{values, "-"}}, "temperature.values: must be given: a list"},
             {{{"/properties/temperature/uom", 5}}, "temperature.uom: 5 is not a text, or null"},
             {{{"/properties/updateTime", "1950-01-01T00:00:00Z"}},
              "updateTime: '1950-01-01T00:00:00Z' is not a time from 2000 to 2261 such as 2024-02-20T15:53:00Z"},
             {{{"/properties/gridId", 5}}, "gridId, gridX, gridY: 5, 83, 73" + cell},
             {{{"/properties/gridX", "-"}}, "gridId, gridX, gridY: 'LZK', nothing, 73" + cell},
             {{{"/properties/gridX", -1}}, "gridId, gridX, gridY: 'LZK', -1, 73" + cell},
             {{{"/properties/gridX", 1e30}}, "gridId, gridX, gridY: 'LZK', 1e+30, 73" + cell}}) {
        EXPECT_EQ(reason(report("noaa_weather", changed(kGrid, changes).dump(), kGrids)), why);
    }
    const json hot = changed(kGrid, {{"/properties/heatIndex", {{"uom", 5}, {"values", json::array()}}}});
    EXPECT_EQ(report("noaa_weather", hot.dump(), kGrids).events(), 1U); // a layer costs no other one
}

const json kForecast{{"type", "Feature"},
                     {"properties",
                      {{"updateTime", "2024-02-23T18:40:54+00:00"},
                       {"periods",
                        {{{"startTime", "2024-02-23T13:00:00-06:00"},
                          {"endTime", "2024-02-23T18:00:00-06:00"},
                          {"temperature", 69},
                          {"temperatureUnit", "F"},
                          {"windSpeed", "10 to 15 mph"}}}}}}};
const json kForecasts{{"kind", "forecast"}, {"grids", {"BMX/32,69"}}};

TEST(OddForecast, IsRejectedForAReasonThatSaysWhatIsAllowed) {
    const std::string period = "/properties/periods/0/";
    for (const auto& [changes, why] : std::vector<Case>{
             {{{period + "startTime", nullptr}}, "periods: startTime: null is not a text such as 2024-02-20T15:53:00Z"},
             {{{period + "endTime", "2020-01-01T00:00:00Z"}},
              "periods: endTime: '2020-01-01T00:00:00Z' is not behind the startTime '2024-02-23T13:00:00-06:00'"},
             {{{period + "temperature", -500}, {period + "temperatureUnit", "C"}},
              "periods: temperature: -500 degC is not from -120 to 100 degC"},
             {{{period + "temperature", "hot"}}, "periods: temperature: 'hot' is not an object"},
             {{{period + "temperatureUnit", "X"}},
              "periods: temperature: unit 'degX' is not known here: degC, degF, K"},
             {{{period + "windSpeed", 5}}, "periods: windSpeed: 5 is not a text, or null"},
             {{{period + "windSpeed", "5000 km/h"}}, "periods: windSpeed: 5000 km_h-1 is not from 0 to 1000 km_h-1"},
             {{{period + "isDaytime", "yes"}}, "periods: isDaytime: 'yes' is not true, false or null"},
             {{{period + "name", 5}}, "periods: name: 5 is not a text, or null"},
             {{{"/properties/periods", "-"}}, "periods: must be given, or layers such as temperature"},
             {{{"/properties/periods", json::object()}}, "periods: {} is not a list"}}) {
        EXPECT_EQ(reason(report("noaa_weather", changed(kForecast, changes).dump(), kForecasts)), why);
    }
}

TEST(OddForecast, SpeedsOfTheWindAreTheLeastAndTheMost) {
    const auto read = report(
        "noaa_weather", changed(kForecast, {{"/properties/periods/0/windSpeed", "15 to 10 mph"}}).dump(), kForecasts);
    const json period = data(read).at("values").at(0);
    EXPECT_LT(period.at("wind_speed_min_kmh"), period.at("wind_speed_max_kmh"));
}

TEST(OddForecast, IsNotTakenForAMistakeOfTheConfiguration) {
    const json point{{"type", "Feature"}, {"properties", {{"gridId", "ALY"}, {"gridX", 71}, {"gridY", 67}}}};
    const json nothing{{"type", "Feature"}, {"properties", {{"updateTime", "2024-02-23T18:40:54+00:00"}}}};
    EXPECT_EQ(reason(report("noaa_weather", point.dump(), {{"points", {"42.745,-73.752"}}})),
              "updateTime: must be given: a text such as 2024-02-20T15:53:00Z");
    EXPECT_EQ(reason(report("noaa_weather", nothing.dump(), {{"grids", {"BMX/32,69"}}})),
              "periods: must be given, or layers such as temperature");
    EXPECT_THAT(reason(report("noaa_weather", changed(kGrid, {{"/properties/gridX", 1e30}}).dump(), kGrids)),
                HasSubstr("1e+30"));
    const json stations{{"type", "Feature"}, {"properties", {{"stationIdentifier", "KBHM"}}}};
    for (const json& params : {json{{"kind", "stations"}, {"state", "CA"}}, json{{"kind", "stations"}}}) {
        EXPECT_EQ(reason(report("noaa_weather", list({stations}), params)), "");
    }
}

} // namespace
