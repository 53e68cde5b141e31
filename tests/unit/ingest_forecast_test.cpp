#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <algorithm>

#include "services/weather/forecast.hpp"
#include "services/weather/interval.hpp"
#include "tests/support/noaa_forecast_fixture.hpp"
#include "tests/support/recordings.hpp"

namespace services::ingest {
namespace {

using streaming::ErrorCode;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Optional;
using testing::SizeIs;
using weather::Interval;

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
