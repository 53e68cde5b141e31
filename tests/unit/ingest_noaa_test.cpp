#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <filesystem>
#include <set>

#include "core/streaming/ingestion/api_client.hpp"
#include "services/weather/alert.hpp"
#include "services/weather/observation.hpp"
#include "tests/support/noaa_weather_fixture.hpp"
#include "tests/support/recordings.hpp"

namespace services::ingest {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;

TEST_F(NoaaWeather, ObservesTheStationsOfAStateInTurn) {
    answer_state({"KAAA", "KBBB", "KCCC"});
    auto parts = make({{"state", "ca"}, {"stations_per_poll", 2}});
    const auto first = poll(parts);
    ASSERT_THAT(first, SizeIs(2));
    EXPECT_EQ(first[0].key, "KAAA");
    EXPECT_EQ(first[1].key, "KBBB");
    EXPECT_EQ(type_of(first[0]), "weather.observation.recorded");
    const auto second = poll(parts);
    ASSERT_THAT(second, SizeIs(2));
    EXPECT_EQ(second[0].key, "KCCC");
    EXPECT_EQ(second[1].id, first[0].id); // read again: the same event
    EXPECT_THAT(urls(), ElementsAre("http://nws/stations?state=CA&limit=500", observations_url("KAAA"),
                                    observations_url("KBBB"), observations_url("KCCC"), observations_url("KAAA")));
    EXPECT_THAT(web_.requests()[1].headers, Contains(Pair("Accept", "application/geo+json")));
}

TEST_F(NoaaWeather, AsksForTheListAgainAfterAnHourAndKeepsTheOldOneWhenItFails) {
    answer_state({"KAAA"});
    auto parts = make({{"state", "CA"}});
    EXPECT_THAT(poll(parts), SizeIs(1));
    clock_.advance(std::chrono::minutes(59));
    EXPECT_THAT(poll(parts), SizeIs(1));
    EXPECT_EQ(web_.requests_for("http://nws/stations?state=CA&limit=500"), 1U);
    clock_.advance(std::chrono::minutes(2));
    web_.answer("http://nws/stations?state=CA&limit=500", HttpResponse{.status = 503});
    EXPECT_THAT(poll(parts), SizeIs(1));
    EXPECT_EQ(web_.requests_for("http://nws/stations?state=CA&limit=500"), 2U);
    answer_state({"KBBB"});
    EXPECT_EQ(poll(parts).at(0).key, "KBBB");
}

TEST_F(NoaaWeather, ReadsTheStationsOfAStatePageByPage) {
    constexpr auto kFirst = "http://nws/stations?state=CA&limit=500";
    const auto page = [this](const std::string& url, const std::vector<std::string>& stations,
                             const std::string& next) {
        json features = json::array();
        for (const std::string& station : stations) {
            features.push_back({{"type", "Feature"}, {"properties", {{"stationIdentifier", station}}}});
            web_.answer(observations_url(station), collection({observation(station)}));
        }
        web_.answer(
            url, json{{"type", "FeatureCollection"}, {"features", features}, {"pagination", {{"next", next}}}}.dump());
    };
    page(kFirst, {"KAAA"}, "http://nws/2");
    page("http://nws/2", {"KBBB"}, "http://nws/3");
    page("http://nws/3", {}, "http://nws/4");
    auto parts = make({{"state", "CA"}});
    EXPECT_THAT(poll(parts), SizeIs(2));
    page("http://nws/2", {"KBBB"}, kFirst);
    auto loop = make({{"state", "CA"}});
    EXPECT_EQ(fetch(loop).error().message, "stations of CA: nws: page 2 names a next page that was there before");
}

TEST_F(NoaaWeather, ObservesNamedStations) {
    web_.answer(observations_url("KBHM"), collection({observation("KBHM")}));
    auto parts = make({{"stations", {"KBHM"}}, {"user_agent", "fires, me@example.org"}});
    EXPECT_THAT(poll(parts), SizeIs(1));
    EXPECT_THAT(urls(), ElementsAre(observations_url("KBHM")));
    EXPECT_EQ(parts.http.user_agent, "fires, me@example.org");
}

TEST_F(NoaaWeather, AStationThatFailsHoldsUpNoOther) {
    answer_state({"KAAA", "KBBB", "KCCC"});
    web_.answer(observations_url("KAAA"), HttpResponse{.status = 404}); // it has no observations
    web_.answer(observations_url("KBBB"), "<html>");
    auto parts = make({{"state", "CA"}});
    const auto failed = fetch(parts);
    ASSERT_FALSE(failed.ok());
    EXPECT_THAT(failed.error().message, HasSubstr("station KBBB: nws answered 200: a page of HTML"));
    EXPECT_TRUE(failed.error().retryable);
    const auto next = poll(parts); // goes on behind it: KCCC, KAAA, KBBB
    ASSERT_THAT(next, SizeIs(1));
    EXPECT_EQ(next[0].key, "KCCC");
}

TEST_F(NoaaWeather, CountsWhatTheAnswersOfStationsAre) {
    answer_state({"KAAA", "KBBB"});
    web_.answer(observations_url("KBBB"), "<html>");
    streaming::ApiClient api({.http = http_, .clock = clock_}, {});
    auto parts = make({{"state", "CA"}});
    EXPECT_TRUE(parts.connector->fetch({.http = api, .stop = {}, .api = &api, .cursors = &cursors_}).ok());
    const auto count = [&](streaming::AnswerClass answer) {
        return api.counts().answers.at(static_cast<std::size_t>(answer));
    };
    EXPECT_EQ(count(streaming::AnswerClass::ok), 2U) << "the list, and one station";
    EXPECT_EQ(count(streaming::AnswerClass::retry), 1U);
}

TEST_F(NoaaWeather, AStationThatIsNotFoundHasNoObservationsWhateverTheStatus) {
    answer_state({"KAAA", "KBBB"});
    const std::string body = R"({"title":"Not Found","type":"https://api.weather.gov/problems/NotFound","status":404})";
    for (const long status : {404L, 200L}) {
        web_.answer(observations_url("KAAA"), HttpResponse{.status = status, .body = body});
        auto parts = make({{"state", "CA"}});
        const auto rows = poll(parts);
        ASSERT_THAT(rows, SizeIs(1)) << status;
        EXPECT_EQ(rows[0].key, "KBBB");
    }
}

TEST_F(NoaaWeather, SaysWhyThereAreNoStations) {
    auto parts = make({{"state", "CA"}});
    web_.answer("http://nws/stations?state=CA&limit=500", HttpResponse{.status = 503});
    EXPECT_EQ(fetch(parts).error().message, "stations of CA: nws answered 503");
    web_.answer("http://nws/stations?state=CA&limit=500", collection({}));
    EXPECT_EQ(fetch(parts).error().message, "stations of CA: there are none");
    web_.answer("http://nws/stations?state=CA&limit=500", collection({json(7), {{"properties", 7}}}));
    EXPECT_EQ(fetch(parts).error().message, "stations of CA: there are none");
}

TEST_F(NoaaWeather, KeepsOnlyTheDataTypesAskedForUnderTheSameId) {
    answer_state({"KAAA"});
    auto all = make({{"state", "CA"}});
    auto some = make({{"state", "CA"}, {"data_types", {"temperature", "humidity"}}});
    const SourceRow whole = poll(all).at(0);
    const SourceRow part = poll(some).at(0);
    EXPECT_EQ(part.id, whole.id);
    EXPECT_EQ(json::parse(part.payload).at("data"),
              json({{"station", "KAAA"},
                    {"observed_at", "2024-02-20T15:53:00.000Z"},
                    {"temperature_c", 13.9},
                    {"humidity_percent", 50.0},
                    {"quality", {{"temperature_c", "V"}, {"humidity_percent", "V"}}}}));
    // What is left out still makes it another revision: under the same id, whatever is kept.
    web_.answer(observations_url("KAAA"),
                collection({observation("KAAA", {{"windSpeed", quantity("wmoUnit:km_h-1", 9)}})}));
    const SourceRow revised = poll(some).at(0);
    EXPECT_EQ(type_of(revised), "weather.observation.revised");
    EXPECT_EQ(revised.id, poll(all).at(0).id);
}

TEST_F(NoaaWeather, ARevisionIsSaidAgainAsTheSameEvent) {
    answer_state({"KAAA"});
    auto parts = make({{"state", "CA"}});
    const SourceRow recorded = poll(parts).at(0);
    EXPECT_EQ(poll(parts).at(0).id, recorded.id);
    web_.answer(observations_url("KAAA"),
                collection({observation("KAAA", {{"temperature", quantity("wmoUnit:degC", 15)}})}));
    const SourceRow revised = poll(parts).at(0);
    EXPECT_NE(revised.id, recorded.id);
    EXPECT_EQ(json::parse(revised.payload).at("data").at("revision"), 1);
    EXPECT_EQ(json::parse(revised.payload).at("data").at("revises"),
              streaming::json_content_hash(json::parse(recorded.payload).at("data")));
    EXPECT_EQ(poll(parts).at(0).id, revised.id);
}

TEST_F(NoaaWeather, RejectsOneBadObservationAlone) {
    web_.answer(observations_url("KBHM"),
                collection({observation("KBHM", {{"timestamp", "yesterday"}}), observation("KBHM")}));
    auto parts = make({{"stations", "KBHM"}});
    EXPECT_THAT(types_of(poll(parts)), ElementsAre("rejected", "weather.observation.recorded"));
}

TEST_F(NoaaWeather, RejectsWhatIsSaidToHaveBeenObservedOrSentInTheFuture) {
    web_.answer(observations_url("KBHM"), collection({observation("KBHM", {{"timestamp", "2026-01-01T01:00:00Z"}}),
                                                      observation("KBHM", {{"timestamp", "2026-01-01T01:00:01Z"}})}));
    auto stations = make({{"stations", "KBHM"}});
    const auto observed = poll(stations);
    EXPECT_THAT(types_of(observed), ElementsAre("rejected", "weather.observation.recorded"));
    EXPECT_EQ(observed.at(0).rejected,
              "timestamp: 2026-01-01T01:00:01.000Z is more than 3600 s from now (max_ahead_seconds)");
    json ahead = alert("urn:ahead");
    ahead["properties"]["sent"] = "2026-01-02T00:00:00+00:00";
    json coming = alert("urn:coming"); // it is about the future: that is what it is for
    coming["properties"]["onset"] = "2026-01-08T00:00:00+00:00";
    coming["properties"]["ends"] = "2026-01-09T00:00:00+00:00";
    web_.answer(kAlerts, collection({ahead, coming}));
    auto alerts = make({});
    const auto sent = poll(alerts);
    EXPECT_THAT(types_of(sent), ElementsAre("rejected", "weather.alert.issued"));
    EXPECT_THAT(sent.at(0).rejected, testing::Optional(HasSubstr("sent: 2026-01-02T00:00:00.000Z is more than")));
    auto generous = make({{"max_ahead_seconds", 86'400}});
    EXPECT_THAT(types_of(poll(generous)), Contains("weather.alert.issued").Times(2));
}

TEST_F(NoaaWeather, AnAnswerIsOfTheTimeOfItsNewestObservationOrOfTheList) {
    web_.answer(observations_url("KBHM"), collection({observation("KBHM", {{"timestamp", "2025-12-31T23:00:00Z"}}),
                                                      observation("KBHM", {{"timestamp", "2025-12-31T21:00:00Z"}})}));
    auto stations = make({{"stations", "KBHM"}});
    (void)poll(stations);
    EXPECT_EQ(payload_time_, clock_.system_now() - std::chrono::hours(1));
    EXPECT_EQ(stations.defaults.max_age, std::chrono::hours(2));
    web_.answer(
        kAlerts,
        json{{"type", "FeatureCollection"}, {"features", json::array()}, {"updated", "2025-12-31T22:00:00+00:00"}}
            .dump());
    auto alerts = make({});
    (void)poll(alerts);
    EXPECT_EQ(payload_time_, clock_.system_now() - std::chrono::hours(2));
    EXPECT_EQ(alerts.defaults.max_age, std::chrono::hours(1));
    EXPECT_EQ(make({{"kind", "alerts"}, {"state", "CA"}}).defaults.max_age, std::chrono::hours(24))
        << "there may be none for hours";
}

TEST_F(NoaaWeather, NamesWhatIsWrong) {
    for (const auto& [params, text] : std::vector<std::pair<std::map<std::string, json>, std::string>>{
             {{{"state", "Cal"}}, "sources.noaa.custom_params.state: 'Cal' is not a state or territory of two letters"},
             {{{"staet", "CA"}}, "custom_params.staet: is not known here; there are kind, state, stations"},
             {{{"kind", "both"}}, "custom_params.kind: 'both' is not observations, alerts"},
             {{{"kind", "observations"}}, "custom_params.state: must be given for observations"},
             {{{"data_types", {"temperature"}}}, "custom_params.state: must be given for observations"},
             {{{"state", "CA"}, {"data_types", {"heat"}}},
              "custom_params.data_types: [\"heat\"] is not a list of these: temperature, dewpoint, humidity"},
             {{{"stations", {"K/BHM"}}}, "custom_params.stations: [\"K/BHM\"] is not a list of stations"},
             {{{"state", "CA"}, {"stations_per_poll", 0}},
              "custom_params.stations_per_poll: 0 is not a whole number from 1 to 100"},
             {{{"state", "CA"}, {"zones", "CAZ006"}}, "custom_params.zones: is for alerts"},
             {{{"kind", "alerts"}, {"stations", "KBHM"}}, "custom_params.stations: is for observations"}}) {
        EXPECT_THAT(problem(params), HasSubstr(text));
    }
}

TEST_F(NoaaWeather, UnderstandsEveryRecordedAnswer) {
    TRIBUTARY_NEEDS_RECORDING("nws/observations");
    clock_.advance(std::chrono::days(300)); // later than all of them
    for (const auto& entry : std::filesystem::directory_iterator(recordings::folder() / "nws/observations")) {
        web_.answer(observations_url("KBHM"), recordings::read(entry.path()));
        auto parts = make({{"stations", "KBHM"}});
        EXPECT_THAT(types_of(poll(parts)), ElementsAre("weather.observation.recorded")) << entry.path();
    }
    web_.answer(kAlerts, recordings::read("nws/alerts/active_2026-05-14T1635Z.json"));
    auto parts = make({});
    const auto types = types_of(poll(parts));
    EXPECT_GT(types.size(), 100U);
    EXPECT_THAT(types, testing::Each("weather.alert.issued"));
}

} // namespace
} // namespace services::ingest
