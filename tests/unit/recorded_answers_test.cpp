// Every recorded answer becomes events without losing a row, through the source types as a configuration makes them.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "core/streaming/ingestion/answer_report.hpp"
#include "core/streaming/patterns/config_loader.hpp"
#include "core/streaming/testing/fake_clock.hpp"
#include "services/ingest/source_types.hpp"
#include "tests/support/area_api_bodies.hpp"
#include "tests/support/recordings.hpp"

namespace {

using nlohmann::json;
using streaming::AnswerReport;
using testing::HasSubstr;

/// `example`: the source of a file in services/ingest/examples.
streaming::SourceSettings example(const std::string& name) {
    streaming::Settings settings;
    const auto findings =
        read_settings(settings, {.files = {TRIBUTARY_SOURCE_DIR "/services/ingest/examples/" + name + ".yaml"}});
    EXPECT_THAT(findings.problems, testing::IsEmpty());
    EXPECT_EQ(settings.ingestion.sources.size(), 1U);
    return settings.ingestion.sources.begin()->second;
}

AnswerReport report(const streaming::SourceSettings& settings, const streaming::RecordedAnswer& answer) {
    streaming::fakes::FakeClock clock;
    clock.advance(std::chrono::days(300)); // later than all recordings: what is said of the future is rejected
    const auto report = report_answer(services::ingest::source_types(), "source", settings, answer, clock);
    EXPECT_TRUE(report.ok()) << report.error().message;
    return report ? report.value() : AnswerReport{};
}

AnswerReport report(const std::string& type, const std::string& body, const json& params = json::object(),
                    long status = 200) {
    streaming::SourceSettings settings{.source_type = type};
    for (const auto& [name, value] : params.items()) {
        settings.custom_params[name] = value;
    }
    return report(settings, {.response = {.status = status, .body = body}});
}

/// Its rows by what they became, for comparison as a whole.
std::string told(const AnswerReport& report) {
    std::string text = fmt::format("{} {}", to_string(report.answer_class), report.rows.size());
    for (const auto& [type, count] : report.events_by_type()) {
        text += fmt::format(" {}:{}", type, count);
    }
    if (report.distinct_events() != report.events()) {
        text += fmt::format(" distinct:{}", report.distinct_events());
    }
    for (const auto& row : report.rows) {
        text += row.rejected ? " rejected:" + *row.rejected : "";
    }
    return text;
}

struct Recording {
    const char* path;
    const char* type; ///< or the name of an example
    json params;      ///< null: an example
    const char* becomes;
    long status = 200;
};

class RecordedAnswer : public testing::TestWithParam<Recording> {};

TEST_P(RecordedAnswer, LosesNoRow) {
    const Recording& recording = GetParam();
    TRIBUTARY_NEEDS_RECORDING(recording.path);
    const std::string body = recordings::read(recording.path);
    const AnswerReport read =
        recording.params.is_null()
            ? report(example(recording.type), {.response = {.status = recording.status, .body = body}})
            : report(recording.type, body, recording.params, recording.status);
    EXPECT_EQ(told(read), recording.becomes) << read.reason;
    EXPECT_EQ(read.rows.size(), read.events() + read.rejected());
}

const json kNone = json::object();
const json kTicker{{"natural_key", {"instrument_token", "timestamp", "volume", "last_price"}},
                   {"event_type", "market.tick"},
                   {"kafka_key", "instrument_token"},
                   {"event_time", "timestamp"}};
// No time: a snapshot is told apart by all it says.
const json kTickerWithoutTime{{"event_type", "market.tick"}, {"kafka_key", "instrument_token"}};
const json kLastPrice{{"event_type", "market.tick"}, {"records", "/data"}, {"records_keyed_by", "instrument"}};
// What noaa_weather asks for once a day, to know the cell of a place.
const json kPoint{{"event_type", "weather.point.described"},
                  {"natural_key", {"/properties/gridId", "/properties/gridX", "/properties/gridY"}}};

INSTANTIATE_TEST_SUITE_P(
    Firms, RecordedAnswer,
    testing::Values(Recording{"firms/MODIS_C6_1_Global_24h_2022-02-27.csv", "nasa_firms", kNone,
                              "ok 19416 wildfire.detection.observed:19416"},
                    Recording{"firms/SUOMI_VIIRS_C2_Europe_24h_2022-09-05.csv", "nasa_firms", kNone,
                              "ok 1205 wildfire.detection.observed:1205"},
                    Recording{"firms/SUOMI_VIIRS_C2_Europe_48h_2022-09-05.csv", "nasa_firms", kNone,
                              "ok 1812 wildfire.detection.observed:1812"},
                    Recording{"firms/SUOMI_VIIRS_C2_Europe_7d_2022-09-05.csv", "nasa_firms", kNone,
                              "ok 5968 wildfire.detection.observed:5968"},
                    Recording{"firms/area_api/MODIS_NRT_india_2026-10-01.csv", "nasa_firms", kNone,
                              "ok 26 wildfire.detection.observed:26"},
                    Recording{"firms/area_api/VIIRS_NOAA21_NRT_india_2026-10-01_first36rows.csv", "nasa_firms", kNone,
                              "ok 36 wildfire.detection.observed:36"},
                    Recording{"firms/error_invalid_map_key.txt", "nasa_firms", kNone, "auth 0", 400},
                    Recording{"firms/error_invalid_map_key.txt", "nasa_firms", kNone, "auth 0", 200}));

INSTANTIATE_TEST_SUITE_P(
    Weather, RecordedAnswer,
    testing::Values(
        Recording{"nws/alerts/active_2025-12-15T2155Z.json", "noaa_weather", kNone, "ok 529 weather.alert.issued:529"},
        Recording{"nws/alerts/active_2026-05-14T1635Z.json", "noaa_weather", kNone, "ok 246 weather.alert.issued:246"},
        Recording{"nws/gridpoints/LZK_83_73_2024-02-21.json", "noaa_weather", kNone,
                  "ok 27 weather.forecast.published:27"},
        Recording{"nws/gridpoints/BMX_32_69_forecast_2024-02-23.json",
                  "noaa_weather",
                  {{"grids", "BMX/32,69"}},
                  "ok 1 weather.forecast.published:1"},
        Recording{"nws/points/42.745,-73.752.json", "http_json", kPoint, "ok 1 weather.point.described:1"},
        Recording{"nws/alerts/empty_point_2024-01-12.json", "noaa_weather", kNone, "empty 0"},
        Recording{"nws/problem_404_NotFound.json", "noaa_weather", kNone, "config 0", 404}));

class RecordedObservation : public testing::TestWithParam<const char*> {};

TEST_P(RecordedObservation, IsOneEvent) {
    const std::string path = fmt::format("nws/observations/{}Z.json", GetParam());
    TRIBUTARY_NEEDS_RECORDING(path);
    EXPECT_EQ(told(report("noaa_weather", recordings::read(path))), "ok 1 weather.observation.recorded:1");
}
INSTANTIATE_TEST_SUITE_P(All, RecordedObservation,
                         testing::Values("D3169_2026-03-04T2118", "KBHM_2024-02-20T1553", "KEWR_2026-03-04T2015",
                                         "KFLG_2024-02-20T1757", "KLIT_2024-02-20T1553", "KNYC_2026-03-04T1951",
                                         "KTCL_2024-02-23T1853", "PGUM_2026-05-14T1554", "SEAW1_2026-03-04T2130"));

INSTANTIATE_TEST_SUITE_P(PurpleAir, RecordedAnswer,
                         testing::Values(Recording{"purpleair/get_sensors_response.json", "purpleair", kNone,
                                                   "ok 5 airquality.reading.recorded:5"},
                                         Recording{"purpleair/error_invalid_api_key_response.json", "purpleair", kNone,
                                                   "auth 0", 403}));

INSTANTIATE_TEST_SUITE_P(
    MarketByConfigurationAlone, RecordedAnswer,
    testing::Values(
        Recording{"ticks/nifty50_2022-11-29.csv", "nifty", nullptr, "ok 23469 market.tick:23469"},
        Recording{"ticks/repolls/nifty50_2022-12-01_polled_0948IST.csv", "nifty", nullptr, "ok 2882 market.tick:2882"},
        Recording{"ticks/repolls/nifty50_2022-12-01_polled_1029IST.csv", "nifty", nullptr, "ok 5342 market.tick:5342"},
        Recording{"ticks/kraken_trades_XBTUSDT_2025-11-10.json", "kraken", nullptr, "ok 1000 market.trade:1000"},
        Recording{"ticks/truefx_usdjpy_2013-01-01.csv", "truefx", nullptr, "ok 1000 market.quote:1000"},
        Recording{"kite/quote.json", "kite_quote", nullptr, "ok 1 market.tick:1"},
        Recording{"kite/ltp.json", "http_json", kLastPrice, "ok 1 market.tick:1"},
        Recording{"kite/ticker_full.packet", "kite_ticker", kNone, "ok 1 market.tick:1"},
        Recording{"kite/ticker_quote.packet", "kite_ticker", kNone, "ok 1 market.tick:1"},
        Recording{"kite/ticker_full.json", "http_json", kTicker, "ok 1 market.tick:1"},
        Recording{"kite/ticker_quote.json", "http_json", kTickerWithoutTime, "ok 1 market.tick:1"},
        Recording{"kite/ticker_ltp.json", "http_json", kTickerWithoutTime, "ok 1 market.tick:1"}));

/// A file of recordings that has no row above is one that nobody reads.
TEST(RecordedAnswers, AreAllOfThemRead) {
    TRIBUTARY_NEEDS_RECORDING("README.md");
    std::set<std::string> read;
    std::ifstream source(TRIBUTARY_SOURCE_DIR "/tests/unit/recorded_answers_test.cpp");
    const std::string text{std::istreambuf_iterator<char>(source), {}};
    std::vector<std::string> unread;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(recordings::folder())) {
        std::string name = entry.path().stem().string();
        if (name.ends_with('Z')) { // put on above behind the names of some
            name.pop_back();
        }
        if (entry.is_regular_file() && name != "README" && text.find(name) == std::string::npos) {
            unread.push_back(entry.path().string());
        }
    }
    EXPECT_THAT(unread, testing::IsEmpty());
}

