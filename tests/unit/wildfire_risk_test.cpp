#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/wildfire_alerts/risk.hpp"

namespace services::wildfire_alerts {
namespace {

using testing::DoubleNear;
using testing::ElementsAre;
using testing::IsEmpty;

FireWeather weather(double temperature_c, double humidity_percent, double wind_speed_kmh) {
    return {.temperature_c = temperature_c, .humidity_percent = humidity_percent, .wind_speed_kmh = wind_speed_kmh};
}
const FireWeather kWet = weather(15, 90, 5);
const FireWeather kDangerous = weather(35, 5, 40); // index 77

firms::Detection fire(const std::string& confidence, double frp_mw) {
    firms::Detection detection{.frp_mw = frp_mw};
    detection.confidence = confidence;
    return detection;
}

// Computed beside this code from the published formula.
TEST(FosbergIndex, IsThatOfThePublishedFormula) {
    EXPECT_THAT(fosberg_index(weather(35, 5, 40)), DoubleNear(76.6206, 1e-3));
    EXPECT_THAT(fosberg_index(weather(30, 20, 25)), DoubleNear(38.9033, 1e-3));
    EXPECT_THAT(fosberg_index(weather(13.9, 25.4, 5.4)), DoubleNear(7.9670, 1e-3));
    EXPECT_THAT(fosberg_index(weather(20, 50, 0)), DoubleNear(1.7061, 1e-3));
    EXPECT_THAT(fosberg_index(weather(20, 80, 10)), DoubleNear(5.8900, 1e-3));
}

TEST(FosbergIndex, IsMadeSoThatDryFuelAndThirtyMilesAnHourAreAHundred) {
    EXPECT_THAT(fosberg_index(weather(25, 0, 30 * 1.609344)), DoubleNear(100, 0.3));
    EXPECT_EQ(fosberg_index(weather(40, 8, 60)), 100);
}

TEST(FosbergIndex, StaysBetweenZeroAndAHundred) {
    for (const double temperature : {-60.0, 0.0, 60.0}) {
        for (const double humidity : {0.0, 9.99, 10.0, 50.0, 50.01, 100.0}) {
            for (const double wind : {0.0, 400.0}) {
                const double index = fosberg_index(weather(temperature, humidity, wind));
                EXPECT_TRUE(index >= 0 && index <= 100) << temperature << " " << humidity << " " << wind;
            }
        }
    }
}

TEST(FireWeather, NeedsTemperatureHumidityAndWind) {
    const weather::Observation all{.temperature_c = 20, .humidity_percent = 30, .wind_speed_kmh = 10};
    EXPECT_TRUE(fire_weather_of(all));
    for (const auto member : {&weather::Observation::temperature_c, &weather::Observation::humidity_percent,
                              &weather::Observation::wind_speed_kmh}) {
        weather::Observation less = all;
        less.*member = std::nullopt;
        EXPECT_FALSE(fire_weather_of(less));
    }
}

TEST(FireWeather, TakesTheHumidityFromTheDewPointWhereItIsMissing) {
    const auto found = fire_weather_of({.temperature_c = 13.9, .dewpoint_c = -5.6, .wind_speed_kmh = 5});
    ASSERT_TRUE(found);
    EXPECT_THAT(found->humidity_percent, DoubleNear(25.4, 0.5)); // what the station says beside it
}

TEST(FireWeather, LeavesOutWhatQualityControlRejected) {
    weather::Observation observation{
        .temperature_c = 20, .humidity_percent = 30, .wind_speed_kmh = 10, .wind_gust_kmh = 90};
    observation.quality = {{"wind_gust_kmh", "X"}, {"wind_speed_kmh", "V"}};
    EXPECT_EQ(fire_weather_of(observation)->wind_gust_kmh, std::nullopt);
    observation.quality = {{"wind_speed_kmh", "X"}};
    EXPECT_FALSE(fire_weather_of(observation));
}

TEST(RedFlagWeather, IsDryAndWindyAtOnce) {
    EXPECT_TRUE(is_red_flag_weather(weather(30, 15, 40.3)));
    EXPECT_FALSE(is_red_flag_weather(weather(30, 15.1, 40.3)));
    EXPECT_FALSE(is_red_flag_weather(weather(30, 15, 40.2)));
    FireWeather gusts = weather(30, 15, 20);
    gusts.wind_gust_kmh = 41;
    EXPECT_TRUE(is_red_flag_weather(gusts));
}

TEST(Risk, OfAWeakDoubtfulFireInWetWeatherIsLow) {
    const Risk risk = assess(fire("low", 1), kWet, false);
    EXPECT_EQ(risk.level, Level::low);
    EXPECT_THAT(risk.reasons, IsEmpty());
}

TEST(Risk, AddsPointsOfWeatherConfidenceAndPower) {
    const double wet = kPointsOfWeather * fosberg_index(kWet) / 100;
    EXPECT_DOUBLE_EQ(assess(fire("low", 9.9), kWet, false).score, wet);
    EXPECT_DOUBLE_EQ(assess(fire("nominal", 10), kWet, false).score, wet + 10 + 10);
    EXPECT_DOUBLE_EQ(assess(fire("high", 50), kWet, false).score, wet + 20 + 20);
    EXPECT_DOUBLE_EQ(assess(fire("high", 200), kWet, false).score, wet + 20 + 30);
    EXPECT_DOUBLE_EQ(assess(fire("high", 200), weather(40, 16, 300), false).score, 100);
}

TEST(Risk, LevelsBeginAtTheirScores) {
    EXPECT_EQ(assess(fire("high", 10), kWet, false).level, Level::moderate);                // 30 and a little
    EXPECT_EQ(assess(fire("high", 200), kWet, false).level, Level::high);                   // 50 and a little
    EXPECT_EQ(assess(fire("low", 1), weather(20, 16, 300), false).level, Level::high);      // 50
    EXPECT_EQ(assess(fire("high", 10), weather(20, 16, 300), false).level, Level::extreme); // 80
}

TEST(Risk, WithoutWeatherIsNeverLowAndSaysSo) {
    const Risk risk = assess(fire("low", 1), std::nullopt, false);
    EXPECT_EQ(risk.level, Level::moderate);
    EXPECT_THAT(risk.reasons, ElementsAre("weather_unknown"));
    EXPECT_EQ(assess(fire("high", 200), std::nullopt, false).level, Level::extreme);
}

TEST(Risk, ARedFlagRaisesTheLevelByOne) {
    EXPECT_EQ(assess(fire("low", 1), kWet, true).level, Level::moderate);
    EXPECT_THAT(assess(fire("low", 1), kWet, true).reasons, ElementsAre("red_flag_warning"));
    EXPECT_EQ(assess(fire("low", 1), std::nullopt, true).level, Level::high);
    // 38 points of the weather alone are moderate.
    EXPECT_EQ(assess(fire("low", 1), kDangerous, false).level, Level::moderate);
    FireWeather gusts = kDangerous;
    gusts.wind_gust_kmh = 60;
    EXPECT_EQ(assess(fire("low", 1), gusts, false).level, Level::high);
    EXPECT_EQ(assess(fire("low", 1), gusts, true).level, Level::high); // once, not twice
    EXPECT_EQ(assess(fire("high", 200), gusts, true).level, Level::extreme);
}

} // namespace
} // namespace services::wildfire_alerts
