#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <filesystem>
#include <set>

#include "core/streaming/ingestion/api_client.hpp"
#include "services/ingest/source_types.hpp"
#include "services/weather/alert.hpp"
#include "services/weather/observation.hpp"
#include "tests/support/recordings.hpp"
#include "tests/support/source_handler_fixture.hpp"

namespace services::ingest {
namespace {

using nlohmann::json;
using streaming::HttpResponse;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;

json quantity(const std::string& unit, const json& value) {
    return {{"unitCode", unit}, {"value", value}, {"qualityControl", "V"}};
}

json observation(const std::string& station, const json& more = json::object()) {
    json properties{{"station", "https://api.weather.gov/stations/" + station},
                    {"timestamp", "2024-02-20T15:53:00+00:00"},
                    {"temperature", quantity("wmoUnit:degC", 13.9)},
                    {"relativeHumidity", quantity("wmoUnit:percent", 50)},
                    {"windSpeed", quantity("wmoUnit:km_h-1", 8)}};
    properties.update(more);
    return {{"type", "Feature"}, {"properties", properties}};
}

std::string collection(const std::vector<json>& features) {
    return json{{"type", "FeatureCollection"}, {"features", features}}.dump();
}

class NoaaWeather : public SourceTypeFixture {
protected:
    NoaaWeather() {
        add_source_types(types_);
        settings_.source_type = "noaa_weather";
        endpoint_ = "http://nws/";
        source_ = "noaa";
    }
    static std::string observations_url(const std::string& station) {
        return "http://nws/stations/" + station + "/observations?limit=1";
    }
    void answer_state(const std::vector<std::string>& stations) {
        std::vector<json> features;
        for (const std::string& station : stations) {
            features.push_back({{"type", "Feature"}, {"properties", {{"stationIdentifier", station}}}});
            web_.answer(observations_url(station), collection({observation(station)}));
        }
        web_.answer("http://nws/stations?state=CA&limit=500", collection(features));
    }
    static std::string type_of(const SourceRow& row) {
        return row.rejected ? "rejected" : json::parse(row.payload).at("type").get<std::string>();
    }
    static std::vector<std::string> types_of(const std::vector<SourceRow>& rows) {
        std::vector<std::string> types;
        for (const SourceRow& row : rows) {
            types.push_back(type_of(row));
        }
        return types;
    }
};

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

constexpr auto kAlerts = "http://nws/alerts/active?status=actual";

json alert(const std::string& id, const std::string& headline = "Fire weather") {
    return {{"type", "Feature"},
            {"geometry", nullptr},
            {"properties",
             {{"id", id},
              {"event", "Red Flag Warning"},
              {"messageType", "Alert"},
              {"headline", headline},
              {"sent", "2026-01-01T00:00:00+00:00"},
              {"effective", "2026-01-01T00:00:00+00:00"},
              {"expires", "2026-01-02T00:00:00+00:00"},
              {"affectedZones", json::array()}}}};
}

TEST_F(NoaaWeather, WithoutAPlaceItAsksForTheActiveAlertsOfTheCountry) {
    web_.answer(kAlerts, collection({alert("urn:a"), alert("urn:b")}));
    auto parts = make({});
    EXPECT_THAT(types_of(poll(parts)), ElementsAre("weather.alert.issued", "weather.alert.issued"));
    EXPECT_THAT(urls(), ElementsAre(kAlerts));
    for (const auto& [params, query] : std::vector<std::pair<std::map<std::string, json>, std::string>>{
             {{{"kind", "alerts"}, {"state", "CA"}}, "&area=CA"},
             {{{"zones", {"CAZ006", "COC008"}}}, "&zone=CAZ006,COC008"}}) {
        auto some = make(params);
        (void)fetch(some);
        EXPECT_EQ(urls().back(), kAlerts + query);
    }
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

TEST_F(NoaaWeather, TellsHowAlertsChangeAndEnd) {
    web_.answer(kAlerts, collection({alert("urn:a")}));
    auto parts = make({});
    const json issued = json::parse(poll(parts).at(0).payload).at("data");
    web_.answer(kAlerts, collection({alert("urn:a", "Changed")}));
    const auto changed = poll(parts);
    EXPECT_THAT(types_of(changed), ElementsAre("weather.alert.updated"));
    EXPECT_EQ(json::parse(changed[0].payload).at("data").at("revises"), issued.at("content"));
    web_.answer(kAlerts, collection({}));
    EXPECT_THAT(poll(parts), IsEmpty()); // a cache may have given out an old list
    const auto ended = poll(parts);
    EXPECT_THAT(types_of(ended), ElementsAre("weather.alert.cancelled"));
    EXPECT_EQ(json::parse(ended[0].payload).at("data").at("revision"), 2);
    EXPECT_EQ(poll(parts).at(0).id, ended[0].id);
}

TEST_F(NoaaWeather, AlertsOfAListWithAnotherPageEndNotAndOfTheLastPageDo) {
    for (const auto& [next, last] : {std::pair(json("http://nws/2"), false), std::pair(json(7), false),
                                     std::pair(json(), true), std::pair(json(""), true)}) {
        SCOPED_TRACE(next.dump());
        web_.answer(kAlerts, collection({alert("urn:" + next.dump())})); // beside those of the rounds before
        auto parts = make({});
        (void)poll(parts);
        json empty = json::parse(collection({}));
        empty["pagination"] = {{"next", next}};
        web_.answer(kAlerts, empty.dump());
        (void)poll(parts);
        std::size_t ends = 0;
        for (const SourceRow& row : poll(parts)) {
            ends += json::parse(row.payload).at("data").at("id") == "urn:" + next.dump() ? 1 : 0;
        }
        EXPECT_EQ(ends, last ? 1U : 0U);
    }
}

TEST_F(NoaaWeather, TellsWhyAnAlertEnded) {
    json over = alert("urn:over");
    over["properties"]["expires"] = "2026-01-01T00:00:01+00:00";
    json by = alert("urn:by");
    by["properties"]["references"] = json::array({{{"identifier", "urn:old"}}});
    clock_.advance(std::chrono::hours(24 * 365 * 100));
    by["properties"]["expires"] = "2200-01-01T00:00:00+00:00";
    json old = alert("urn:old");
    old["properties"]["expires"] = "2200-01-01T00:00:00+00:00";
    web_.answer(kAlerts, collection({over, old}));
    auto parts = make({});
    EXPECT_THAT(poll(parts), SizeIs(2));
    web_.answer(kAlerts, collection({by}));
    for (int i = 0; i < 2; ++i) {
        const auto rows = poll(parts);
        ASSERT_THAT(types_of(rows),
                    ElementsAre("weather.alert.issued", "weather.alert.cancelled", "weather.alert.expired"));
        EXPECT_EQ(json::parse(rows[1].payload).at("data").at("replaced_by"), "urn:by");
    }
}

/// A message that says that the alerts with these ids are over.
json cancel(const std::string& id, const std::vector<std::string>& ids) {
    json message = alert(id);
    message["properties"]["messageType"] = "Cancel";
    message["properties"]["references"] = json::array();
    for (const std::string& one : ids) {
        message["properties"]["references"].push_back({{"identifier", one}});
    }
    return message;
}

TEST_F(NoaaWeather, ACancelEndsWhatItNamesAtOnceAndIsNoAlert) {
    web_.answer(kAlerts, collection({alert("urn:a"), alert("urn:b")}));
    auto parts = make({});
    EXPECT_THAT(poll(parts), SizeIs(2));
    std::set<std::string> ids;
    const json by = cancel("urn:c", {"urn:a"});
    for (const std::vector<json>& list :
         {std::vector{by, alert("urn:a"), alert("urn:b")}, std::vector{alert("urn:b"), alert("urn:a"), by},
          std::vector{alert("urn:b"), by}, std::vector{alert("urn:b"), alert("urn:a")}, std::vector{alert("urn:b")}}) {
        web_.answer(kAlerts, collection(list));
        const auto rows = poll(parts);
        ASSERT_THAT(types_of(rows), ElementsAre("weather.alert.issued", "weather.alert.cancelled")); // of urn:b, urn:a
        const json end = json::parse(rows[1].payload).at("data");
        EXPECT_EQ(end.at("id"), "urn:a");
        EXPECT_EQ(end.at("reason"), "cancelled");
        EXPECT_EQ(end.at("cancelled_by"), "urn:c");
        EXPECT_EQ(json(end.get<weather::AlertCancelled>()), end);
        ids.insert(rows[1].id);
    }
    EXPECT_THAT(ids, SizeIs(1));
}

TEST_F(NoaaWeather, ACancelOfAlertsThatWereNeverSeenSaysSoOfEach) {
    json by = cancel("urn:c", {"urn:b", "urn:a"});
    by["properties"]["parameters"] = {{"VTEC", {"/O.CAN.KPUB.FW.W.0036.000000T0000Z-260102T0000Z/"}}};
    web_.answer(kAlerts, collection({by}));
    auto parts = make({});
    const auto rows = poll(parts);
    ASSERT_THAT(types_of(rows), ElementsAre("weather.alert.cancelled", "weather.alert.cancelled"));
    EXPECT_EQ(json::parse(rows[0].payload).at("data"), (json{{"id", "urn:a"},
                                                             {"event", "Red Flag Warning"},
                                                             {"reason", "cancelled"},
                                                             {"cancelled_by", "urn:c"},
                                                             {"ended_at", "2026-01-01T00:00:00.000Z"},
                                                             {"key", "KPUB.FW.W.0036"},
                                                             {"feed", "status=actual"},
                                                             {"revision", 0}}));
    EXPECT_EQ(rows[0].key, "KPUB.FW.W.0036");
    EXPECT_NE(rows[0].id, rows[1].id);
    EXPECT_EQ(poll(parts).at(0).id, rows[0].id);
    // Even with a list that is not complete, and under the id it has where the alert was seen.
    json part = json::parse(collection({alert("urn:a"), by}));
    part["pagination"] = {{"next", "http://nws/2"}};
    web_.answer(kAlerts, part.dump());
    const auto again = poll(parts);
    ASSERT_THAT(again, SizeIs(2));
    EXPECT_EQ(again[0].id, rows[0].id);
    web_.answer(kAlerts, collection({}));
    EXPECT_THAT(poll(parts), IsEmpty()) << "a Cancel is on no list of what is active";
}

TEST_F(NoaaWeather, OfWhatEndedBeforeACancelTellsNothing) {
    json by = alert("urn:by");
    by["properties"]["references"] = json::array({{{"identifier", "urn:a"}}});
    web_.answer(kAlerts, collection({alert("urn:a")}));
    auto parts = make({});
    (void)poll(parts);
    web_.answer(kAlerts, collection({by}));
    const auto replaced = poll(parts).at(1);
    web_.answer(kAlerts, collection({cancel("urn:c2", {"urn:a", "urn:by"}), cancel("urn:c1", {"urn:by"})}));
    const auto rows = poll(parts);
    ASSERT_THAT(types_of(rows), ElementsAre("weather.alert.cancelled", "weather.alert.cancelled"));
    EXPECT_EQ(rows[0].id, replaced.id);
    EXPECT_EQ(json::parse(rows[1].payload).at("data").at("cancelled_by"), "urn:c1"); // in whatever order they come
}

TEST_F(NoaaWeather, ACancelOfNothingIsRejected) {
    web_.answer(kAlerts, collection({cancel("urn:c", {})}));
    auto parts = make({});
    EXPECT_EQ(poll(parts).at(0).rejected, "references: a Cancel must name what it cancels");
}

TEST_F(NoaaWeather, SaysAnAlertAgainForAsLongAsItIsListedSoThatItIsNotLostOnItsWay) {
    web_.answer(kAlerts, collection({alert("urn:a")}));
    auto parts = make({});
    const SourceRow issued = poll(parts).at(0);
    for (int answer = 0; answer < 30; ++answer) {
        clock_.advance(std::chrono::hours(5));
        EXPECT_EQ(poll(parts).at(0).id, issued.id);
    }
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
