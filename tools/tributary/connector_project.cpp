#include "tools/tributary/connector_project.hpp"

#include <array>
#include <cctype>
#include <utility>

namespace tributary {
namespace {

// {{name}} is the name, {{Name}} the same as a type's.

constexpr std::string_view kCMake = R"text(cmake_minimum_required(VERSION 3.25)
project({{name}} LANGUAGES CXX)
find_package(Tributary 0.1 REQUIRED)

add_library({{name}}_source STATIC {{name}}_connector.cpp)
target_include_directories({{name}}_source PUBLIC ${PROJECT_SOURCE_DIR})
target_link_libraries({{name}}_source PUBLIC Tributary::tributary)
add_executable({{name}} main.cpp)
target_link_libraries({{name}} PRIVATE {{name}}_source)

if(TARGET Tributary::testing)
  enable_testing()
  include(GoogleTest)
  add_executable({{name}}_tests {{name}}_connector_test.cpp)
  target_link_libraries({{name}}_tests PRIVATE {{name}}_source Tributary::testing GTest::gmock_main)
  gtest_discover_tests({{name}}_tests)
endif()
)text";

constexpr std::string_view kHeader = R"text(#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "core/streaming/patterns/source_type.hpp"

namespace {{name}} {

/// What goes to the topic. Its members are those of the event's `data`.
struct Reading {
    static constexpr std::string_view event_type = "{{name}}.reading.recorded";
    std::string id{};
    std::string time{};
    double value = 0;
    NLOHMANN_DEFINE_TYPE_INTRUSIVE(Reading, id, time, value)
};

/// Asks the API: one request a poll. When to poll, how often at most and for how long is configuration.
class {{Name}}Connector final : public streaming::Connector {
public:
    explicit {{Name}}Connector(streaming::HttpRequest get) : get_(std::move(get)) {}
    streaming::Result<streaming::Response> fetch(const Request& request) override;

private:
    streaming::HttpRequest get_;
};

/// Turns an answer into events; a row that it cannot understand is rejected alone, with the reason.
void record_readings(const streaming::Response& answer, streaming::SourceContext& context);

/// A source of `source_type: {{name}}`. `custom_params`: url.
streaming::Result<streaming::SourceParts> make_source(const streaming::SourceTypes::Request& request);

} // namespace {{name}}
)text";

constexpr std::string_view kSource = R"text(#include "{{name}}_connector.hpp"

#include <memory>
#include <nlohmann/json.hpp>

namespace {{name}} {

using streaming::Error;
using streaming::ErrorCode;

streaming::Result<streaming::Response> {{Name}}Connector::fetch(const Request& request) {
    auto answer = request.http.get(get_, request.stop);
    if (!answer) {
        return answer.error();
    }
    const long status = answer.value().status;
    if (status != 200) { // the text names the host only: a path may hold a key
        return Error{.code = ErrorCode::unavailable,
                     .message = std::string(streaming::host_of(get_.url)) + " answered " + std::to_string(status),
                     .retryable = true};
    }
    return streaming::Response{.body = std::move(answer.value().body)};
}

void record_readings(const streaming::Response& answer, streaming::SourceContext& context) {
    streaming::for_each_record(answer.body, "readings", context, [&](const nlohmann::json& record) {
        const auto reading = record.get<Reading>(); // throws when something is missing: the row is rejected
        // What makes it the same reading when the API says it again, in JSON so that no two can look alike.
        const std::string natural_key = nlohmann::json::array({reading.id, reading.time}).dump();
        context.emit(natural_key, reading.id, reading);
    });
}

streaming::Result<streaming::SourceParts> make_source(const streaming::SourceTypes::Request& request) {
    const streaming::CustomParams params(request.settings.custom_params);
    params.only({{"url"}});
    streaming::refuse_backfill(request);
    std::string url = streaming::url_of(request, params);
    if (url.empty()) {
        streaming::CustomParams::refuse_unseen("url", "must be given, here or as api_endpoints.{{name}}");
    }
    return streaming::SourceParts{.connector = std::make_unique<{{Name}}Connector>(streaming::HttpRequest{
                                      .url = std::move(url), .timeout = request.settings.timeout}),
                                  .handler = record_readings};
}

} // namespace {{name}}
)text";

constexpr std::string_view kTest = R"text(#include "{{name}}_connector.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/null_sink.h>
#include <nlohmann/json.hpp>

#include "core/streaming/testing/fake_clock.hpp"
#include "core/streaming/testing/fake_http_client.hpp"

namespace {{name}} {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

class {{Name}}ConnectorTest : public ::testing::Test {
protected:
    {{Name}}ConnectorTest() { types_.add("{{name}}", make_source); }

