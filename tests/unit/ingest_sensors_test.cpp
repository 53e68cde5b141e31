#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <cstdlib>

#include "services/ingest/source_types.hpp"
#include "tests/support/recordings.hpp"
#include "tests/support/source_handler_fixture.hpp"

namespace services::ingest {
namespace {

using nlohmann::json;
using streaming::ErrorCode;
using streaming::HttpResponse;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::Optional;
using testing::Pair;
using testing::SizeIs;

class PurpleAir : public SourceTypeFixture {
protected:
    PurpleAir() {
        ::unsetenv("PURPLEAIR_API_KEY");
        add_source_types(types_);
        settings_.source_type = "purpleair";
        endpoint_ = "http://air";
    }
    std::string url_ = "http://air/v1/sensors?fields=sensor_index,last_seen,pm2.5,humidity";
    const std::map<std::string, json> params_{{"api_key", "5ecret"}, {"fields", {"pm2.5", "humidity"}}};
};

TEST_F(PurpleAir, SendsAReadingForEachRow) {
    web_.answer(url_, R"({"fields":["sensor_index","last_seen","pm2.5","humidity"],
        "data":[[7,1767225600,5.5,null],[8,1767225601,1,2],[9,null,1,2],[10,1],3]})");
    auto parts = make(params_);
    const auto rows = poll(parts);
    EXPECT_THAT(web_.requests().at(0).headers, Contains(Pair("X-API-Key", "5ecret")));
    ASSERT_THAT(rows, SizeIs(5));
    EXPECT_EQ(rows[0].key, "7");
    const json event = json::parse(rows[0].payload);
    EXPECT_EQ(event.at("type"), "airquality.reading.recorded");
    EXPECT_EQ(event.at("data"), json({{"sensor_index", 7},
                                      {"last_seen", 1767225600},
                                      {"observed_at", "2026-01-01T00:00:00.000Z"},
                                      {"pm2.5", 5.5}}));
    EXPECT_EQ(rows[2].rejected, "last_seen: there is no whole number");
    EXPECT_EQ(rows[3].rejected, "the row has 2 values, there are 4 fields");
    EXPECT_TRUE(rows[4].rejected);
}

TEST_F(PurpleAir, LeavesOutWhatCannotBeAndRejectsWhatHasNoTimeOrSensor) {
    web_.answer(url_, R"({"fields":["sensor_index","last_seen","pm2.5","humidity"],"data":[
        [7,1767225600,-7,300],[7,1767225601,"x",40],[7,-1,1,2],[7,0,1,2],[7,946684799,1,2],[-1,1767225600,1,2],
        [0,1767225600,1,2],[7,18446744073709551615,1,2]]})");
    auto parts = make(params_);
    const auto rows = poll(parts);
    ASSERT_THAT(rows, SizeIs(8));
    EXPECT_EQ(json::parse(rows[0].payload).at("data"), json({{"sensor_index", 7},
                                                             {"last_seen", 1767225600},
                                                             {"observed_at", "2026-01-01T00:00:00.000Z"},
                                                             {"left_out", {{"pm2.5", -7}, {"humidity", 300}}}}));
    EXPECT_EQ(json::parse(rows[1].payload).at("data").at("left_out"), json({{"pm2.5", "x"}}));
    for (std::size_t i = 2; i < rows.size(); ++i) {
        EXPECT_THAT(rows[i].rejected, Optional(HasSubstr("is not a whole number from"))) << i;
    }
    EXPECT_EQ(rows[2].rejected, "last_seen: -1 is not a whole number from 946684800");
    EXPECT_EQ(rows[5].rejected, "sensor_index: -1 is not a whole number from 1");
}

/// A sensor may not have been heard of for a week.
TEST_F(PurpleAir, TheTimeOfTheAnswerIsNotThatOfAReading) {
    web_.answer(url_, R"({"fields":["sensor_index","pm2.5"],"data_time_stamp":1767225600,"data":[[7,1]]})");
    auto parts = make(params_);
    EXPECT_EQ(json::parse(poll(parts).at(0).payload).at("data"),
              json({{"sensor_index", 7}, {"pm2.5", 1}, {"as_of", "2026-01-01T00:00:00.000Z"}}));
}

TEST_F(PurpleAir, AReadingIsKnownBySensorAndTime) {
    const auto id = [this](const std::string& row) {
        web_.answer(url_, R"({"fields":["sensor_index","last_seen","pm2.5"],"data":[)" + row + "]}");
        auto parts = make(params_);
        return poll(parts).at(0).id;
    };
    EXPECT_EQ(id("[7,1767225600,1]"), id("[7,1767225600,2]"));
    EXPECT_NE(id("[7,1767225600,1]"), id("[7,1767225601,1]"));
    EXPECT_NE(id("[7,1767225600,1]"), id("[8,100,1]"));
}

