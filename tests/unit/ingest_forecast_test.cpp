#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <algorithm>

#include "services/ingest/noaa_forecasts.hpp"
#include "services/ingest/source_types.hpp"
#include "services/weather/forecast.hpp"
#include "services/weather/interval.hpp"
#include "tests/support/recordings.hpp"
#include "tests/support/source_handler_fixture.hpp"

namespace services::ingest {
namespace {

using nlohmann::json;
using streaming::ErrorCode;
using streaming::HttpResponse;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Optional;
using testing::SizeIs;
using weather::Interval;

constexpr auto kUpdated = "2024-02-20T17:36:55+00:00";

HttpResponse problem_of(const std::string& type, int status) {
    const json body{
        {"type", "https://api.weather.gov/problems/" + type}, {"status", status}, {"correlationId", "74f9abae"}};
    return {.status = status, .headers = {{"content-type", "application/problem+json"}}, .body = body.dump()};
}

json layer_value(const json& value, const std::string& when = "2024-02-20T11:00:00+00:00/PT1H") {
    return {{"validTime", when}, {"value", value}};
}

json gridpoint(const json& layers = json::object(), const json& x = 83) {
    json properties{{"gridId", "LZK"}, {"gridX", x}, {"gridY", 73}, {"updateTime", kUpdated}};
    properties.update(layers);
    return {{"type", "Feature"}, {"geometry", nullptr}, {"properties", properties}};
}

json temperatures(int count, const std::string& uom = "wmoUnit:degC") {
    json values = json::array();
    for (int i = 0; i < count; ++i) {
        values.push_back(layer_value(i, "2024-02-" + std::to_string(10 + i / 24) + "T" + (i % 24 < 10 ? "0" : "") +
                                            std::to_string(i % 24) + ":00:00+00:00/PT1H"));
    }
    return {{"temperature", {{"uom", uom}, {"values", values}}}};
}

json period(const json& more = json::object()) {
    json period{{"name", "Tonight"},
                {"startTime", "2024-02-23T18:00:00-06:00"},
                {"endTime", "2024-02-24T06:00:00-06:00"},
                {"isDaytime", false},
                {"temperature", 50},
                {"temperatureUnit", "F"},
                {"probabilityOfPrecipitation", {{"unitCode", "wmoUnit:percent"}, {"value", nullptr}}},
                {"windSpeed", "10 to 15 mph"},
                {"windDirection", "NW"}};
    period.update(more);
    return period;
}

/// Each a day behind the one before.
json periods(json list) {
    for (std::size_t i = 1; i < list.size(); ++i) {
        if (list[i].is_object()) {
            const std::string day = std::to_string(23 + i);
            list[i]["startTime"] = "2024-02-" + day + "T18:00:00-06:00";
            list[i]["endTime"] = "2024-02-" + day + "T23:00:00-06:00";
        }
    }
    return {{"type", "Feature"}, {"properties", {{"updateTime", kUpdated}, {"periods", list}}}};
}

TEST(Interval, EndsAfterItsDurationOrAtItsEnd) {
    const auto of = [](const std::string& rest) {
        return weather::interval_of("2024-02-20T11:00:00+00:00/" + rest).end;
    };
    EXPECT_EQ(weather::interval_of("2024-02-20T05:00:00-06:00/PT1H"),
              (Interval{.start = "2024-02-20T11:00:00.000Z", .end = "2024-02-20T12:00:00.000Z"}));
    EXPECT_EQ(of("P1DT9H"), "2024-02-21T20:00:00.000Z");
    EXPECT_EQ(of("P8DT2H30M5S"), "2024-02-28T13:30:05.000Z");
    EXPECT_EQ(of("P1W"), "2024-02-27T11:00:00.000Z");
    EXPECT_EQ(of("PT0S"), "2024-02-20T11:00:00.000Z");
    EXPECT_EQ(of("2024-02-20T13:00:00Z"), "2024-02-20T13:00:00.000Z");
    for (const char* wrong : {"", "P", "PT", "P1", "P1H", "P1M", "P1Y", "PT1D", "PT-1H", "PT1H2", "PT1HT1H", "1H",
                              "PT99999999999999999999H", "2024-02-20T10:00:00Z", "soon"}) {
        EXPECT_THROW((void)of(wrong), std::invalid_argument) << wrong;
    }
    EXPECT_THROW((void)weather::interval_of("2024-02-20T11:00:00+00:00"), std::invalid_argument);
    EXPECT_THROW((void)weather::interval_of("today/PT1H"), std::invalid_argument);
}

TEST(ForecastPlaces, HaveOneNameHoweverTheyAreWritten) {
    for (const char* text : {"42.745,-73.752", "42.7450,-73.75200", "42.745, -73.752", "42.74500001,-73.752"}) {
        EXPECT_EQ(point_name(text), "42.745,-73.752") << text;
    }
    EXPECT_EQ(point_name("-0.00001,0"), "0,0");
    EXPECT_EQ(grid_name("LZK/83,73"), "LZK/83,73");
    EXPECT_EQ(grid_name("LZK/083, 73"), "LZK/83,73");
    for (const char* text : {"", "42.7", "42.7;-73", "91,0", "0,181", "nan,0", "a,b", "42.7,-73,1"}) {
        EXPECT_EQ(point_name(text), "") << text;
    }
    for (const char* text : {"", "LZK", "LZK/83", "LZ/83,73", "lzk/83,73", "LZK/-1,73", "LZK/83,73/forecast"}) {
        EXPECT_EQ(grid_name(text), "") << text;
    }
}

class NoaaForecast : public SourceTypeFixture {
protected:
    NoaaForecast() {
        add_source_types(types_);
        settings_.source_type = "noaa_weather";
        endpoint_ = "http://nws/";
        source_ = "forecasts";
    }
    /// What becomes of one answer, by itself.
    std::vector<SourceRow> rows_of(const json& feature, const std::string& grid = "") {
        return handle(forecasts_handler(grid), {.body = feature.dump()});
    }
    static json data_of(const SourceRow& row) { return json::parse(row.payload).at("data"); }
};

TEST_F(NoaaForecast, EachLayerWithValuesIsAnEvent) {
    json layers = temperatures(2);
    layers["hazards"] = {{"values", json::array()}};
    layers["hainesIndex"] = {{"values", {layer_value(5)}}};
    layers["elevation"] = {{"unitCode", "wmoUnit:m"}, {"value", 75.9}};
    const auto rows = rows_of(gridpoint(layers, "83")); // a text in 2024
    ASSERT_THAT(rows, SizeIs(2));
    EXPECT_EQ(rows[0].key, "LZK/83,73");
    EXPECT_EQ(data_of(rows[0]),
              (json{{"grid", "LZK/83,73"},
                    {"updated_at", "2024-02-20T17:36:55.000Z"},
                    {"layer", "hainesIndex"},
                    {"values",
                     {{{"start", "2024-02-20T11:00:00.000Z"}, {"end", "2024-02-20T12:00:00.000Z"}, {"value", 5}}}}}));
    EXPECT_EQ(data_of(rows[1]).at("unit"), "degC");
    EXPECT_EQ(json::parse(rows[1].payload).at("type"), "weather.forecast.published");
    EXPECT_THAT(data_of(rows[1]).at("values"), SizeIs(2));
}

TEST_F(NoaaForecast, AnAnswerIsOfTheTimeOfItsNewestVersion) {
    (void)rows_of(gridpoint(temperatures(2)));
    EXPECT_EQ(payload_time_, streaming::parse_rfc3339(kUpdated).value());
}

TEST_F(NoaaForecast, ALongLayerIsSeveralEventsOfBoundedSize) {
    const auto rows = rows_of(gridpoint(temperatures(450, "nwsUnit:s")));
    ASSERT_THAT(rows, SizeIs(3));
    EXPECT_THAT(data_of(rows[0]).at("values"), SizeIs(200));
    EXPECT_THAT(data_of(rows[2]).at("values"), SizeIs(50));
    EXPECT_EQ(data_of(rows[2]).at("values").at(0).at("value"), 400);
    EXPECT_NE(rows[0].id, rows[1].id);
}

TEST_F(NoaaForecast, AVersionOfTheFutureIsRejectedAsAWhole) {
    json ahead = gridpoint(temperatures(2));
    ahead["properties"]["updateTime"] = "2026-01-01T01:00:01+00:00";
    const auto rows = rows_of(ahead);
    ASSERT_THAT(rows, SizeIs(1));
    EXPECT_THAT(rows[0].rejected, Optional(HasSubstr("updateTime: 2026-01-01T01:00:01.000Z is more than 3600 s")));
    EXPECT_EQ(payload_time_, std::nullopt);
    ahead["properties"]["updateTime"] = "2026-01-01T01:00:00+00:00";
    EXPECT_EQ(rows_of(ahead).at(0).rejected, std::nullopt);
}

TEST_F(NoaaForecast, WindIsReadFromItsWordsWithoutGusts) {
    const auto wind = [this](const std::string& text) {
        const auto rows = rows_of(periods(json::array({period({{"windSpeed", text}})})), "BMX/32,69");
        return rows.at(0).rejected
                   ? *rows[0].rejected
                   : fmt::format("{:.0f} {:.0f}",
                                 data_of(rows[0]).at("values").at(0).at("wind_speed_min_kmh").get<double>(),
                                 data_of(rows[0]).at("values").at(0).at("wind_speed_max_kmh").get<double>());
    };
    EXPECT_EQ(wind("5 to 10 mph, with gusts to 20"), "8 16");
    EXPECT_EQ(wind("5 to 10 mph with gusts as high as 20 mph"), "8 16");
    EXPECT_EQ(wind("5 mph becoming 10"), "8 16");
    EXPECT_EQ(wind("5-10 mph"), "8 16");
    EXPECT_EQ(wind("around 10 km/h"), "10 10");
    EXPECT_THAT(wind("-5 mph"), HasSubstr("periods: windSpeed: -8.04672 km_h-1 is not from"));
}

TEST_F(NoaaForecast, ALayerInAnotherOrderIsTheSameEventsInTheOrderOfTime) {
    json layers = temperatures(450, "nwsUnit:s");
    const auto ordered = rows_of(gridpoint(layers));
    json& values = layers["temperature"]["values"];
    std::ranges::reverse(values);
    values.push_back(json(values.at(7))); // said twice
    const auto rows = rows_of(gridpoint(layers));
    ASSERT_THAT(rows, SizeIs(3));
    for (std::size_t i = 0; i < rows.size(); ++i) {
        EXPECT_EQ(rows[i].id, ordered[i].id);
        EXPECT_EQ(data_of(rows[i]), data_of(ordered[i]));
    }
}

TEST_F(NoaaForecast, OfOneTimeALayerSaysOneThingWhateverTheirOrder) {
    json layers = temperatures(1);
    json& values = layers["temperature"]["values"];
    for (int i = 0; i < 450; ++i) {
        values.push_back(layer_value(i % 30));
    }
    std::string event;
    for (int turn = 0; turn < 2; ++turn) {
        const auto rows = rows_of(gridpoint(layers));
        ASSERT_THAT(rows, SizeIs(436)) << "each time once, and 435 of 450 others of one time are not said again";
        EXPECT_EQ(rows[0].rejected,
                  "temperature: start: the answer says something else of 2024-02-20T11:00:00.000Z, which counts");
        EXPECT_THAT(data_of(rows.back()).at("values"), SizeIs(2));
        EXPECT_TRUE(turn == 0 || data_of(rows.back()).dump() == event);
        event = data_of(rows.back()).dump();
        std::ranges::reverse(values);
    }
}

TEST_F(NoaaForecast, IsAnotherEventOnlyWhenItWasUpdated) {
    const auto first = rows_of(gridpoint(temperatures(1)));
    json later = gridpoint(temperatures(1));
    EXPECT_EQ(rows_of(later).at(0).id, first.at(0).id);
    later["properties"]["updateTime"] = "2024-02-20T18:36:55+00:00";
    EXPECT_NE(rows_of(later).at(0).id, first.at(0).id);
}

TEST_F(NoaaForecast, ALayerIsInItsUsualUnit) {
    for (const auto& [uom, unit, value] :
         {std::tuple("unit:degF", "degC", json(-160.0 / 9)), std::tuple("wmoUnit:m_s-1", "km_h-1", json(0.0)),
          std::tuple("wmoUnit:in", "mm", json(0)), std::tuple("nwsUnit:s", "s", json(0)),
          std::tuple("wmoUnit:m", "m", json(0))}) {
        const json data = data_of(rows_of(gridpoint(temperatures(1, uom))).at(0));
        EXPECT_EQ(data.at("unit"), unit);
        EXPECT_DOUBLE_EQ(data.at("values").at(0).at("value").get<double>(), value.get<double>()) << uom;
    }
}

TEST_F(NoaaForecast, KeepsNullAbsentAndWhatIsNoNumberAsItIs) {
    const json rain = json::array({{{"coverage", "chance"}, {"weather", "rain_showers"}}});
    const auto rows = rows_of(gridpoint({{"heatIndex", {{"uom", "wmoUnit:degC"}, {"values", {layer_value(nullptr)}}}},
                                         {"weather", {{"values", {layer_value(rain)}}}}}));
    ASSERT_THAT(rows, SizeIs(2));
    EXPECT_FALSE(data_of(rows[0]).at("values").at(0).contains("value"));
    EXPECT_EQ(data_of(rows[1]).at("values").at(0).at("value"), rain);
}

TEST_F(NoaaForecast, ABadValueIsRejectedAlone) {
    json layers = temperatures(2);
    layers["temperature"]["values"].push_back(layer_value(3, "tomorrow"));
    layers["temperature"]["values"].push_back("warm");
    const auto rows = rows_of(gridpoint(layers));
    ASSERT_THAT(rows, SizeIs(3));
    EXPECT_THAT(rows[0].rejected, Optional(HasSubstr("temperature: 'tomorrow' is no interval")));
    EXPECT_NE(rows[1].rejected, std::nullopt);
    EXPECT_THAT(data_of(rows[2]).at("values"), SizeIs(2));
    json unversioned = gridpoint(temperatures(1));
    unversioned["properties"].erase("updateTime");
    EXPECT_THAT(rows_of(unversioned).at(0).rejected, Optional(HasSubstr("updateTime")));
}

TEST_F(NoaaForecast, PeriodsAreNumbersInUsualUnits) {
    const auto rows =
        rows_of(periods({period(), period({{"windSpeed", "5 mph"}, {"temperature", nullptr}})}), "BMX/32,69");
    ASSERT_THAT(rows, SizeIs(1));
    json values = data_of(rows[0]).at("values");
    EXPECT_EQ(data_of(rows[0]).at("layer"), "periods");
    EXPECT_NEAR(values.at(0).at("wind_speed_min_kmh").get<double>(), 16.09344, 1e-9);
    EXPECT_NEAR(values.at(0).at("wind_speed_max_kmh").get<double>(), 24.14016, 1e-9);
    EXPECT_NEAR(values.at(0).at("temperature_c").get<double>(), 10, 1e-9);
    for (const char* number : {"wind_speed_min_kmh", "wind_speed_max_kmh", "temperature_c"}) {
        values.at(0).erase(number);
    }
    EXPECT_EQ(values.at(0), (json{{"start", "2024-02-24T00:00:00.000Z"},
                                  {"end", "2024-02-24T12:00:00.000Z"},
                                  {"name", "Tonight"},
                                  {"day", false},
                                  {"wind_direction", "NW"}}));
    EXPECT_EQ(values.at(1).at("wind_speed_min_kmh"), values.at(1).at("wind_speed_max_kmh"));
    EXPECT_FALSE(values.at(1).contains("temperature_c"));
}

TEST_F(NoaaForecast, PeriodsMayHaveQuantitiesOrNoWind) {
    const json exact{{"windSpeed", {{"unitCode", "wmoUnit:km_h-1"}, {"minValue", 5}, {"maxValue", 9}}},
                     {"temperature", {{"unitCode", "wmoUnit:degC"}, {"value", 7}}}};
    const json values = data_of(rows_of(periods({period(exact), period({{"windSpeed", ""}}),
                                                 period({{"windSpeed", "calm"}}), period({{"windSpeed", nullptr}})}),
                                        "BMX/32,69")
                                    .at(0))
                            .at("values");
    ASSERT_THAT(values, SizeIs(4));
    EXPECT_EQ(values.at(0).at("wind_speed_max_kmh"), 9);
    EXPECT_EQ(values.at(0).at("temperature_c"), 7);
    for (std::size_t i = 1; i < 4; ++i) {
        EXPECT_FALSE(values.at(i).contains("wind_speed_min_kmh"));
    }
    const auto rows =
        rows_of(periods({period({{"windSpeed", "5 furlongs"}}), period({{"temperature", "hot"}}), 7}), "BMX/32,69");
    ASSERT_THAT(rows, SizeIs(3));
    EXPECT_EQ(rows[0].rejected, "periods: windSpeed: unit 'furlongs' is not known here: km_h-1, m_s-1, kt, mph, km/h");
    EXPECT_EQ(rows[1].rejected, "periods: temperature: 'hot' is not an object");
    EXPECT_NE(rows[2].rejected, std::nullopt);
    EXPECT_THAT(rows_of(periods(json::array({period()}))).at(0).rejected,
                Optional(HasSubstr("gridId"))); // whose is it?
}

TEST_F(NoaaForecast, AsksAPointForItsGridOnceADay) {
    web_.answer("http://nws/points/42.745,-73.752",
                json{{"properties", {{"gridId", "ALY"}, {"gridX", 71}, {"gridY", 67}}}}.dump());
    web_.answer("http://nws/gridpoints/ALY/71,67/forecast", periods(json::array({period()})).dump());
    auto parts = make({{"kind", "forecast"}, {"points", json::array({"42.7450, -73.7520"})}});
    EXPECT_EQ(poll(parts).at(0).key, "ALY/71,67");
    clock_.advance(std::chrono::hours(23));
    EXPECT_THAT(poll(parts), SizeIs(1));
    clock_.advance(std::chrono::hours(1));
    EXPECT_THAT(poll(parts), SizeIs(1));
    EXPECT_THAT(urls(), ElementsAre("http://nws/points/42.745,-73.752", "http://nws/gridpoints/ALY/71,67/forecast",
                                    "http://nws/gridpoints/ALY/71,67/forecast", "http://nws/points/42.745,-73.752",
                                    "http://nws/gridpoints/ALY/71,67/forecast"));
}

TEST_F(NoaaForecast, AsksAPointAgainWhenItsGridIsGone) {
    const std::string point = "http://nws/points/42.745,-73.752";
    web_.answer(point, json{{"properties", {{"gridId", "ALY"}, {"gridX", 71}, {"gridY", 67}}}}.dump());
    web_.answer("http://nws/gridpoints/ALY/71,67", problem_of("NotFound", 404));
    auto parts = make({{"kind", "gridpoints"}, {"points", "42.745,-73.752"}});
    const auto failed = fetch(parts);
    ASSERT_FALSE(failed.ok());
    EXPECT_EQ(failed.error().message, "grid ALY/71,67: nws answered 404 (NotFound, correlation id 74f9abae)");
    EXPECT_TRUE(failed.error().retryable);
    web_.answer(point, json{{"properties", {{"gridId", "ALY"}, {"gridX", 72}, {"gridY", 67}}}}.dump());
    web_.answer("http://nws/gridpoints/ALY/72,67", gridpoint(temperatures(1)).dump());
    EXPECT_THAT(poll(parts), SizeIs(1));
}

TEST_F(NoaaForecast, AnInvalidPointIsAMistakeOfTheConfigurationThatIsNamed) {
    web_.answer("http://nws/points/12,13", problem_of("InvalidPoint", 404));
    web_.answer("http://nws/gridpoints/LZK/83,73", gridpoint(temperatures(1)).dump());
    auto parts = make({{"kind", "gridpoints"}, {"grids", "LZK/83,73"}, {"points", "12,13"}});
    auto failed = fetch(parts);
    ASSERT_FALSE(failed.ok());
    EXPECT_EQ(failed.error().code, ErrorCode::invalid_argument);
    EXPECT_FALSE(failed.error().retryable);
    EXPECT_EQ(failed.error().message, "point 12,13: nws answered 404 (InvalidPoint, correlation id 74f9abae)");
}

TEST_F(NoaaForecast, AProblemIsNoForecastWhateverItsStatus) {
    const std::string url = "http://nws/gridpoints/LZK/83,73";
    HttpResponse gone = problem_of("InvalidPoint", 404);
    HttpResponse broken = problem_of("UnexpectedProblem", 500);
    HttpResponse typed = broken;
    typed.headers = {{"content-type", "application/geo+json"}};
    for (const auto& [answer, code] :
         {std::pair(gone, ErrorCode::invalid_argument), std::pair(broken, ErrorCode::unavailable),
          std::pair(typed, ErrorCode::unavailable)}) {
        HttpResponse success = answer;
        success.status = 200;
        web_.answer(url, success);
        auto parts = make({{"kind", "gridpoints"}, {"grids", "LZK/83,73"}});
        const auto failed = fetch(parts);
        ASSERT_FALSE(failed.ok()) << answer.body;
        EXPECT_EQ(failed.error().code, code);
        EXPECT_EQ(failed.error().retryable, code == ErrorCode::unavailable);
        EXPECT_THAT(failed.error().message, HasSubstr("answered 200: an error document"));
        EXPECT_THAT(failed.error().message, HasSubstr("correlation id 74f9abae"));
    }
}

TEST_F(NoaaForecast, AnObjectWithoutPropertiesIsNoForecast) {
    for (const char* body : {"{}", R"({"type":"Feature","properties":null})", R"({"title":"Not Found"})"}) {
        web_.answer("http://nws/gridpoints/LZK/83,73", body);
        auto parts = make({{"kind", "gridpoints"}, {"grids", "LZK/83,73"}});
        const auto failed = fetch(parts);
        ASSERT_FALSE(failed.ok()) << body;
        EXPECT_EQ(failed.error().code, ErrorCode::malformed);
        EXPECT_EQ(failed.error().message, "grid LZK/83,73: the answer is no forecast: it has no properties");
    }
}

TEST_F(NoaaForecast, FailuresThatPassAreTriedAgain) {
    const std::string url = "http://nws/gridpoints/LZK/83,73";
    for (const HttpResponse& answer :
         {problem_of("UnexpectedProblem", 500), problem_of("ServiceUnavailable", 503),
          HttpResponse{.status = 403, .body = "<html>Access Denied"}, HttpResponse{.status = 200, .body = "<html>"},
          HttpResponse{.status = 200, .body = ""}, HttpResponse{.status = 200, .body = R"({"type":"Fea)"}}) {
        web_.answer(url, answer);
        auto parts = make({{"kind", "gridpoints"}, {"grids", "LZK/83,73"}});
        const auto failed = fetch(parts);
        ASSERT_FALSE(failed.ok()) << answer.body;
        EXPECT_TRUE(failed.error().retryable) << failed.error().message;
        EXPECT_NE(failed.error().code, ErrorCode::not_authorized) << failed.error().message;
    }
}

TEST_F(NoaaForecast, APlaceThatFailsHoldsUpNoOther) {
    web_.answer("http://nws/gridpoints/LZK/1,1", gridpoint(temperatures(1)).dump());
    web_.answer("http://nws/gridpoints/LZK/2,2", HttpResponse{.status = 500});
    web_.answer("http://nws/gridpoints/LZK/3,3", gridpoint(temperatures(1)).dump());
    auto parts = make({{"kind", "gridpoints"}, {"grids", json::array({"LZK/1,1", "LZK/2,2", "LZK/3,3"})}});
    EXPECT_THAT(poll(parts), SizeIs(1));
    EXPECT_THAT(poll(parts), SizeIs(2)); // 3,3 and 1,1; then 2,2 fails
}

TEST_F(NoaaForecast, NamesWhatIsWrong) {
    for (const auto& [params, text] : std::vector<std::pair<std::map<std::string, json>, std::string>>{
             {{{"kind", "gridpoints"}}, "custom_params.points: must be given for forecasts"},
             {{{"points", "42.7"}}, "custom_params.points: '42.7' is not a latitude and a longitude"},
             {{{"grids", "LZK"}}, "custom_params.grids: 'LZK' is not a cell of the grid"},
             {{{"kind", "radar"}}, "observations, alerts, stations, gridpoints, forecast or forecast_hourly"},
             {{{"grids", "LZK/1,1"}, {"state", "CA"}}, "custom_params.grids: is for forecasts"},
             {{{"kind", "forecast"}, {"grids", "LZK/1,1"}, {"zones", "CAZ006"}}, "custom_params.zones: is for"},
             {{{"kind", "alerts"}, {"points", "1,1"}}, "custom_params.points: is for forecasts"},
             {{{"grids", "LZK/1,1"}, {"user_agent", " "}}, "custom_params.user_agent: ' ' is not possible"}}) {
        EXPECT_THAT(problem(params), HasSubstr(text));
    }
}

TEST_F(NoaaForecast, RecordedForecastsAreUnderstood) {
    TRIBUTARY_NEEDS_RECORDING("nws/gridpoints/LZK_83_73_2024-02-21.json");
    web_.answer("http://nws/gridpoints/LZK/83,73", recordings::read("nws/gridpoints/LZK_83_73_2024-02-21.json"));
    auto parts = make({{"kind", "gridpoints"}, {"grids", "LZK/83,73"}});
    std::size_t values = 0;
    const auto layers = poll(parts);
    for (const SourceRow& row : layers) {
        ASSERT_EQ(row.rejected, std::nullopt) << *row.rejected;
        EXPECT_LT(row.payload.size(), 64U * 1024U);
        values += data_of(row).at("values").size();
    }
    EXPECT_THAT(layers, SizeIs(27));
    EXPECT_EQ(values, 1570U);

    web_.answer("http://nws/points/42.745,-73.752", recordings::read("nws/points/42.745,-73.752.json"));
    web_.answer("http://nws/gridpoints/ALY/71,67/forecast",
                recordings::read("nws/gridpoints/BMX_32_69_forecast_2024-02-23.json"));
    auto forecast = make({{"points", "42.745,-73.752"}});
    const auto rows = poll(forecast);
    ASSERT_THAT(rows, SizeIs(1));
    ASSERT_EQ(rows[0].rejected, std::nullopt) << *rows[0].rejected;
    EXPECT_THAT(data_of(rows[0]).at("values"), SizeIs(14));
}

} // namespace
} // namespace services::ingest