    streaming::Result<streaming::SourceParts> make() {
        settings_.source_type = "{{name}}";
        return types_.make({.name = "a", .settings = settings_, .clock = clock_});
    }
    streaming::Result<streaming::Response> fetch() {
        parts_ = std::move(make()).value();
        return parts_.connector->fetch({.http = http_, .stop = {}});
    }
    /// What one poll makes.
    std::vector<streaming::SourceRow> poll() {
        const auto answer = fetch();
        EXPECT_TRUE(answer.ok()) << answer.error().message;
        streaming::SourceContext context({.service = "test", .source = "a", .log = log_, .now = {}}, {});
        parts_.handler(answer.value(), context);
        return std::move(context.rows());
    }

    streaming::SourceTypes types_{};
    streaming::SourceSettings settings_{.custom_params = {{"url", "http://api/readings?key=s3cret"}}};
    streaming::SourceParts parts_{};
    streaming::fakes::FakeClock clock_{};
    streaming::fakes::FakeWeb web_{};
    streaming::fakes::FakeHttpClient http_{web_};
    spdlog::logger log_{"test", std::make_shared<spdlog::sinks::null_sink_mt>()};
};

TEST_F({{Name}}ConnectorTest, SendsAnEventForEachReading) {
    web_.answer("http://api/readings?key=s3cret",
                R"({"readings": [{"id": "a", "time": "2026-01-01T00:00:00Z", "value": 1.5}, {"id": "b"}]})");
    const auto rows = poll();
    ASSERT_THAT(rows, SizeIs(2));
    EXPECT_EQ(rows[0].key, "a");
    EXPECT_EQ(nlohmann::json::parse(rows[0].payload).at("data").at("value"), 1.5);
    EXPECT_THAT(rows[1].rejected.value_or(""), HasSubstr("row 2: "));
    EXPECT_EQ(poll().at(0).id, rows[0].id); // the same again is the same event
}

TEST_F({{Name}}ConnectorTest, SaysWhyThereIsNoAnswerAndShowsNoKey) {
    web_.answer("http://api/readings?key=s3cret", {.status = 503});
    const auto answer = fetch();
    ASSERT_FALSE(answer.ok());
    EXPECT_EQ(answer.error().message, "api answered 503");
}

TEST_F({{Name}}ConnectorTest, NamesWhatIsWrongWithItsParameters) {
    settings_.custom_params["url"] = "s3cret";
    const auto parts = make();
    ASSERT_FALSE(parts.ok());
    EXPECT_THAT(parts.error().message, HasSubstr("sources.a.custom_params.url: is neither a URL"));
    EXPECT_THAT(parts.error().message, Not(HasSubstr("s3cret")));
}

} // namespace
} // namespace {{name}}
)text";

constexpr std::string_view kMain = R"text(#include "core/streaming/patterns/run_stream_manager.hpp"
#include "core/streaming/patterns/source_type.hpp"
#include "{{name}}_connector.hpp"

int main(int argc, char** argv) {
    streaming::SourceTypes types;
    streaming::add_standard_source_types(types);
    types.add("{{name}}", {{name}}::make_source);
    return streaming::run_stream_manager(argc, argv, "{{name}}", std::move(types));
}
)text";

constexpr std::string_view kConfig = R"text(# All keys: tributary reference
kafka: {bootstrap_servers: "127.0.0.1:9092"}
admin: 127.0.0.1:8080
sources:
  {{name}}:
    source_type: {{name}}
    topic: {{name}}
    custom_params: {url: "http://127.0.0.1:8000/readings.json"}
    ingestion: {mode: real_time, polling_interval_seconds: 60}
)text";

/// air_quality -> AirQuality
std::string type_name(std::string_view name) {
    std::string type;
    bool begins = true;
    for (const char letter : name) {
        if (letter != '_') {
            type += begins ? static_cast<char>(std::toupper(static_cast<unsigned char>(letter))) : letter;
        }
        begins = letter == '_';
    }
    return type;
}

std::string filled(std::string_view text, const std::array<std::pair<std::string_view, std::string_view>, 2>& values) {
    std::string result(text);
    for (const auto& [mark, value] : values) {
        for (std::size_t at = result.find(mark); at != std::string::npos; at = result.find(mark, at + value.size())) {
            result.replace(at, mark.size(), value);
        }
    }
    return result;
}

} // namespace

std::vector<ProjectFile> connector_project(std::string_view name) {
    const std::string type = type_name(name);
    const std::string prefix(name);
    std::vector<ProjectFile> files{{"CMakeLists.txt", std::string(kCMake)},
                                   {prefix + "_connector.hpp", std::string(kHeader)},
                                   {prefix + "_connector.cpp", std::string(kSource)},
                                   {prefix + "_connector_test.cpp", std::string(kTest)},
                                   {"main.cpp", std::string(kMain)},
                                   {prefix + ".yaml", std::string(kConfig)}};
    for (ProjectFile& file : files) {
        file.text = filled(file.text, {{{"{{name}}", name}, {"{{Name}}", type}}});
    }
    return files;
}

} // namespace tributary
