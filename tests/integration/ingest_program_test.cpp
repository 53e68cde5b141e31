#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <sstream>

#include "core/streaming/infrastructure/curl_http_client.hpp"
#include "core/streaming/infrastructure/embedded_broker.hpp"
#include "core/streaming/infrastructure/http_server.hpp"
#include "tests/support/child_process.hpp"
#include "tests/support/config_files.hpp"
#include "tests/support/kafka_reader.hpp"
#include "tests/support/users_apis.hpp"

// The program tributary_ingest on the users' configuration as it is: a second file says where broker and APIs are.
namespace {

using namespace streaming;
using nlohmann::json;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;
using testing_support::ChildProcess;
using tests::kKey;

constexpr auto kUsersFile = TRIBUTARY_SOURCE_DIR "/tests/config/contract.yaml";
class IngestProgram : public testing::Test {
protected:
    IngestProgram() {
        ::setenv("FIRMS_MAP_KEY", kKey, 1);
        for (const auto& [topic, partitions] : std::map<std::string, std::int32_t>{{"wildfire-weather-data", 8},
                                                                                   {"wildfire-iot-sensors", 12},
                                                                                   {"wildfire-nasa-firms", 4},
                                                                                   {"wildfire-default", 1}}) {
            EXPECT_TRUE(broker_.create_topic(topic, partitions).ok());
        }
        EXPECT_TRUE(api_.start().ok());
        write_override("");
    }
    ~IngestProgram() override { ::unsetenv("FIRMS_MAP_KEY"); }

    void write_override(const std::string& more_sources) {
        const std::string api = fmt::format("http://127.0.0.1:{}", api_.port());
        override_ =
            files_.write("override.yaml", fmt::format("kafka: {{bootstrap_servers: \"{}\"}}\n"
                                                      "admin: 127.0.0.1:0\n"
                                                      "api_endpoints: {{noaa_weather: \"{}\", nasa_firms: \"{}\", "
                                                      "iot_sensor: \"{}/readings\", http_json: \"{}\"}}\n{}",
                                                      broker_.bootstrap_servers(), api, api, api, api, more_sources));
    }
    ChildProcess start() {
        return ChildProcess({TRIBUTARY_INGEST, "--config", kUsersFile, "--config", override_}, files_.path("log"));
    }
    std::string log() const {
        std::ifstream file(files_.path("log"));
        return {std::istreambuf_iterator<char>(file), {}};
    }
    /// Waits until the log has it, or the program ended.
    std::string await_log(ChildProcess& program, const std::string& pattern) {
        const std::regex wanted(pattern);
        for (int i = 0; i < 1500; ++i) {
            std::smatch found;
            if (const std::string text = log(); std::regex_search(text, found, wanted)) {
                return found.size() > 1 ? found[1].str() : found[0].str();
            }
            if (program.wait_for(std::chrono::milliseconds(20))) {
                break;
            }
        }
        ADD_FAILURE() << pattern << " is not in the log:\n" << log();
        return "";
    }
    /// Types of the events on a topic, when there are so many.
    std::multiset<std::string> types_on(const std::string& topic, std::size_t count) {
        std::multiset<std::string> types;
        for (const auto& record :
             testing_support::await_records(broker_.bootstrap_servers(), topic, count, std::chrono::seconds(30))) {
            types.insert(json::parse(record.payload.value_or("null")).value("type", ""));
        }
        return types;
    }

    tests::ConfigFiles files_{};
    EmbeddedBroker broker_{};
    HttpServer api_{{}, tests::answer_as_users_apis};
    std::string override_{};
};

TEST_F(IngestProgram, RunsTheUsersFileAsItIs) {
    using Types = std::multiset<std::string>;
    ChildProcess program = start();
    EXPECT_EQ(types_on("wildfire-weather-data", 2),
              (Types{"weather.observation.recorded", "weather.observation.recorded"}));
    EXPECT_EQ(types_on("wildfire-nasa-firms", 1), Types{"wildfire.detection.observed"});
    EXPECT_EQ(types_on("wildfire-iot-sensors", 2), (Types{"iot.reading.recorded", "iot.reading.recorded"}));
    EXPECT_EQ(types_on("wildfire-default", 1), Types{"weather.alert.issued"}); // noaa_alerts fits no pattern

    const std::string port = await_log(program, "admin endpoint on port ([0-9]+)");
    CurlHttpClient http({});
    const auto status = http.get({.url = "http://127.0.0.1:" + port + "/api/status"}, {});
    ASSERT_TRUE(status.ok()) << status.error().message;
    const json shown = json::parse(status.value().body);
    EXPECT_EQ(shown.at("stream_manager"), json({{"active_streams", 4}, {"is_started", true}}));
    std::set<std::string> sources;
    for (const auto& [id, stream] : shown.at("streams").items()) {
        sources.insert(id.substr(0, id.size() - 25)); // _YYYYMMDD_HHMMSS_8 hex
    }
    EXPECT_EQ(sources, (std::set<std::string>{"noaa_weather_ca", "firms_viirs", "noaa_alerts", "iot_sensors"}));

    program.signal(SIGTERM);
    EXPECT_EQ(program.wait_for(std::chrono::seconds(30)), 0) << log();
    EXPECT_THAT(log(), Not(HasSubstr(kKey)));
    EXPECT_THAT(status.value().body, Not(HasSubstr(kKey)));
}

TEST_F(IngestProgram, ReadsItsFilesAgainOnSighup) {
    ChildProcess program = start();
    (void)types_on("wildfire-iot-sensors", 2);
    write_override(
        "sources: {late: {source_type: http_json, topic: wildfire-default, "
        "custom_params: {url: /things, event_type: thing.recorded}}, iot_sensors: {enabled: false}}\n");
    program.signal(SIGHUP);
    (void)await_log(program, "configuration: read again after SIGHUP");
    (void)await_log(program, "configuration: sources\\.iot_sensors\\.enabled: true -> false");
    EXPECT_THAT(types_on("wildfire-default", 2), Contains("thing.recorded"));
    program.signal(SIGTERM);
    EXPECT_EQ(program.wait_for(std::chrono::seconds(30)), 0) << log();
}

TEST_F(IngestProgram, APipeInPlaceOfAFileStopsNeitherItNorItsEnd) {
    ChildProcess program = start();
    (void)types_on("wildfire-iot-sensors", 2);
    ASSERT_EQ(::mkfifo(files_.path("pipe").c_str(), 0600), 0);
    std::filesystem::rename(files_.path("pipe"), override_);
    (void)await_log(program, "override.yaml: is a pipe or a device");
    (void)await_log(program, "a file changed, and it is wrong: everything stays as it was");
    program.signal(SIGTERM);
    EXPECT_EQ(program.wait_for(std::chrono::seconds(30)), 0) << log();
}

TEST_F(IngestProgram, SaysWhatIsWrongWithItsFiles) {
    override_ = files_.path("absent.yaml");
    ChildProcess program = start();
    EXPECT_EQ(program.wait_for(std::chrono::seconds(30)), 78);
    EXPECT_THAT(log(), HasSubstr("absent.yaml"));
}

} // namespace
