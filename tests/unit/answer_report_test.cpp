#include "core/streaming/ingestion/answer_report.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <string>

#include "core/streaming/testing/fake_clock.hpp"
#include "services/ingest/source_types.hpp"

namespace {

using nlohmann::json;
using streaming::AnswerReport;
using testing::HasSubstr;

AnswerReport report(const std::string& type, const std::string& body, const json& params = json::object(),
                    long status = 200) {
    streaming::SourceSettings settings{.source_type = type};
    for (const auto& [name, value] : params.items()) {
        settings.custom_params[name] = value;
    }
    streaming::fakes::FakeClock clock;
    const auto report = report_answer(services::ingest::source_types(), "source", settings,
                                      {.response = {.status = status, .body = body}}, clock);
    EXPECT_TRUE(report.ok()) << report.error().message;
    return report ? report.value() : AnswerReport{};
}

const json kTable{{"natural_key", "id"},
                  {"fields", {{"id", "id"}, {"price", {{"from", "price"}, {"type", "number"}}}}}};
const json kList{{"records", "items"}, {"natural_key", "id"}};

TEST(AnswerReport, CountsEventsByTypeAndShowsWhyRowsAreRejected) {
    const AnswerReport read = report("http_csv", "id,price\n1,2.5\n2,cheap\n1,2.5\n", kTable);
    EXPECT_EQ(read.answer_class, streaming::AnswerClass::ok);
    EXPECT_EQ(read.rows.size(), 3U);
    EXPECT_EQ(read.events(), 2U);
    EXPECT_EQ(read.distinct_events(), 1U);
    EXPECT_EQ(read.rejected(), 1U);
    EXPECT_EQ(read.events_by_type(), (std::map<std::string, std::size_t>{{"http_csv.recorded", 2}}));
    EXPECT_EQ(read.rows[1].rejected, "row 2, line 3: fields.price: 'cheap' at price is no number");
    EXPECT_EQ(read.rows[1].payload, "2,cheap");
    EXPECT_FALSE(read.understood());
}

TEST(AnswerReport, TwoThingsWithOneKeyAreNotOneEvent) {
    const AnswerReport read =
        report("http_json", R"({"items":[{"id":1,"p":5},{"id":2,"p":5},{"id":1,"p":6},{"p":5,"id":1}]})", kList);
    EXPECT_EQ(read.events(), 3U);
    EXPECT_EQ(read.distinct_events(), 2U);
    EXPECT_THAT(read.rows[2].rejected, testing::Optional(HasSubstr("its event is that of row 1 of the answer")));
    EXPECT_THAT(read.rows[2].payload, HasSubstr(R"("p":6)"));
    EXPECT_NE(read.rows[2].id, read.rows[0].id);
    EXPECT_EQ(read.rows[3].rejected, std::nullopt) << "it says the same";
}

TEST(AnswerReport, ReadsTablesAndArraysThatNameNoColumns) {
    const json table{{"columns", {"time", "price"}}, {"natural_key", {"time", "price"}}};
    const AnswerReport rows = report("http_csv", "09:00,1\r\n09:01,2\r\n09:02\r\n", table);
    EXPECT_EQ(rows.events(), 2U);
    EXPECT_THAT(rows.rows[0].payload, HasSubstr(R"({"price":"1","time":"09:00"})"));
    EXPECT_THAT(rows.rows[2].rejected, testing::Optional(HasSubstr("row 3, line 3: there are 1 cells")));
    const json arrays{{"records", {{"rows", "/data"}, {"columns", {"id", "price"}}}}, {"natural_key", "id"}};
    const AnswerReport trades = report("http_json", R"({"data":[["a",1],["b",2],["c"]]})", arrays);
    EXPECT_EQ(trades.events(), 2U);
    EXPECT_THAT(trades.rows[0].payload, HasSubstr(R"({"id":"a","price":1})"));
    EXPECT_THAT(trades.rows[2].rejected, testing::Optional(HasSubstr("row 3: the row has 1 values")));
}

TEST(AnswerReport, TakesWhatIsPushedToASource) {
    EXPECT_EQ(report("webhook", R"([{"id":1},{"id":2}])", {{"natural_key", "id"}}).events(), 2U);
    EXPECT_EQ(report("iot_sensor", R"([{"device_id":"a","sequence":1}])",
                     {{"url", "mqtt://broker:1883"}, {"topics", {"plant/#"}}})
                  .events(),
              1U);
}

TEST(AnswerReport, NeedsNoKeyAndNoWayToAnApi) {
    for (const char* type : {"nasa_firms", "noaa_weather", "purpleair", "iot_sensor", "http_json"}) {
        EXPECT_EQ(report(type, "nonsense").rows.size(), 0U) << type;
    }
    EXPECT_TRUE(report("noaa_weather", R"({"type":"FeatureCollection","features":[]})", {{"kind", "observations"}})
                    .understood());
}

struct Bad {
    const char* type;
    json params;
    std::string body;
    long status;
    const char* becomes;
};
class BadAnswer : public testing::TestWithParam<Bad> {};

TEST_P(BadAnswer, IsClassedAndGivesNoEvent) {
    const AnswerReport read = report(GetParam().type, GetParam().body, GetParam().params, GetParam().status);
    EXPECT_EQ(to_string(read.answer_class), GetParam().becomes) << read.reason;
    EXPECT_EQ(read.events(), 0U);
    EXPECT_EQ(read.reason.empty(), read.answer_class == streaming::AnswerClass::empty);
}

constexpr auto kFirmsHeader =
    "latitude,longitude,bright_ti4,scan,track,acq_date,acq_time,satellite,instrument,confidence,version,bright_ti5,frp,"
    "daynight";
const json kNone = json::object();

INSTANTIATE_TEST_SUITE_P(
    All, BadAnswer,
    testing::Values(Bad{"nasa_firms", kNone, "Invalid MAP_KEY.", 200, "auth"},
                    Bad{"nasa_firms", kNone, "Invalid MAP_KEY.", 400, "auth"},
                    Bad{"nasa_firms", kNone, kFirmsHeader, 200, "empty"},
                    Bad{"nasa_firms", kNone, "<html>busy</html>", 503, "retry"},
                    Bad{"nasa_firms", kNone, "<html>blocked</html>", 403, "retry"},
                    Bad{"nasa_firms", kNone, "Exceeding allowed transaction limit.", 400, "quota"},
                    Bad{"nasa_firms", kNone, "Exceeding allowed transaction limit.", 200, "quota"},
                    Bad{"noaa_weather", kNone, "<!DOCTYPE html><html></html>", 200, "retry"},
                    Bad{"noaa_weather", kNone, R"({"type":"FeatureCollection","features":[{"type)", 200, "retry"},
                    Bad{"noaa_weather", kNone, R"({"type":"FeatureCollection","features":null})", 200, "schema"},
                    Bad{"noaa_weather", kNone, R"({"type":"FeatureCollection","features":[]})", 200, "empty"},
                    Bad{"noaa_weather", kNone, R"({"type":"x/UnexpectedProblem"})", 500, "retry"},
                    Bad{"purpleair", kNone, R"({"error":"ApiKeyInvalidError"})", 403, "auth"},
                    Bad{"http_json", kList, R"({"items":[]})", 200, "empty"}, Bad{"http_json", kList, "", 204, "empty"},
                    Bad{"http_json", kList, R"({"other":[]})", 200, "schema"},
                    Bad{"http_json", kList, "slow down", 429, "quota"},
                    Bad{"http_csv", kTable, "id,price\n", 200, "empty"},
                    Bad{"http_csv", kTable, "name,price\na,1\n", 200, "schema"},
                    Bad{"http_csv", kTable, std::string("\xFF\xFEi\0d\0", 6), 200, "schema"}));

TEST(AnswerReport, RefusesParametersThatASourceWouldRefuse) {
    streaming::fakes::FakeClock clock;
    const streaming::SourceSettings settings{.source_type = "nasa_firms", .custom_params = {{"product", "LANDSAT"}}};
    const auto refused = report_answer(services::ingest::source_types(), "source", settings, {}, clock);
    ASSERT_FALSE(refused.ok());
    EXPECT_THAT(refused.error().message, HasSubstr("product: 'LANDSAT' is not one of"));
}

} // namespace