TEST_F(PurpleAir, AsksForWhatIsNewSinceTheLastAnswerThatArrived) {
    const auto table = [](int time) {
        return R"({"fields":["sensor_index","last_seen"],"data":[[7,1700000000]],"data_time_stamp":)" +
               std::to_string(time) + "}";
    };
    web_.answer(url_, table(100));
    web_.answer(url_ + "&modified_since=100", table(200));
    web_.answer(url_ + "&modified_since=200", table(150)); // out of a cache
    auto parts = make(params_);
    for (const bool arrives : {false, true, false, true, true, true}) {
        fetch(parts).value().receipt->complete(arrives);
    }
    EXPECT_THAT(urls(), ElementsAre(url_, url_, url_ + "&modified_since=100", url_ + "&modified_since=100",
                                    url_ + "&modified_since=200", url_ + "&modified_since=200"));
}

TEST_F(PurpleAir, GoesOnAfterARestartWhereItsReadingsHadArrived) {
    const auto table = [](int time) {
        return R"({"fields":["sensor_index","last_seen"],"data":[[7,1700000000]],"data_time_stamp":)" +
               std::to_string(time) + "}";
    };
    web_.answer(url_, table(100));
    web_.answer(url_ + "&modified_since=100", table(200));
    {
        auto before = make(params_);
        (void)poll(before);
        const auto on_its_way = fetch(before); // killed before its readings arrived
    }
    auto after = make(params_);
    (void)fetch(after);
    auto other = make({{"api_key", "5ecret"}, {"fields", {"pm2.5"}}});
    (void)fetch(other);
    EXPECT_THAT(urls(), ElementsAre(url_, url_ + "&modified_since=100", url_ + "&modified_since=100",
                                    "http://air/v1/sensors?fields=sensor_index,last_seen,pm2.5"))
        << "what was asked for otherwise tells nothing";
    for (const char* damaged : {"", "7", R"({"since":100})", R"({"asked":7,"since":"x"})"}) {
        ASSERT_TRUE(cursors_.save("source_a.since", damaged).ok());
        auto anew = make(params_);
        (void)fetch(anew);
        EXPECT_EQ(urls().back(), url_) << damaged;
    }
}

TEST_F(PurpleAir, WaitsWhileItIsNotKnownWhereItWas) {
    class Away final : public streaming::CursorStore {
    public:
        streaming::Result<std::optional<std::string>> load(std::string_view) override {
            return streaming::Error{.code = ErrorCode::unavailable, .message = "redis is away"};
        }
        streaming::Status save(std::string_view, std::string_view) override { return {}; }
    } away;
    auto parts = make(params_);
    const auto failed = parts.connector->fetch({.http = http_, .stop = {}, .cursors = &away});
    EXPECT_EQ(failed.error().message, "what was fetched last cannot be read: redis is away");
    EXPECT_TRUE(failed.error().retryable);
    EXPECT_THAT(urls(), testing::IsEmpty()) << "a week of readings costs";
}

TEST_F(PurpleAir, RejectsReadingsOfTheFutureAndAsksForNoneSince) {
    web_.answer(url_, R"({"fields":["sensor_index","last_seen"],
        "data":[[7,1767229200],[8,1767229201]],"data_time_stamp":1767229201})"); // it is 1767225600
    auto parts = make(params_);
    const auto rows = poll(parts);
    ASSERT_THAT(rows, SizeIs(2));
    EXPECT_EQ(rows[0].rejected, std::nullopt);
    EXPECT_EQ(rows[1].rejected, "last_seen: 2026-01-01T01:00:01.000Z is more than 3600 s from now (max_ahead_seconds)");
    EXPECT_EQ(payload_time_, std::nullopt);
    (void)fetch(parts);
    EXPECT_EQ(urls().back(), url_);
}

TEST_F(PurpleAir, AnAnswerIsOfTheTimeThatItSays) {
    web_.answer(url_, R"({"fields":["sensor_index","last_seen"],"data":[],"data_time_stamp":1767225000})");
    auto parts = make(params_);
    (void)poll(parts);
    EXPECT_EQ(payload_time_, clock_.system_now() - std::chrono::minutes(10));
    EXPECT_EQ(parts.defaults.max_age, std::chrono::hours(1));
}

