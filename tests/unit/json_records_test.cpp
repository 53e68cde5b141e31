#include "core/streaming/ingestion/json_records.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/support/source_handler_fixture.hpp"

namespace {

using namespace streaming;
using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class JsonRecords : public SourceHandlerFixture {
protected:
    std::vector<SourceRow> rows(const std::string& body) { return handle(json_records(options_), {.body = body}); }
    json data(const SourceRow& row) { return json::parse(row.payload).at("data"); }
    std::string refusal(const std::string& body) {
        try {
            (void)rows(body);
        } catch (const PermanentError& problem) {
            return problem.what();
        }
        return "";
    }

    JsonRecordsOptions options_{.record = {.event_type = "thing.recorded"}};
};

TEST_F(JsonRecords, OfAnArrayAnObjectOrLines) {
    EXPECT_THAT(rows(R"([{"id":1},{"id":2}])"), SizeIs(2));
    EXPECT_THAT(rows("{\"id\":1,\n\"x\":2}"), SizeIs(1));
    EXPECT_THAT(rows("{\"id\":1}\n\n{\"id\":2}\r\n{\"id\":3}"), SizeIs(3));
    EXPECT_THAT(rows("\xEF\xBB\xBF [ ] \n"), IsEmpty());
    EXPECT_THAT(rows(" \n"), IsEmpty());
}

TEST_F(JsonRecords, AreFoundByNameOrPointer) {
    options_.records = "items";
    EXPECT_THAT(rows(R"({"items":[{"id":1}]})"), SizeIs(1));
    options_.records = "/data/0/items";
    EXPECT_THAT(rows(R"({"data":[{"items":[{"id":1},{"id":2}]}]})"), SizeIs(2));
    EXPECT_EQ(refusal(R"({"data":[]})"), "records: the answer has no array at /data/0/items");
}

TEST_F(JsonRecords, OfAnObjectHaveItsNamesAsAMember) {
    options_.records = "/data";
    options_.keyed_by = "instrument";
    options_.record.natural_key = {"instrument", "time"};
    const auto all = rows(
        R"({"data":{"NSE:INFY":{"time":1,"price":2},"NSE:TCS":{"time":1},"X":null,"Y":{"instrument":"Z"},"Z":{}}})");
    ASSERT_THAT(all, SizeIs(5));
    EXPECT_EQ(all[0].key, "NSE:INFY|1");
    EXPECT_EQ(data(all[0]), json({{"instrument", "NSE:INFY"}, {"time", 1}, {"price", 2}}));
    EXPECT_EQ(all[1].rejected, std::nullopt);
    EXPECT_EQ(all[2].rejected, "row 3: X is no JSON object");
    EXPECT_EQ(all[2].payload, R"({"X":null})");
    EXPECT_EQ(all[3].rejected, "row 4: records_keyed_by: Y has a member instrument of its own");
    EXPECT_EQ(all[4].rejected, "row 5: natural_key: the record has no text or number at time");
    EXPECT_THAT(rows(R"({"data":{}})"), IsEmpty());
    EXPECT_THAT(rows(" "), IsEmpty());
    EXPECT_EQ(refusal(R"({"status":"error"})"), "records: the answer has no object at /data");
    options_.records = "";
    EXPECT_THAT(rows(R"({"NSE:TCS":{"time":1}})"), SizeIs(1));
    EXPECT_EQ(refusal("[]"), "records: the answer has no object at its top");
}

TEST_F(JsonRecords, OfColumnsHaveNoNames) {
    const auto refused = json_records_options(
        {{"records", {{"columns", "a"}, {"rows", "b"}}}, {"records_keyed_by", "instrument"}}, "thing");
    ASSERT_FALSE(refused.ok());
    EXPECT_THAT(refused.error().message,
                HasSubstr("custom_params.records_keyed_by: 'instrument' is not for records of"));
}

TEST_F(JsonRecords, BecomeEventsWithTheirContent) {
    const auto all = rows(R"([{"id":"a","big":18446744073709551615,"half":0.5,"text":"ü\n"}])");
    ASSERT_THAT(all, SizeIs(1));
    EXPECT_EQ(all[0].key, "a");
    EXPECT_EQ(json::parse(all[0].payload).at("type"), "thing.recorded");
    EXPECT_EQ(data(all[0]), json::parse(R"({"id":"a","big":18446744073709551615,"half":0.5,"text":"ü\n"})"));
}

TEST_F(JsonRecords, HaveTheSameIdWhenTheyAreReadAgain) {
    const auto id = [this](const std::string& record) { return rows("[" + record + "]").at(0).id; };
    EXPECT_EQ(id(R"({"id":1,"x":1})"), id(R"({"x":2,"id":1})"));
    EXPECT_NE(id(R"({"id":1})"), id(R"({"id":"1"})"));
    EXPECT_EQ(id(R"({"x":1,"y":[2]})"), id(R"({ "y" : [2], "x" : 1 })")); // no id: the content
    EXPECT_NE(id(R"({"x":1})"), id(R"({"x":2})"));
    EXPECT_EQ(id(R"({"uuid":"u","event_id":"e"})"), id(R"({"event_id":"e"})"));
    options_.record.natural_key = {"a", "/b/c"};
    EXPECT_EQ(id(R"({"a":1,"b":{"c":true},"id":1})"), id(R"({"a":1,"b":{"c":true},"id":2})"));
    EXPECT_NE(id(R"({"a":"x|y","b":{"c":"z"}})"), id(R"({"a":"x","b":{"c":"y|z"}})"));
}

TEST_F(JsonRecords, HaveTheKafkaKeyThatIsAskedFor) {
    EXPECT_EQ(rows(R"([{"id":7}])").at(0).key, "7");
    options_.record.natural_key = {"device", "time"};
    EXPECT_EQ(rows(R"([{"device":"d","time":5}])").at(0).key, "d|5");
    options_.record.kafka_key = "device";
    EXPECT_EQ(rows(R"([{"device":"d","time":5}])").at(0).key, "d");
}

TEST_F(JsonRecords, OneThatCannotBeUnderstoodIsRejectedAlone) {
    options_.record.natural_key = {"id"};
    const auto all = rows(R"([7,{"id":null},{"id":""},{"id":[1]},{"id":1}])");
    ASSERT_THAT(all, SizeIs(5));
    EXPECT_EQ(all[0].rejected, "row 1: the record is no JSON object");
    EXPECT_EQ(all[0].payload, "7");
    for (const std::size_t bad : {1U, 2U, 3U}) {
        EXPECT_EQ(all[bad].rejected,
                  fmt::format("row {}: natural_key: the record has no text or number at id", bad + 1));
    }
    EXPECT_EQ(all[4].rejected, std::nullopt);
    options_.record.kafka_key = "/place/name";
    EXPECT_EQ(rows(R"([{"id":1}])").at(0).rejected,
              "row 1: kafka_key: the record has no text or number at /place/name");
}

TEST_F(JsonRecords, OneBadLineIsRejectedAlone) {
    const std::string deep(200, '[');
    const auto all = rows("{\"id\":1}\n{\"id\":2\n" + deep + "\n[1]\n{\"id\":3}");
    ASSERT_THAT(all, SizeIs(5));
    EXPECT_EQ(all[1].rejected, "row 2: the line is no JSON");
    EXPECT_EQ(all[1].payload, "{\"id\":2");
    EXPECT_THAT(*all[2].rejected, HasSubstr("deeper than 128"));
    EXPECT_EQ(all[3].rejected, "row 4: the record is no JSON object");
    EXPECT_EQ(all[4].rejected, std::nullopt);
}

TEST_F(JsonRecords, CarryChosenFieldsAndTheirTime) {
    options_.record.fields = {{.name = "device", .from = "/where/id"},
                              {.name = "t", .from = "t", .type = RecordField::Type::number},
                              {.name = "note", .from = "note", .optional = true}};
    options_.record.event_time =
        RecordTime{.places = {"at"}, .format = EventTimeFormat::of("unix_seconds", {}).value()};
    const auto all =
        rows(R"([{"where":{"id":"d"},"t":"21.5","at":1767225600,"more":1},{"where":{"id":"d"},"t":null,"at":1},
                              {"where":{"id":"d"},"t":"hot","at":1},{"where":{"id":"d"},"t":1,"at":"x"}])");
    ASSERT_THAT(all, SizeIs(4));
    EXPECT_EQ(data(all[0]), json({{"device", "d"}, {"t", 21.5}, {"event_time", "2026-01-01T00:00:00.000Z"}}));
    EXPECT_EQ(all[1].rejected, "row 2: fields.t: the record has nothing at t");
    EXPECT_EQ(all[2].rejected, "row 3: fields.t: 'hot' at t is no number");
    EXPECT_THAT(*all[3].rejected, HasSubstr("row 4: event_time: 'x' is no time of the form unix_seconds"));
}