std::vector<std::string> ids_of(const AnswerReport& report) {
    std::vector<std::string> ids;
    for (const auto& row : report.rows) {
        EXPECT_EQ(row.rejected, std::nullopt);
        ids.push_back(row.id);
    }
    return ids;
}

TEST(RecordedAnswers, FourPollsOfFirmsAddWhatTheOnesBeforeLack) {
    TRIBUTARY_NEEDS_RECORDING("firms/repolls/fires_2026-07-31T1001Z.csv");
    std::set<std::string> seen;
    std::vector<std::size_t> rows;
    std::vector<std::size_t> added;
    for (const char* poll :
         {"fires_2026-07-31T0017", "fires_2026-07-31T0357", "fires_2026-07-31T0717", "fires_2026-07-31T1001"}) {
        const std::size_t before = seen.size();
        rows.push_back(0);
        for (const auto& [product, body] : recordings::area_api_bodies(fmt::format("firms/repolls/{}Z.csv", poll))) {
            const AnswerReport read = report("nasa_firms", body, {{"product", product}});
            EXPECT_EQ(read.answer_class, streaming::AnswerClass::ok);
            rows.back() += read.rows.size();
            for (std::string& id : ids_of(read)) {
                seen.insert(std::move(id));
            }
        }
        added.push_back(seen.size() - before);
    }
    EXPECT_THAT(rows, testing::ElementsAre(0, 779, 3228, 5995));
    EXPECT_THAT(added, testing::ElementsAre(0, 779, 2449, 2767));
}