TEST_F(PurpleAir, AsksForABoxAndTakesItsKeyFromTheEnvironment) {
    EXPECT_THAT(problem({}),
                HasSubstr("custom_params.api_key: must be given, here or in the variable PURPLEAIR_API_KEY"));
    ::setenv("PURPLEAIR_API_KEY", "5ecret", 1);
    auto parts = make({{"box", "-124,32,-114.5,42"}});
    ::unsetenv("PURPLEAIR_API_KEY");
    (void)fetch(parts);
    EXPECT_THAT(urls(),
                ElementsAre("http://air/v1/sensors?fields=sensor_index,last_seen,name,latitude,longitude,humidity,"
                            "temperature,pm2.5&nwlng=-124&nwlat=42&selng=-114.5&selat=32"));
}

TEST_F(PurpleAir, TellsARefusalByItsNameAndShowsNoKey) {
    web_.answer(url_,
                {.status = 403, .body = R"({"error":"ApiKeyInvalidError","description":"5ecret was not valid"})"});
    auto parts = make(params_);
    const auto failed = fetch(parts);
    ASSERT_FALSE(failed.ok());
    EXPECT_EQ(failed.error().code, ErrorCode::not_authorized);
    EXPECT_EQ(failed.error().message, "air answered 403: ApiKeyInvalidError");
    for (const auto* body : {"", "5ecret", R"({"error":"a 5ecret"})", R"({"error":7})", "[]"}) {
        web_.answer(url_, {.status = 429, .body = body});
        EXPECT_THAT(fetch(parts).error().message, Not(HasSubstr("5ecret")));
        EXPECT_TRUE(fetch(parts).error().retryable);
    }
}

