#include "core/streaming/ingestion/csv_records.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/streaming/infrastructure/event_envelope.hpp"
#include "core/streaming/infrastructure/permanent_error.hpp"
#include "tests/support/recordings.hpp"
#include "tests/support/source_handler_fixture.hpp"

namespace {

using namespace streaming;
using nlohmann::json;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class CsvRecords : public SourceHandlerFixture {
protected:
    using Params = CustomParams::Map;

    static CsvRecordsOptions options(const Params& params) {
        return csv_records_options(CustomParams(params), "table");
    }
    std::vector<SourceRow> rows(const std::string& body, const Params& params) {
        return handle(csv_records(options(params)), {.body = body});
    }
    static json data(const SourceRow& row) { return json::parse(row.payload).at("data"); }
    std::string refusal(const std::string& body, const Params& params) {
        try {
            (void)rows(body, params);
        } catch (const PermanentError& problem) {
            return problem.what();
        }
        return "";
    }
    static std::string problem(const Params& params) {
        try {
            (void)options(params);
        } catch (const std::invalid_argument& refused) {
            return refused.what();
        }
        return "";
    }
};

TEST_F(CsvRecords, CarryTheirCellsAsText) {
    const auto all = rows("station,time,t\nA,1,0.50\nB,2,\n", {{"natural_key", {"station", "time"}}});
    ASSERT_THAT(all, SizeIs(2));
    EXPECT_EQ(all[0].key, "A|1");
    EXPECT_EQ(json::parse(all[0].payload).at("type"), "table.recorded");
    EXPECT_EQ(data(all[0]), json({{"station", "A"}, {"time", "1"}, {"t", "0.50"}}));
    EXPECT_EQ(data(all[1]), json({{"station", "B"}, {"time", "2"}}));
}

TEST_F(CsvRecords, CarryChosenFieldsOfTheTypesThatAreAskedFor) {
    const json fields = {{"name", "n"},
                         {"number", {{"from", "x"}, {"type", "number"}}},
                         {"whole", {{"from", "i"}, {"type", "integer"}}},
                         {"on", {{"from", "b"}, {"type", "boolean"}, {"optional", true}}}};
    const auto all = rows("n,x,i,b,rest\n007,-1.5e2,5.0,Yes,r\n8,3,4,,r\n", {{"fields", fields}});
    ASSERT_THAT(all, SizeIs(2));
    EXPECT_EQ(data(all[0]), json({{"name", "007"}, {"number", -150.0}, {"whole", 5}, {"on", true}}));
    EXPECT_EQ(data(all[1]), json({{"name", "8"}, {"number", 3}, {"whole", 4}}));
}

TEST_F(CsvRecords, ARowThatLacksOrManglesSomethingIsRejectedWithItsNumber) {
    const json fields = {{"x", {{"from", "x"}, {"type", "number"}}}};
    const auto all =
        rows("id,x\n1,1\n2,\n3,\"1,5\"\n,4\n5\n,\n6,inf\n7,7\n", {{"natural_key", "id"}, {"fields", fields}});
    ASSERT_THAT(all, SizeIs(8));
    EXPECT_EQ(all[1].rejected, "row 2, line 3: fields.x: the record has nothing at x");
    EXPECT_EQ(all[2].rejected,
              "row 3, line 4: fields.x: '1,5' at x is no number (decimal is \".\", see that parameter)");
    EXPECT_EQ(all[2].payload, "3,\"1,5\"");
    EXPECT_EQ(all[3].rejected, "row 4, line 5: natural_key: the record has no text or number at id");
    EXPECT_EQ(all[4].rejected, "row 5, line 6: there are 1 cells, the header has 2");
    EXPECT_EQ(all[5].rejected, "row 6, line 7: all its cells are empty");
    EXPECT_EQ(all[6].rejected, "row 7, line 8: fields.x: 'inf' at x is no number");
    EXPECT_EQ(all[0].rejected, std::nullopt);
    EXPECT_EQ(all[7].rejected, std::nullopt);
}

TEST_F(CsvRecords, SayWhenTheyHappened) {
    const auto all = rows("id,date,time\n1,2022-09-05,24\n2,2022-09-05,1:02\n3,5.9.2022,24\n",
                          {{"natural_key", "id"}, {"event_time", {"date", "time"}}, {"utc_offset", "+02:00"}});
    ASSERT_THAT(all, SizeIs(3));
    EXPECT_EQ(data(all[0]).at("event_time"), "2022-09-04T22:24:00.000Z");
    EXPECT_EQ(data(all[1]).at("event_time"), "2022-09-04T23:02:00.000Z");
    EXPECT_THAT(*all[2].rejected,
                HasSubstr("row 3, line 4: event_time: '5.9.2022 24' is no time of the form date_time"));
}

TEST_F(CsvRecords, AreTheSameEventWhenTheyAreReadAgain) {
    const auto id = [this](const std::string& body) { return rows(body, {{"natural_key", "id"}}).at(0).id; };
    EXPECT_EQ(id("id,x\n1,2\n"), id("x,id\r\n3,1"));
    EXPECT_NE(id("id,x\n1,2\n"), id("id,x\n2,2\n"));
}

TEST_F(CsvRecords, WhatIsNotTheTableIsRefusedAsAWhole) {
    const Params params{{"natural_key", "id"}};
    EXPECT_EQ(refusal("<html>\n<body>Sorry</body>\n", params), "the answer is no table with a column id");
    EXPECT_EQ(refusal("id|x\n1|2\n", params),
              "the answer is no table with a column id (its delimiter may be |: see the parameter delimiter)");
    EXPECT_EQ(refusal("id,x,x\n1,2,3\n", params), "the table has the column x twice");
    EXPECT_EQ(refusal("id,x,x\n1,2,3\n", {{"fields", {{"id", "id"}}}}), "");
    EXPECT_THAT(rows("id,x\r\n", params), IsEmpty());
    EXPECT_THAT(rows(" \r\n", params), IsEmpty());
}

TEST_F(CsvRecords, ParametersThatCannotBeAreNamed) {
    EXPECT_EQ(problem({}),
              "custom_params.natural_key: or fields must be given: by their columns it is known whether an "
              "answer is the table");
    const auto with = [](const char* name, const json& value) {
        return problem({{"natural_key", "id"}, {name, value}});
    };
    EXPECT_THAT(with("delimiter", "ab"), HasSubstr("custom_params.delimiter: 'ab' is not one letter"));
    EXPECT_THAT(with("fields", "a"), HasSubstr("custom_params.fields: 'a' is not a section"));
    EXPECT_THAT(with("fields", {{"a", {{"from", "a"}, {"type", "date"}}}}), HasSubstr("See a"));
    EXPECT_THAT(with("fields", {{"a", {{"frm", "a"}}}}), HasSubstr("See a"));
    EXPECT_THAT(with("event_time_format", "rfc3339"), HasSubstr("means nothing without event_time"));
    EXPECT_EQ(with("delimiter", "tab"), "");
}

TEST_F(CsvRecords, OfTheFutureAreRejected) {
    const Params params{{"natural_key", "time"}, {"event_time", "time"}};
    const auto all = rows("time\n2026-01-01T00:59:59Z\n2026-01-01T15:30:00Z\n", params);
    ASSERT_THAT(all, SizeIs(2));
    EXPECT_EQ(all[0].rejected, std::nullopt);
    EXPECT_THAT(all[1].rejected.value_or(""), HasSubstr("row 2, line 3: event_time: 2026-01-01T15:30:00.000Z is more "
                                                        "than 3600 s from now (max_ahead_seconds)"));
    EXPECT_EQ(payload_time_, streaming::parse_rfc3339("2026-01-01T00:59:59Z").value()) << "the newest of the others";
    auto far = params;
    far["max_ahead_seconds"] = 86'400;
    EXPECT_EQ(rows("time\n2026-01-01T15:30:00Z\n", far).at(0).rejected, std::nullopt);
}

TEST_F(CsvRecords, UnderstandTheRecordedTables) {
    const Params params{{"natural_key", {"satellite", "acq_date", "acq_time", "latitude", "longitude"}},
                        {"event_time", {"acq_date", "acq_time"}},
                        {"max_ahead_seconds", 365 * 86'400}, // the tests live before some of the recordings
                        {"fields", {{"frp", {{"from", "frp"}, {"type", "number"}}}, {"sat", "satellite"}}}};
    for (const auto& [file, count] : {std::pair("firms/MODIS_C6_1_Global_24h_2022-02-27.csv", 19416U),
                                      std::pair("firms/area_api/MODIS_NRT_india_2026-10-01.csv", 26U)}) {
        TRIBUTARY_NEEDS_RECORDING(file);
        const auto all = rows(recordings::read(file), params);
        EXPECT_THAT(all, SizeIs(count));
        EXPECT_EQ(std::ranges::count_if(all, [](const SourceRow& row) { return row.rejected.has_value(); }), 0);
    }
}

} // namespace
