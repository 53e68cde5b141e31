// Records as they come when something went wrong on their way: each is an event as it should be, or is rejected with a
// reason that names the field, or the answer is refused as a whole. Nothing is taken for something else.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "core/streaming/ingestion/answer_report.hpp"
#include "core/streaming/testing/fake_clock.hpp"
#include "services/ingest/source_types.hpp"

namespace {

using nlohmann::json;
using streaming::AnswerReport;

AnswerReport report(const std::string& type, const json& params, const std::string& body) {
    streaming::SourceSettings settings{.source_type = type};
    for (const auto& [name, value] : params.items()) {
        settings.custom_params[name] = value;
    }
    streaming::fakes::FakeClock clock; // 2026-01-01, a Thursday
    const auto report = report_answer(services::ingest::source_types(), "market", settings,
                                      {.response = {.status = 200, .body = body}}, clock);
    EXPECT_TRUE(report.ok()) << report.error().message;
    return report ? report.value() : AnswerReport{};
}

/// The data of an event as it is written, digit by digit.
std::string data_of(const std::string& payload) {
    const std::size_t at = payload.find("\"data\":") + 7;
    return payload.substr(at, payload.size() - at - 1);
}

/// Class and reason, then row by row the event's data or why it was rejected.
std::string told(const AnswerReport& report) {
    std::string text(to_string(report.answer_class));
    text += report.reason.empty() ? "" : ": " + report.reason;
    for (const auto& row : report.rows) {
        text += "\n" + (row.rejected ? *row.rejected : data_of(row.payload));
    }
    return text;
}

struct Odd {
    const char* name;
    const char* type;
    json params;
    std::string body;
    const char* becomes;
};
class OddRecords : public testing::TestWithParam<Odd> {};

TEST_P(OddRecords, AreEventsOrRejectedByName) {
    const Odd& odd = GetParam();
    const AnswerReport read = report(odd.type, odd.params, odd.body);
    EXPECT_EQ(told(read), odd.becomes);
    EXPECT_EQ(read.distinct_events(), read.events());
}

const json kTrades{{"natural_key", "id"},
                   {"event_type", "market.trade"},
                   {"fields",
                    {{"id", "id"},
                     {"price", {{"from", "price"}, {"type", "number"}, {"min", 0}}},
                     {"volume", {{"from", "volume"}, {"type", "integer"}, {"min", 0}, {"max", 1e9}}}}}};

json with(json params, const json& more) {
    params.update(more);
    return params;
}

const json kSemicolons = with(kTrades, {{"delimiter", ";"}});
const json kTimes{{"natural_key", "id"}, {"event_time", "time"}, {"fields", {{"id", "id"}}}};
const json kUnix = with(kTimes, {{"event_time_format", "unix_seconds"}});
const json kDateTime = with(kTimes, {{"event_time_format", "date_time"}});
const json kList = with(kTrades, {{"records", "/data"}});
const json kWhole{{"natural_key", "id"}};

INSTANTIATE_TEST_SUITE_P(
    Tables, OddRecords,
    testing::Values(
        Odd{"ByteOrderMarkAndQuotedNumbers", "http_csv", kTrades,
            "\xEF\xBB\xBF\"id\",\"price\",\"volume\"\r\n\"1\",\" 2.5 \",\"3\"\r\n",
            "ok\n{\"id\":\"1\",\"price\":2.5,\"volume\":3}"},
        Odd{"Semicolons", "http_csv", kSemicolons, "id;price;volume\n1;2.5;3\n",
            "ok\n{\"id\":\"1\",\"price\":2.5,\"volume\":3}"},
        Odd{"SemicolonsThatNobodySaid", "http_csv", kTrades, "id;price;volume\n1;2.5;3\n",
            "ok\n{\"id\":\"1\",\"price\":2.5,\"volume\":3}"},
        Odd{"SemicolonsAndACommaInQuotes", "http_csv", kTrades, "\xEF\xBB\xBFid;price;volume;\"a,b\"\n1;2.5;3;x\n",
            "ok\n{\"id\":\"1\",\"price\":2.5,\"volume\":3}"},
        Odd{"SemicolonsAndACommaInAName", "http_csv", kTrades, "id;price, EUR;volume\n1;2.5;3\n",
            "schema: the answer is no table with a column id (its delimiter may be ;: see the parameter delimiter)"},
        Odd{"CommasThatWereSaid", "http_csv", with(kTrades, {{"delimiter", ","}}), "id;price;volume\n1;2.5;3\n",
            "schema: the answer is no table with a column id (its delimiter may be ;: see the parameter delimiter)"},
        Odd{"TheHintOfASpreadsheet", "http_csv", kTrades,
            "\xEF\xBB\xBFsep=;\r\nid;price;volume\r\n1;2.5;3\r\n2;x;3\r\n",
            "ok\n{\"id\":\"1\",\"price\":2.5,\"volume\":3}\nrow 2, line 4: fields.price: 'x' at price is no number"},
        Odd{"TheHintInQuotes", "http_csv", kTrades, "\"SEP=|\"\nid|price|volume\n1|2.5|3\n",
            "ok\n{\"id\":\"1\",\"price\":2.5,\"volume\":3}"},
        Odd{"TheHintWithoutAHeader", "http_csv", with(kTrades, {{"columns", {"id", "price", "volume"}}}),
            "sep=;\n1;2.5;3\n", "ok\n{\"id\":\"1\",\"price\":2.5,\"volume\":3}"},
        Odd{"DecimalCommas", "http_csv", kSemicolons, "id;price;volume\n1;2,5;3\n2;1.234,5;3\n",
            "ok\nrow 1, line 2: fields.price: '2,5' at price is no number (decimal is \".\", see that parameter)\n"
            "row 2, line 3: fields.price: '1.234,5' at price is no number"},
        Odd{"DecimalCommasThatWereSaid", "http_csv", with(kTrades, {{"decimal", ","}}),
            "id;price;volume\n1;2,5;3\n2;1.234,5;3\n3;2.5;3\n4;-0,12345678901234567890;5,0\n5;1,2,3;3\n",
            "ok\n{\"id\":\"1\",\"price\":2.5,\"volume\":3}\n"
            "row 2, line 3: fields.price: '1.234,5' at price is no number\n"
            "row 3, line 4: fields.price: '2.5' at price is no number (decimal is \",\", see that parameter)\n"
            "row 4, line 5: fields.price: -0.12345678901234567890 at price is less than 0 (min)\n"
            "row 5, line 6: fields.price: '1,2,3' at price is no number"},
        Odd{"ThousandsSeparators", "http_csv", kTrades, "id,price,volume\n1,2.5,\"1,192,471\"\n",
            "ok\nrow 1, line 2: fields.volume: '1,192,471' at volume is no whole number"},
        Odd{"RoundedIds", "http_csv", kTrades, "id,price,volume\n1.23E+11,1,1\n1.23E+11,2,1\n1e+05,3,1\n12E3,4,1\n",
            "ok\nrow 1, line 2: natural_key: '1.23E+11' at id is a number that was rounded\n"
            "row 2, line 3: natural_key: '1.23E+11' at id is a number that was rounded\n"
            "row 3, line 4: natural_key: '1e+05' at id is a number that was rounded\n"
            "{\"id\":\"12E3\",\"price\":4,\"volume\":1}"},
        Odd{"RoundedVolumes", "http_csv", kTrades, "id,price,volume\n1,1,1.2E+06\n2,1,5.0\n3,1,5.5\n",
            "ok\nrow 1, line 2: fields.volume: '1.2E+06' at volume is no whole number\n"
            "{\"id\":\"2\",\"price\":1,\"volume\":5}\n"
            "row 3, line 4: fields.volume: '5.5' at volume is no whole number"},
        Odd{"IdsThatAreNone", "http_csv", kTrades,
            "id,price,volume\nNaN,1,1\n#N/A,1,1\nnull,1,1\n#########,1,1\n,1,1\n",
            "ok\nrow 1, line 2: natural_key: 'NaN' at id is no value\n"
            "row 2, line 3: natural_key: '#N/A' at id is no value\n"
            "row 3, line 4: natural_key: 'null' at id is no value\n"
            "row 4, line 5: natural_key: '#########' at id is no value\n"
            "row 5, line 6: natural_key: the record has no text or number at id"},
        Odd{"NumbersThatAreNone", "http_csv", kTrades,
            "id,price,volume\n1,NaN,1\n2,Infinity,1\n3,-inf,1\n4,1e999,1\n5,0x10,1\n6,#DIV/0!,1\n",
            "ok\nrow 1, line 2: fields.price: 'NaN' at price is no number\n"
            "row 2, line 3: fields.price: 'Infinity' at price is no number\n"
            "row 3, line 4: fields.price: '-inf' at price is no number\n"
            "row 4, line 5: fields.price: '1e999' at price is no number\n"
            "row 5, line 6: fields.price: '0x10' at price is no number\n"
            "row 6, line 7: fields.price: '#DIV/0!' at price is no number"},
        Odd{"NegativeAndHugeVolumes", "http_csv", kTrades,
            "id,price,volume\n1,1,-5\n2,-0.01,5\n3,1,1000000001\n4,0,0\n",
            "ok\nrow 1, line 2: fields.volume: -5 at volume is less than 0 (min)\n"
            "row 2, line 3: fields.price: -0.01 at price is less than 0 (min)\n"
            "row 3, line 4: fields.volume: 1000000001 at volume is more than 1000000000 (max)\n"
            "{\"id\":\"4\",\"price\":0,\"volume\":0}"},
        Odd{"AHeaderWithANameTwice", "http_csv", kTrades, "id,price,price,volume\n1,2,3,4\n",
            "schema: the table has the column price twice"},
        Odd{"ANameTwiceThatNobodyAsksFor", "http_csv", kTrades, "id,x,price,x,volume\n1,a,2,b,3\n",
            "ok\n{\"id\":\"1\",\"price\":2,\"volume\":3}"},
        Odd{"TrailingEmptyColumns", "http_csv", kTrades, "id,price,volume,,\n1,2,3,,\n2,2,3\n",
            "ok\n{\"id\":\"1\",\"price\":2,\"volume\":3}\n"
            "row 2, line 3: there are 3 cells, the header has 5"},
        Odd{"EmptyLinesAndRowsAtTheEnd", "http_csv", kTrades, "id,price,volume\n1,2,3\n,,\n\r\n\n\n",
            "ok\n{\"id\":\"1\",\"price\":2,\"volume\":3}\nrow 2, line 3: all its cells are empty"},
        Odd{"HeaderOnly", "http_csv", kTrades, "id,price,volume\r\n", "empty"},
        Odd{"AnErrorPage", "http_csv", kTrades, "<html><body>id, price and volume</body></html>\n",
            "retry: recorded.invalid answered 200: a page of HTML instead of data"},
        Odd{"OldMac", "http_csv", kTrades, "id,price,volume\r1,2,3\r", "ok\n{\"id\":\"1\",\"price\":2,\"volume\":3}"},
        Odd{"AnOpenQuote", "http_csv", kTrades, "id,price,volume\n\"1,2,3\n2,2,3\n",
            "ok\nrow 1, line 2: cell 1: its quote is not closed\n{\"id\":\"2\",\"price\":2,\"volume\":3}"},
        Odd{"NoUtf8", "http_csv", kTrades, "id,price,volume\nZ\xFCrich,2,3\n2,2,3\n",
            "ok\nrow 1, line 2: the row is no UTF-8\n{\"id\":\"2\",\"price\":2,\"volume\":3}"}),
    [](const auto& odd) { return odd.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Times, OddRecords,
    testing::Values(
        Odd{"DatesOfASpreadsheet", "http_csv", kUnix, "id,time\n1,44927.5\n2,0\n3,1767139200000\n4,1767139200\n",
            "ok\nrow 1, line 2: event_time: '44927.5' is no time of the form unix_seconds, or none from 1900 to 2199, "
            "or one within three years of 1970\n"
            "row 2, line 3: event_time: '0' is no time of the form unix_seconds, or none from 1900 to 2199, or one "
            "within three years of 1970\n"
            "row 3, line 4: event_time: '1767139200000' is no time of the form unix_seconds, or none from 1900 to "
            "2199, or one within three years of 1970\n"
            "{\"event_time\":\"2025-12-31T00:00:00.000Z\",\"id\":\"4\"}"},
        Odd{"DatesOfAnotherCountry", "http_csv", kDateTime, "id,time\n1,01/10/2025 09:15\n2,44927.5\n3,2025-13-01 1\n",
            "ok\nrow 1, line 2: event_time: '01/10/2025 09:15' is no time of the form date_time, or none from 1900 to "
            "2199\n"
            "row 2, line 3: event_time: '44927.5' is no time of the form date_time, or none from 1900 to 2199\n"
            "row 3, line 4: event_time: '2025-13-01 1' is no time of the form date_time, or none from 1900 to 2199"},
        Odd{"TheSameByAPattern", "http_csv", with(kTimes, {{"event_time_format", "%m/%d/%Y %R"}}),
            "id,time\n1,01/10/2025 09:15\n2,13/10/2025 09:15\n",
            "ok\n{\"event_time\":\"2025-01-10T09:15:00.000Z\",\"id\":\"1\"}\n"
            "row 2, line 3: event_time: '13/10/2025 09:15' is no time of the form %m/%d/%Y %R, or none from 1900 to "
            "2199"},
        Odd{"OfYesterdayUnderTodaysDate", "http_csv", with(kDateTime, {{"max_ahead_seconds", 60}}),
            "id,time\n1,2025-12-31 23:59\n2,2026-01-01 00:01\n3,2026-01-01 00:02\n",
            "ok\n{\"event_time\":\"2025-12-31T23:59:00.000Z\",\"id\":\"1\"}\n"
            "{\"event_time\":\"2026-01-01T00:01:00.000Z\",\"id\":\"2\"}\n"
            "row 3, line 4: event_time: 2026-01-01T00:02:00.000Z is more than 60 s from now (max_ahead_seconds)"},
        Odd{"Unordered", "http_csv", kDateTime, "id,time\n3,2025-12-31 10:03\n1,2025-12-31 10:01\n2,2025-12-31 10:02\n",
            "ok\n{\"event_time\":\"2025-12-31T10:03:00.000Z\",\"id\":\"3\"}\n"
            "{\"event_time\":\"2025-12-31T10:01:00.000Z\",\"id\":\"1\"}\n"
            "{\"event_time\":\"2025-12-31T10:02:00.000Z\",\"id\":\"2\"}"}),
    [](const auto& odd) { return odd.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Documents, OddRecords,
    testing::Values(
        Odd{"QuotedNumbersAndOtherTypes", "http_json", kList,
            R"({"data":[{"id":1,"price":"2.5","volume":"3"},{"id":2,"price":true,"volume":3},)"
            R"({"id":3,"price":[2],"volume":3},{"id":4,"price":"","volume":3},{"id":5,"price":null,"volume":3}]})",
            "ok\n{\"id\":1,\"price\":2.5,\"volume\":3}\n"
            "row 2: fields.price: 'true' at price is no number\n"
            "row 3: fields.price: '[2]' at price is no number\n"
            "row 4: fields.price: the record has nothing at price\n"
            "row 5: fields.price: the record has nothing at price"},
        Odd{"ImplausibleValues", "http_json", kList,
            R"({"data":[{"id":1,"price":-1,"volume":3},{"id":2,"price":1,"volume":-3},{"id":3,"price":1,"volume":1e12}]})",
            "ok\nrow 1: fields.price: -1 at price is less than 0 (min)\n"
            "row 2: fields.volume: -3 at volume is less than 0 (min)\n"
            "row 3: fields.volume: 1000000000000 at volume is more than 1000000000 (max)"},
        Odd{"IdsThatAreTooLong", "http_json", kWhole,
            R"([{"id":123456789012345678901},{"id":123456789012345678902},{"id":18446744073709551615},{"id":1e20}])",
            "ok\nrow 1: natural_key: '123456789012345678901' at id is too large a number to be exact: it must be a "
            "text\n"
            "row 2: natural_key: '123456789012345678902' at id is too large a number to be exact: it must be a text\n"
            "{\"id\":18446744073709551615}\n"
            "row 4: natural_key: '1e+20' at id is too large a number to be exact: it must be a text"},
        Odd{"ANameTwiceInARecord", "http_json", kList,
            R"({"meta":1,"meta":2,"data":[{"id":1,"price":1,"price":2,"volume":3},{"id":2,"price":1,"volume":3},)"
            R"({"id":3,"price":1,"volume":3,"more":[{"x":1,"x":1}]}]})",
            "ok\nrow 1: the name price stands twice in one object\n{\"id\":2,\"price\":1,\"volume\":3}\n"
            "row 3: the name x stands twice in one object"},
        Odd{"ANameTwiceInALine", "http_json", kWhole, "{\"id\":1,\"x\":1}\n{\"id\":2,\"x\":1,\"x\":1}\n{\"id\":3}\n",
            "ok\n{\"id\":1,\"x\":1}\nrow 2: the name x stands twice in one object\n{\"id\":3}"},
        Odd{"RecordsTwice", "http_json", kList, R"({"data":[],"data":[{"id":1,"price":1,"volume":3}]})",
            "schema: records: /data stands twice in the answer"},
        Odd{"OneNameOfTwoRecords", "http_json", with(kWhole, {{"records_keyed_by", "name"}}),
            R"({"A":{"id":1},"B":{"id":2},"A":{"id":3}})", "ok\nrow 1: A stands twice\n{\"id\":2,\"name\":\"B\"}"},
        Odd{"DigitsThatNoDoubleHolds", "http_json", kWhole,
            R"([{"id":1,"x":[123456789012345678901,0.12345678901234567890,0.5]}])",
            "ok\n{\"id\":1,\"x\":[123456789012345678901,0.12345678901234567890,0.5]}"},
        Odd{"DigitsOfFields", "http_json", kList,
            R"({"data":[{"id":1,"price":51.123456789012345678,"volume":3},{"id":2,"price":"0.1000000000000000000001","volume":3},)"
            R"({"id":3,"price":1,"volume":123456789012345678901},{"id":4,"price":1,"volume":1.0000000000000000001}]})",
            "ok\n{\"id\":1,\"price\":51.123456789012345678,\"volume\":3}\n"
            "{\"id\":2,\"price\":0.1000000000000000000001,\"volume\":3}\n"
            "row 3: fields.volume: 123456789012345678901 at volume is more than 1000000000 (max)\n"
            "row 4: fields.volume: '1.0000000000000000001' at volume is no whole number"},
        Odd{"NullsAndScalars", "http_json", kList, R"({"data":[null,7,"x",[],{}]})",
            "ok\nrow 1: the record is no JSON object\nrow 2: the record is no JSON object\n"
            "row 3: the record is no JSON object\nrow 4: the record is no JSON object\n"
            "row 5: natural_key: the record has no text or number at id"},
        Odd{"NoList", "http_json", kList, R"({"data":null})", "schema: records: the answer has no array at /data"},
        Odd{"AnError", "http_json", kList, R"({"status":"error","message":"busy"})",
            "schema: records: the answer has no array at /data"},
        Odd{"AnErrorWithoutAList", "http_json", json::object(), R"({"error":{"code":7},"retry_after":5})",
            "schema: the answer is an error, it has a member error; one that is a record has all of natural_key, which "
            "names its members"},
        Odd{"AMessageAndACode", "http_json", json::object(), R"({"message":"busy","code":17,"request_id":"a"})",
            "schema: the answer is an error, it has a member message; one that is a record has all of natural_key, "
            "which "
            "names its members"},
        Odd{"AnErrorWithoutTheKey", "http_json", kWhole, R"({"success":false,"message":"busy"})",
            "schema: the answer is an error, it has a member message; one that is a record has all of natural_key, "
            "which "
            "names its members"},
        Odd{"AnErrorUnderTheNameOfARecord", "http_json", with(kWhole, {{"records_keyed_by", "id"}}),
            R"({"error":{"code":7}})",
            "schema: the answer is an error, it has a member error; one that is a record has all of natural_key, which "
            "names its members"},
        Odd{"RecordsThatHaveMembersOfErrors", "http_json", json::object(),
            R"({"id":1,"error":"low battery","celsius":4})", "ok\n{\"celsius\":4,\"error\":\"low battery\",\"id\":1}"},
        Odd{"ARecordWithoutAnError", "http_json", json::object(), R"({"error":null,"celsius":4})",
            "ok\n{\"celsius\":4,\"error\":null}"},
        Odd{"ARecordOfThatKey", "http_json", with(kWhole, {{"natural_key", "code"}}), R"({"message":"hi","code":1})",
            "ok\n{\"code\":1,\"message\":\"hi\"}"},
        Odd{"AnErrorPage", "http_json", kList, "<!DOCTYPE html><html></html>",
            "retry: recorded.invalid answered 200: a page of HTML instead of data"},
        Odd{"NaN", "http_json", kList,
            R"({"data":[{"id":1,"price":NaN,"volume":1},{"id":2,"price":1e400,"volume":1},{"id":3,"price":1,"volume":1}]})",
            "ok\nrow 1: NaN is no number of JSON\nrow 2: 1e400 is larger than any double\n"
            "{\"id\":3,\"price\":1,\"volume\":1}"},
        Odd{"CutOff", "http_json", kList, R"({"data":[{"id":1,"price":1,"vol)", "retry: the answer is no JSON"},
        Odd{"OneLineOfSeveral", "http_json", kTrades,
            "\xEF\xBB\xBF{\"id\":1,\"price\":1,\"volume\":1}\n{\"id\":2,\"price\":NaN,\"volume\":1}\n\n",
            "ok\n{\"id\":1,\"price\":1,\"volume\":1}\nrow 2: NaN is no number of JSON"}),
    [](const auto& odd) { return odd.param.name; });

/// What an exchange says again with another time is the trade that is known.
TEST(OddRecords, ATradeThatIsSaidAgainIsTheSameEvent) {
    const json params{{"natural_key", "id"}, {"event_time", "time"}, {"event_time_format", "unix_seconds"}};
    const auto read = report("http_json", params,
                             R"([{"id":7,"time":1767139200.1,"price":"1"},{"id":8,"time":1767139200.1,"price":"1"},)"
                             R"({"id":7,"time":1767139201.5,"price":"1"}])");
    ASSERT_EQ(read.rows.size(), 3U);
    EXPECT_EQ(read.events(), 3U);
    EXPECT_EQ(read.distinct_events(), 2U);
    EXPECT_EQ(read.rows[0].id, read.rows[2].id);
    const auto table = report("http_csv", with(params, {{"fields", {{"id", "id"}, {"at", "time"}, {"p", "price"}}}}),
                              "id,time,price\n7,1767139200,1\n7,1767139201,1\n7,1767139202,2\n");
    EXPECT_EQ(table.events(), 2U);
    EXPECT_THAT(table.rows[2].rejected, testing::Optional(testing::HasSubstr("its event is that of row 1")));
}

} // namespace