TEST_F(PurpleAir, RefusesAnAnswerThatIsNoTable) {
    auto parts = make(params_);
    for (const std::string& body : {std::string("<html>"), std::string("[]"), std::string(R"({"data":null})"),
                                    std::string(200'000, '['), std::string()}) {
        web_.answer(url_, body);
        EXPECT_FALSE(fetch(parts).ok()) << body.substr(0, 40);
    }
    for (const char* body : {R"({"fields":["sensor_index","last_seen","pm2.5","pm2.5"],"data":[]})",
                             R"({"fields":["last_seen"],"data":[]})", R"({"fields":7,"data":[]})", R"({"data":[]})"}) {
        web_.answer(url_, body);
        EXPECT_THROW((void)poll(parts), streaming::PermanentError) << body;
    }
}

TEST_F(PurpleAir, NamesWhatIsWrong) {
    EXPECT_THAT(problem({{"api_key", "5ecret\r\nX: 1"}}),
                testing::AllOf(HasSubstr("custom_params.api_key"), Not(HasSubstr("5ecret"))));
    EXPECT_THAT(problem({{"api_key", "k"}, {"fields", {"a&b"}}}), HasSubstr("custom_params.fields: [\"a&b\"] is not"));
    EXPECT_THAT(problem({{"api_key", "k"}, {"box", "1"}}), HasSubstr("custom_params.box: '1' is not"));
}

TEST_F(PurpleAir, UnderstandsTheRecordedAnswers) {
    TRIBUTARY_NEEDS_RECORDING("purpleair/get_sensors_response.json");
    json answer = json::parse(recordings::read("purpleair/get_sensors_response.json"));
    answer["fields"].push_back("last_seen"); // was not asked for when it was recorded
    for (json& row : answer["data"]) {
        row.push_back(answer["data_time_stamp"]);
    }
    web_.answer(url_, answer.dump());
    auto parts = make(params_);
    const auto rows = poll(parts);
    ASSERT_THAT(rows, SizeIs(5));
    for (const SourceRow& row : rows) {
        EXPECT_EQ(row.rejected, std::nullopt);
    }
    web_.answer(url_ + "&modified_since=1667503531",
                {.status = 403, .body = recordings::read("purpleair/error_invalid_api_key_response.json")});
    EXPECT_EQ(fetch(parts).error().message, "air answered 403: ApiKeyInvalidError");
}

class IotSensor : public SourceTypeFixture {
protected:
    IotSensor() {
        add_source_types(types_);
        settings_.source_type = "iot_sensor";
        endpoint_ = "http://iot/readings";
    }
    std::vector<SourceRow> rows(const std::string& body, std::map<std::string, json> params = {}) {
        web_.answer("http://iot/readings", body);
        auto parts = make(std::move(params));
        return poll(parts);
    }
    std::string id(const std::string& record) { return rows("[" + record + "]").at(0).id; }
};

TEST_F(IotSensor, SendsAReadingUnderItsDevice) {
    const auto all = rows(R"([{"device_id":"d1","timestamp":"2026-01-01T00:00:00Z","t":1.5},{"t":1},7])");
    ASSERT_THAT(all, SizeIs(3));
    EXPECT_EQ(all[0].key, "d1");
    EXPECT_EQ(json::parse(all[0].payload).at("type"), "iot.reading.recorded");
    EXPECT_EQ(json::parse(all[0].payload).at("data").at("t"), 1.5);
    EXPECT_THAT(all[1].rejected, testing::Optional(HasSubstr("device_id: the reading has no text or number at")));
    EXPECT_EQ(all[2].rejected, "row 3: the record is no JSON object");
}

TEST_F(IotSensor, AReadingIsKnownByDeviceAndTimeOrSequence) {
    EXPECT_EQ(id(R"({"device_id":"d","timestamp":1767139200,"t":1})"),
              id(R"({"device_id":"d","timestamp":1767139200,"t":2})"));
    EXPECT_NE(id(R"({"device_id":"d","timestamp":1767139200})"), id(R"({"device_id":"d","timestamp":1767139201})"));
    EXPECT_NE(id(R"({"device_id":"d","timestamp":1767139200})"), id(R"({"device_id":"e","timestamp":1767139200})"));
    EXPECT_EQ(id(R"({"sensor_id":"d","seq":1,"t":1})"), id(R"({"sensor_id":"d","seq":1,"t":2})"));
    EXPECT_NE(id(R"({"sensor_id":"d","seq":1})"), id(R"({"sensor_id":"d","timestamp":1767139200})"));
}

TEST_F(IotSensor, WhatIsThereAndIsNoDeviceTimeOrSequenceIsRejectedByName) {
    const auto why = [&](const std::string& record, std::map<std::string, json> params = {}) {
        return rows("[" + record + "]", std::move(params)).at(0).rejected.value_or("an event");
    };
    EXPECT_EQ(why(R"({"device_id":true,"id":"d"})"), "row 1: device_id: true at device_id is no text or number");
    EXPECT_EQ(why(R"({"device_id":null})"), "row 1: device_id: null at device_id is no text or number");
    EXPECT_EQ(why(R"({"device_id":{"a":1}})"), "row 1: device_id: {\"a\":1} at device_id is no text or number");
    EXPECT_EQ(why(R"({"device":""})"), "row 1: device_id: \"\" at device is no text or number");
    EXPECT_EQ(why(R"({"device":{"fw":1},"id":7})"), "an event");
    const std::string forms =
        "is no time: RFC 3339, 2026-01-05 10:00:00, 2026-01-05, or a number above 0; others by "
        "event_time_format";
    for (const char* time : {"yesterday", "10:00:00", "0", "-5", "2026-13-01"}) {
        EXPECT_EQ(why(std::string(R"({"id":"d","time":")") + time + R"("})"),
                  "row 1: event_time: '" + std::string(time) + "' " + forms);
    }
    EXPECT_EQ(why(R"({"id":"d","ts":0})"), "row 1: event_time: '0' " + forms);
    EXPECT_EQ(why(R"({"id":"d","ts":"1970-01-01T00:00:00Z"})"),
              "row 1: event_time: '1970-01-01T00:00:00Z' is before 2000");
    EXPECT_EQ(why(R"({"id":"d","ts":"1.7641E+12"})"),
              "row 1: event_time: '1.7641E+12' at ts is a number that was rounded");
    EXPECT_EQ(why(R"({"id":"1.23E+11"})"), "row 1: device_id: '1.23E+11' at id is a number that was rounded");
    EXPECT_EQ(why(R"({"id":"d","seq":"NaN"})"), "row 1: sequence: 'NaN' at seq is no value");
    EXPECT_THAT(why(R"({"id":"d","ts":"2099-11-26T10:00:00Z"})"), HasSubstr("is more than 3600 s from now (max_ahead"));
    EXPECT_EQ(why(R"({"id":"d","ts":"2099-11-26T10:00:00Z"})", {{"max_ahead_seconds", 3'000'000'000}}), "an event");
    EXPECT_EQ(why(R"({"id":"d","ts":true})"), "row 1: event_time: true at ts is no text or number");
    EXPECT_EQ(why(R"({"id":"d","time":{"s":1}})"), "row 1: event_time: {\"s\":1} at time is no text or number");
    EXPECT_EQ(why(R"({"id":"d","seq":[1]})"), "row 1: sequence: [1] at seq is no text or number");
    for (const char* time : {"\"2025-12-05T10:00:00Z\"", "\"2025-12-05T10:00:00\"", "\"2025-12-05 10:00\"",
                             "\"2025-12-05\"", "1767139200", "\"1767139200.5\"", "null"}) {
        EXPECT_EQ(why(std::string(R"({"id":"d","time":)") + time + "}"), "an event") << time;
    }
}

TEST_F(IotSensor, AReadingWithoutTheTimeThatItIsToHaveIsRejected) {
    const auto why = [&](const std::string& record, const json& format = {}) {
        std::map<std::string, json> params{{"event_time", "at"}};
        if (!format.is_null()) {
            params["event_time_format"] = format;
        }
        return rows("[" + record + "]", std::move(params)).at(0).rejected.value_or("an event");
    };
    const std::string none = "row 1: event_time: the reading has no time at at, and no sequence";
    EXPECT_EQ(why(R"({"id":"d","time":5})"), none);
    EXPECT_EQ(why(R"({"id":"d","at":null})"), none);
    EXPECT_EQ(why(R"({"id":"d","seq":1})"), "an event");
    EXPECT_EQ(why(R"({"id":"d","at":"05/12/2025 10:00"})", "%d/%m/%Y %R"), "an event");
    EXPECT_EQ(why(R"({"id":"d","at":5})", "%d/%m/%Y %R"),
              "row 1: event_time: '5' is no time: not of the form of event_time_format");
    EXPECT_THAT(problem({{"url", "http://x/y"}, {"event_time_format", "soon"}}),
                HasSubstr("custom_params.event_time_format"));
}

/// Seconds since the device was started begin anew with it.
TEST_F(IotSensor, ANumberThatIsNoTimeOfOurDaysIsNoKeyAlone) {
    const auto id = [&](const std::string& record) { return rows("[" + record + "]").at(0).id; };
    EXPECT_NE(id(R"({"id":"d","ts":12,"v":1})"), id(R"({"id":"d","ts":12,"v":2})"));
    EXPECT_EQ(id(R"({"id":"d","ts":12,"v":1})"), id(R"({"v":1,"ts":12,"id":"d"})"));
    for (const char* time : {"1767139200", "1767139200000", "1767139200000000", "1767139200000000000"}) {
        EXPECT_EQ(id(std::string(R"({"id":"d","v":1,"ts":)") + time + "}"),
                  id(std::string(R"({"id":"d","v":2,"ts":)") + time + "}"))
            << time;
    }
    for (const char* time : {"1767229201", "1767229201000", "4000000000"}) { // more than an hour from now
        EXPECT_THAT(rows(std::string(R"([{"id":"d","ts":)") + time + "}]").at(0).rejected,
                    Optional(HasSubstr("(max_ahead_seconds)")));
    }
}

TEST_F(IotSensor, KeepsTheDigitsOfAReading) {
    const auto all = rows(R"([{"id":"d","x":123456789012345678901,"time":5},{"id":"d","x":1,"x":2,"time":6}])");
    EXPECT_THAT(all.at(0).payload, HasSubstr(R"("x":123456789012345678901)"));
    EXPECT_EQ(all.at(1).rejected, "row 2: the name x stands twice in one object");
}

TEST_F(IotSensor, WithoutEitherItIsKnownByContentAndMinute) {
    const std::string first = id(R"({"device_id":"d","t":1})");
    EXPECT_EQ(id(R"({"t":1,"device_id":"d"})"), first);
    EXPECT_NE(id(R"({"device_id":"d","t":2})"), first);
    clock_.advance(std::chrono::minutes(1));
    EXPECT_NE(id(R"({"device_id":"d","t":1})"), first);
}

TEST_F(IotSensor, ReadsWhereItIsTold) {
    const auto all =
        rows(R"({"items":[{"where":{"name":"d"},"at":5,"n":6}]})",
             {{"records", "items"}, {"device_id", "/where/name"}, {"event_time", "at"}, {"sequence", "n"}});
    ASSERT_THAT(all, SizeIs(1));
    EXPECT_EQ(all[0].key, "d");
}

TEST_F(IotSensor, NeedsToKnowWhere) {
    endpoint_ = "";
    EXPECT_EQ(
        problem({}),
        "sources.source_a.custom_params.url: must be given, here or as api_endpoints.iot_sensor: where the readings "
        "are");
    EXPECT_EQ(problem({{"url", "http://x/y"}}), "");
    EXPECT_THAT(problem({{"url", "x"}}), HasSubstr("custom_params.url: is neither"));
}

TEST(SourceTypes, AreThoseThatConfigurationsName) {
    EXPECT_THAT(source_types().names(), ElementsAre("file", "http_csv", "http_json", "iot_sensor", "kite_ticker",
                                                    "nasa_firms", "noaa_weather", "purpleair", "webhook"));
}

} // namespace
} // namespace services::ingest
