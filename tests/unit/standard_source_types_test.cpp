#include "core/streaming/ingestion/standard_source_types.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>
#include <filesystem>
#include <fstream>

#include "tests/support/source_handler_fixture.hpp"

namespace {

using namespace streaming;
using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::Pair;
using testing::SizeIs;

class StandardSourceTypes : public SourceTypeFixture {
protected:
    StandardSourceTypes() {
        add_standard_source_types(types_);
        settings_.source_type = "http_json";
    }
};

TEST_F(StandardSourceTypes, HttpJsonSendsTheRecordsOfAnAnswer) {
    web_.answer("http://api/things?key=k", R"({"items":[{"id":1},{"id":2}]})");
    auto parts = make({{"url", "http://api/things?key=k"},
                       {"records", "items"},
                       {"headers", {{"X-Api-Key", "k"}}},
                       {"user_agent", "us"}});
    EXPECT_THAT(poll(parts), SizeIs(2));
    EXPECT_THAT(web_.requests().at(0).headers, ElementsAre(Pair("X-Api-Key", "k")));
    EXPECT_EQ(parts.http.user_agent, "us");
}

TEST_F(StandardSourceTypes, HttpCsvSendsTheRowsOfAnAnswer) {
    settings_.source_type = "http_csv";
    web_.answer("http://api/table", "id;t\r\n1;5\r\n2;x\r\n");
    auto parts = make({{"url", "http://api/table"},
                       {"delimiter", ";"},
                       {"fields", {{"id", "id"}, {"t", {{"from", "t"}, {"type", "number"}}}}}});
    const auto rows = poll(parts);
    ASSERT_THAT(rows, SizeIs(2));
    EXPECT_EQ(json::parse(rows[0].payload).at("data"), json({{"id", "1"}, {"t", 5}}));
    EXPECT_EQ(rows[1].rejected, "row 2, line 3: fields.t: 'x' at t is no number");
    EXPECT_THAT(problem({{"url", "http://api/table"}}),
                HasSubstr("custom_params.natural_key: or fields must be given"));
    EXPECT_THAT(problem({{"natural_key", "id"}}), HasSubstr("or as api_endpoints.http_csv"));
}

TEST_F(StandardSourceTypes, AnEndpointStandsInForSchemeAndHost) {
    const auto asked = [this](const std::string& endpoint, const json& url) {
        endpoint_ = endpoint;
        auto parts = url.is_null() ? make({}) : make({{"url", url}});
        (void)fetch(parts);
        return urls().back();
    };
    EXPECT_EQ(asked("", "https://api.example/a/b?c"), "https://api.example/a/b?c");
    EXPECT_EQ(asked("http://127.0.0.1:9/", "https://api.example/a/b?c"), "http://127.0.0.1:9/a/b?c");
    EXPECT_EQ(asked("http://127.0.0.1:9", "/a"), "http://127.0.0.1:9/a");
    EXPECT_EQ(asked("http://127.0.0.1:9/x/", nullptr), "http://127.0.0.1:9/x");
}

TEST_F(StandardSourceTypes, HttpJsonNamesWhatIsWrongAndShowsNoSecret) {
    EXPECT_EQ(problem({}), "sources.source_a.custom_params.url: must be given, here or as api_endpoints.http_json");
    for (const json& url : {json("ftp://secret"), json("/secret"), json("http://a b/secret"), json(7)}) {
        EXPECT_THAT(problem({{"url", url}}), HasSubstr("sources.source_a.custom_params.url: is n"));
        EXPECT_THAT(problem({{"url", url}}), Not(HasSubstr("secret")));
    }
    EXPECT_THAT(problem({{"url", "http://a"}, {"heders", json::object()}}),
                HasSubstr("custom_params.heders: is not known here; there are url, headers, user_agent, records"));
    EXPECT_THAT(problem({{"url", "http://a"}, {"headers", {{"A", "secret\r\nB: 1"}}}}),
                testing::AllOf(HasSubstr("custom_params.headers.A: is no header"), Not(HasSubstr("secret"))));
    EXPECT_THAT(problem({{"url", "http://a"}, {"headers", {{"A", 7}}}}), HasSubstr("headers.A: is not a text"));
    EXPECT_THAT(problem({{"url", "http://a"}, {"natural_key", 7}}), HasSubstr("custom_params.natural_key: 7 is not"));
    settings_.ingestion = {.mode = IngestionKind::batch, .backfill_from = "2026-01-01"};
    EXPECT_THAT(problem({{"url", "http://a"}}), HasSubstr("ingestion.backfill_from: '2026-01-01' cannot be"));
    settings_.ingestion = {};
    endpoint_ = "localhost:80";
    EXPECT_THAT(problem({}), HasSubstr("source_type: api_endpoints.http_json is no URL"));
}

TEST_F(StandardSourceTypes, AFailedRequestTellsNoPath) {
    auto parts = make({{"url", "http://api/secret?key=secret"}});
    const auto answer = fetch(parts);
    ASSERT_FALSE(answer.ok());
    EXPECT_EQ(answer.error().message, "api answered 404");
}

TEST_F(StandardSourceTypes, FileSendsTheRecordsOfAFile) {
    const auto path = std::filesystem::path(testing::TempDir()) / ("records_" + std::to_string(::getpid()) + ".ndjson");
    std::ofstream(path) << "{\"id\":1}\n{\"id\":2}\n";
    settings_.source_type = "file";
    auto parts = make({{"path", path.string()}, {"event_type", "thing.recorded"}});
    EXPECT_THAT(poll(parts), SizeIs(2));
    EXPECT_THAT(poll(parts), SizeIs(0));
    std::filesystem::remove(path);
    EXPECT_THAT(problem({}), HasSubstr("custom_params.path: must be given"));
    EXPECT_THAT(problem({{"path", 7}}), HasSubstr("custom_params.path: 7 is not"));
}

TEST_F(StandardSourceTypes, FileReadsWhatItsNameOrItsFormatSays) {
    const auto folder = std::filesystem::path(testing::TempDir()) / ("files_" + std::to_string(::getpid()));
    std::filesystem::create_directory(folder);
    settings_.source_type = "file";
    const auto rows = [&](const std::string& name, const std::string& text, std::map<std::string, json> more) {
        std::ofstream(folder / name, std::ios::binary) << text;
        more["path"] = (folder / name).string();
        more["natural_key"] = "id";
        auto parts = make(std::move(more));
        return poll(parts).size();
    };
    EXPECT_EQ(rows("a.csv", "id,x\n1,2\n", {}), 1U);
    EXPECT_EQ(rows("a.tsv", "id\tx\n1\t2\n", {}), 1U);
    EXPECT_EQ(rows("a.jsonl", "{\"id\":1}\n", {}), 1U);
    EXPECT_EQ(rows("a.json", "[{\"id\":1},{\"id\":2}]", {}), 2U);
    EXPECT_EQ(rows("a.txt", "id;x\n1;2", {{"format", "csv"}, {"delimiter", ";"}, {"last_line_after_seconds", 0}}), 1U);
    std::filesystem::remove_all(folder);
}

TEST_F(StandardSourceTypes, FileNamesWhatIsWrong) {
    settings_.source_type = "file";
    const auto with = [this](const char* name, const json& value) {
        std::map<std::string, json> params{{"path", "a.csv"}, {"natural_key", "id"}};
        params[name] = value;
        return problem(params);
    };
    EXPECT_THAT(with("format", "xml"), HasSubstr("custom_params.format: 'xml' is not json, ndjson or csv"));
    EXPECT_THAT(with("speed", 0), HasSubstr("custom_params.speed: 0 is not a number above 0"));
    EXPECT_THAT(with("speed", 1), HasSubstr("custom_params.speed: needs event_time"));
    EXPECT_THAT(with("rows_per_poll", 0), HasSubstr("custom_params.rows_per_poll"));
    EXPECT_THAT(with("records", "/a"), HasSubstr("custom_params.records: is not known here"));
    EXPECT_THAT(problem({{"path", "a.json"}, {"speed", 1}}), HasSubstr("custom_params.speed: is not known here"));
}

} // namespace