TEST_F(JsonRecords, OfColumnsAndRows) {
    options_.columns = "/fields";
    options_.records = "/data";
    options_.record.natural_key = {"id"};
    const auto all = rows(R"({"fields":["id","t"],"data":[[1,5],[2,null],[3],{"id":4},[null,5]]})");
    ASSERT_THAT(all, SizeIs(5));
    EXPECT_EQ(data(all[0]), json({{"id", 1}, {"t", 5}}));
    EXPECT_EQ(data(all[1]), json({{"id", 2}}));
    EXPECT_EQ(all[2].rejected, "row 3: the row has 1 values, there are 2 columns");
    EXPECT_EQ(all[3].payload, R"({"id":4})");
    EXPECT_EQ(all[4].rejected, "row 5: natural_key: the record has no text or number at id");
    EXPECT_EQ(refusal(R"({"fields":["t"],"data":[]})"), "records: the answer has no column id");
    EXPECT_EQ(refusal(R"({"fields":["id","id"],"data":[]})"), "records: the answer has a name twice at /fields");
    EXPECT_EQ(refusal(R"({"error":"InvalidKey"})"), "records: the answer has no list of names at /fields");
    EXPECT_EQ(refusal(R"({"fields":["id"]})"), "records: the answer has no array at /data");
    EXPECT_THAT(rows(""), IsEmpty());
}

