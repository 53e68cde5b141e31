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

} // namespace
} // namespace services::ingest