TEST(RecordedAnswers, AGrowingFileOfTicksAddsItsEnd) {
    TRIBUTARY_NEEDS_RECORDING("ticks/repolls/nifty50_2022-12-01_polled_1029IST.csv");
    const auto ids = [](const char* time) {
        return ids_of(
            report(example("nifty"), {.response = {.status = 200,
                                                   .body = recordings::read(fmt::format(
                                                       "ticks/repolls/nifty50_2022-12-01_polled_{}IST.csv", time))}}));
    };
    const auto first = ids("0948");
    const auto second = ids("1029");
    std::set<std::string> seen(first.begin(), first.end());
    EXPECT_EQ(seen.size(), 2882U);
    EXPECT_TRUE(std::equal(first.begin(), first.end(), second.begin()));
    seen.insert(second.begin(), second.end());
    EXPECT_EQ(seen.size(), 5342U);
}

TEST(RecordedAnswers, TellTheTimeAndPriceOfATrade) {
    TRIBUTARY_NEEDS_RECORDING("ticks/kraken_trades_XBTUSDT_2025-11-10.json");
    const AnswerReport read =
        report(example("kraken"),
               {.response = {.status = 200, .body = recordings::read("ticks/kraken_trades_XBTUSDT_2025-11-10.json")}});
    const json data = json::parse(read.rows.at(0).payload).at("data");
    EXPECT_EQ(data, (json{{"price", 105433.6},
                          {"volume", 0.00027625},
                          {"side", "b"},
                          {"order_type", "l"},
                          {"trade_id", 10218208},
                          {"event_time", data.at("event_time")}}));
    EXPECT_THAT(data.at("event_time").get<std::string>(), HasSubstr("2025-11-10T17:23:53.97"));
}

} // namespace
