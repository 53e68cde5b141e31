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
using testing::Not;
using testing::Pair;
using testing::SizeIs;

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

TEST_F(NoaaWeather, ACancelOfNothingIsRejectedAndEndsNothing) {
    web_.answer(kAlerts, collection({alert("urn:a")}));
    auto parts = make({});
    (void)poll(parts);
    web_.answer(kAlerts, collection({cancel("urn:c", {})}));
    const auto rows = poll(parts);
    ASSERT_THAT(rows, SizeIs(1));
    EXPECT_EQ(rows[0].rejected, "references: a Cancel must name what it cancels");
}

/// A cache may show it once more, as it was last or before, also when it was never seen.
TEST_F(NoaaWeather, WhatWasCancelledDoesNotComeBack) {
    const auto list = [this](std::vector<json> features, const std::string& updated) {
        json whole = json::parse(collection(features));
        whole["updated"] = updated;
        web_.answer(kAlerts, whole.dump());
    };
    auto parts = make({});
    list({alert("urn:a")}, "2026-01-01T00:00:00Z");
    (void)poll(parts);
    list({alert("urn:a", "Changed")}, "2026-01-01T00:01:00Z");
    (void)poll(parts);
    const json by = cancel("urn:c", {"urn:a", "urn:never"});
    list({by}, "2026-01-01T00:02:00Z");
    const auto ends = poll(parts);
    EXPECT_THAT(types_of(ends), ElementsAre("weather.alert.cancelled", "weather.alert.cancelled"));
    for (const char* updated : {"2026-01-01T00:00:00Z", "2026-01-01T00:03:00Z"}) {
        list({alert("urn:a"), alert("urn:never")}, updated);
        for (const SourceRow& row : poll(parts)) {
            EXPECT_EQ(row.id, ends[0].id) << updated; // the end, said again
        }
    }
}

TEST_F(NoaaWeather, AnOldListIsNoNewsOfWhatHasEnded) {
    json by = alert("urn:b");
    by["properties"]["references"] = json::array({{{"identifier", "urn:a"}}});
    json first = json::parse(collection({alert("urn:a")}));
    json second = json::parse(collection({alert("urn:a", "Changed")}));
    json third = json::parse(collection({by}));
    first["updated"] = "2026-01-01T00:00:00Z";
    second["updated"] = "2026-01-01T00:01:00Z";
    third["updated"] = "2026-01-01T00:02:00Z";
    auto parts = make({});
    for (const json& list : {first, second, third}) {
        web_.answer(kAlerts, list.dump());
        (void)poll(parts);
    }
    web_.answer(kAlerts, first.dump());
    EXPECT_THAT(types_of(poll(parts)), Not(Contains("weather.alert.issued")));
}

/// What a list that ends nothing says of a Cancel is the same as what the next one says.
TEST_F(NoaaWeather, ACancelInAListWithABadRowIsToldOnce) {
    json bad = alert("urn:bad");
    bad["properties"].erase("event");
    web_.answer(kAlerts, collection({alert("urn:a")}));
    auto parts = make({});
    (void)poll(parts);
    web_.answer(kAlerts, collection({bad, alert("urn:a"), cancel("urn:c", {"urn:a"})}));
    const auto first = poll(parts);
    ASSERT_THAT(types_of(first), ElementsAre("rejected", "weather.alert.cancelled"));
    web_.answer(kAlerts, collection({}));
    (void)poll(parts);
    const auto second = poll(parts);
    ASSERT_THAT(types_of(second), ElementsAre("weather.alert.cancelled"));
    EXPECT_EQ(second[0].id, first[1].id);
}

TEST_F(NoaaWeather, AnAlertThatIsRejectedHasNotEnded) {
    json test = alert("urn:a");
    test["properties"]["status"] = "Test";
    web_.answer(kAlerts, collection({alert("urn:a")}));
    auto parts = make({});
    (void)poll(parts);
    web_.answer(kAlerts, collection({test}));
    for (int round = 0; round < 3; ++round) {
        EXPECT_THAT(types_of(poll(parts)), ElementsAre("rejected")) << round;
    }
}

TEST_F(NoaaWeather, APageInPlaceOfTheListIsAskedForAgainWhateverItsStatus) {
    web_.answer(kAlerts, HttpResponse{.status = 404, .body = "<html>"});
    auto parts = make({});
    EXPECT_TRUE(fetch(parts).error().retryable);
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

} // namespace
} // namespace services::ingest