TEST_F(JsonRecords, WhatIsNoJsonIsRefusedAsAWhole) {
    EXPECT_EQ(refusal("<html>\n<body>"), "the answer is no JSON");
    EXPECT_EQ(refusal("[{\"id\":1},\n{\"id\""), "the answer is no JSON");
    EXPECT_EQ(refusal("[{\"id\":\"\xFF\"}]"), "the answer is no JSON");
    EXPECT_EQ(refusal("7"), "the answer is neither an array of records nor a record");
    EXPECT_THAT(refusal(std::string(200'000, '[')), HasSubstr("deeper than 128"));
}

TEST(JsonRecordsOptions, AreReadFromParameters) {
    const auto options = json_records_options(
        {{"records", "/data"}, {"natural_key", {"a", "/b"}}, {"kafka_key", "a"}, {"url", "http://x"}}, "http_json");
    ASSERT_TRUE(options.ok());
    EXPECT_EQ(options.value().records, "/data");
    EXPECT_THAT(options.value().record.natural_key, ElementsAre("a", "/b"));
    EXPECT_EQ(options.value().record.kafka_key, "a");
    EXPECT_EQ(options.value().record.event_type, "http_json.recorded");
}

TEST(JsonRecordsOptions, MayNameColumnsAndRows) {
    const auto options = json_records_options({{"records", {{"columns", "/fields"}, {"rows", "/data"}}}}, "x");
    ASSERT_TRUE(options.ok());
    EXPECT_EQ(options.value().columns, "/fields");
    EXPECT_EQ(options.value().records, "/data");
    EXPECT_THAT(json_records_options({{"records", {{"columns", "/fields"}}}}, "x").error().message,
                HasSubstr("custom_params.records: {\"columns\":\"/fields\"} is not a place, or {columns"));
}

TEST(JsonRecordsOptions, ThatCannotBeAreNamed) {
    const auto problem = [](const char* name, const json& value) {
        const auto options = json_records_options({{name, value}}, "x");
        return options ? "" : options.error().message;
    };
    EXPECT_EQ(problem("records", 7), "custom_params.records: 7 is not a text that is not empty");
    EXPECT_EQ(problem("records", "/a~"),
              "custom_params.records: '/a~' is not a JSON pointer such as /data/items, or a member's name");
    EXPECT_THAT(problem("kafka_key", "/~2"), HasSubstr("custom_params.kafka_key: '/~2' is not"));
    EXPECT_THAT(problem("natural_key", json::array()), HasSubstr("custom_params.natural_key: [] is not"));
    EXPECT_THAT(problem("natural_key", {"a", 1}), HasSubstr("[\"a\",1] is not a text, or a list of texts"));
    EXPECT_THAT(problem("natural_key", "/~"), HasSubstr("custom_params.natural_key: '/~' is not"));
    EXPECT_THAT(problem("event_type", "a b"), HasSubstr("custom_params.event_type: 'a b' is not a name of letters"));
}

} // namespace
