// Configuration of an ingestion: the users' own, and what changes while records flow.

#include <gmock/gmock.h>
#include <signal.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>

#include "core/streaming/infrastructure/event_types.hpp"
#include "tests/kafka/ingestion_test.hpp"
#include "tests/support/kafka_tools.hpp"
#include "tests/support/users_apis.hpp"

namespace tests {
namespace {

namespace testing_support = streaming::testing_support;
using streaming::TopicNames;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using testing_support::ChildProcess;

constexpr auto kUsersFile = TRIBUTARY_SOURCE_DIR "/tests/config/contract.yaml";

class UsersFile : public IngestionTest {
protected:
    UsersFile() {
        ::setenv("FIRMS_MAP_KEY", kKey, 1);
        EXPECT_TRUE(apis_.start().ok());
    }
    ~UsersFile() override { ::unsetenv("FIRMS_MAP_KEY"); }

    [[nodiscard]] std::string write_override(const std::string& more = "") {
        const std::string api = fmt::format("http://127.0.0.1:{}", apis_.port());
        return files_.write("override.yaml",
                            fmt::format("kafka: {{bootstrap_servers: \"{}\"}}\nredis: {{url: \"{}\"}}\n"
                                        "api_endpoints: {{noaa_weather: \"{}\", nasa_firms: \"{}\", "
                                        "iot_sensor: \"{}/readings\"}}\n{}",
                                        servers(), redis().url(), api, api, api, more));
    }
    /// Types of the events on a topic, when there are so many.
    [[nodiscard]] static std::multiset<std::string> types_on(const std::string_view topic, std::size_t count) {
        std::multiset<std::string> types;
        for (const auto& record : testing_support::await_records(servers(), std::string(topic), count, 30s)) {
            types.insert(nlohmann::json::parse(record.payload.value_or("null")).value("type", ""));
        }
        return types;
    }
    /// As "8 partitions, 259200000 ms".
    [[nodiscard]] static std::string shape_of(const std::string_view topic) {
        streaming::KafkaTopicAdmin topics({.bootstrap_servers = servers()});
        const auto found = topics.describe(std::string(topic), 20s);
        if (!found || !found.value()) {
            return found ? "none" : found.error().message;
        }
        return fmt::format("{} partitions, {} ms", found.value()->partitions,
                           found.value()->settings.at("retention.ms"));
    }
    void await_sources(ChildProcess& program) {
        for (const char* source : {"noaa_weather_ca", "firms_viirs", "noaa_alerts", "iot_sensors"}) {
            (void)await_log(program, fmt::format("source {} runs", source));
        }
    }
    static void expect_the_users_shapes() {
        EXPECT_EQ(shape_of(TopicNames::weather), "8 partitions, 259200000 ms");
        EXPECT_EQ(shape_of(TopicNames::iot_sensors), "12 partitions, 604800000 ms"); // the broker's default
        EXPECT_EQ(shape_of(TopicNames::fires), "4 partitions, 604800000 ms");
    }

    streaming::HttpServer apis_{{}, answer_as_users_apis};
};

TEST_F(UsersFile, MakesItsTopicsFillsThemAndChangesNoneThatDiffers) {
    using Types = std::multiset<std::string>;
    ChildProcess program = start({kUsersFile, write_override()});
    await_sources(program); // their topics are there
    EXPECT_EQ(types_on(TopicNames::weather, 2),
              (Types{"weather.observation.recorded", "weather.observation.recorded"}));
    EXPECT_EQ(types_on(TopicNames::fires, 1), Types{"wildfire.detection.observed"});
    EXPECT_EQ(types_on(TopicNames::iot_sensors, 2), (Types{"iot.reading.recorded", "iot.reading.recorded"}));
    EXPECT_EQ(types_on(TopicNames::fallback, 1), Types{"weather.alert.issued"}); // noaa_alerts fits no pattern
    expect_the_users_shapes();
    end(program);
    EXPECT_THAT(log(), AllOf(HasSubstr("topic wildfire-weather-data was made"), Not(HasSubstr("nothing was changed")),
                             Not(HasSubstr(kKey))));

    std::filesystem::remove(files_.path("log"));
    program = start({kUsersFile, write_override("topics: {wildfire-iot-sensors: {partitions: 3}, "
                                                "wildfire-weather-data: {retention_ms: 1000}}\n")});
    await_sources(program);
    EXPECT_THAT(log(), HasSubstr("topic wildfire-iot-sensors: has 12 partitions, the configuration says 3; "
                                 "nothing was changed"));
    EXPECT_THAT(log(), HasSubstr("topic wildfire-weather-data: has retention.ms 259200000, the configuration says "
                                 "1000; nothing was changed"));
    expect_the_users_shapes();
    end(program);
}

class IngestionReload : public IngestionTest {
protected:
    using Polls = std::vector<NumberedApi::Poll>;

    void write(const NumberedApi& api, const std::string& sources) {
        config_ = files_.write("ingest.yaml", surroundings(api) + "sources:\n" + sources);
    }
    [[nodiscard]] static std::size_t count(const Polls& polls, const std::string& path) {
        return static_cast<std::size_t>(std::ranges::count(polls, path, &NumberedApi::Poll::path));
    }
    /// Waits until the path was asked `times` more.
    [[nodiscard]] static bool await_polls(const NumberedApi& api, const std::string& path, std::size_t times) {
        const std::size_t wanted = count(api.polls(), path) + times;
        return api.await([&](const Polls& polls) { return count(polls, path) >= wanted; });
    }
    /// The least of the last `intervals` between polls of the path.
    [[nodiscard]] static std::chrono::milliseconds least_interval(const NumberedApi& api, const std::string& path,
                                                                  std::size_t intervals) {
        Polls polls = api.polls();
        std::erase_if(polls, [&](const auto& poll) { return poll.path != path; });
        auto least = std::chrono::steady_clock::duration::max();
        for (std::size_t i = polls.size() - intervals; i < polls.size(); ++i) {
            least = std::min(least, polls.at(i).at - polls.at(i - 1).at);
        }
        return std::chrono::duration_cast<std::chrono::milliseconds>(least);
    }

    std::string config_{};
};

TEST_F(IngestionReload, ChangesTakeEffectWhileRecordsFlowAndNothingIsLost) {
    NumberedApi api;
    write(api, source("changed", 0.02) + source("disabled", 0.02) + source("untouched", 0.02));
    ChildProcess program = start({config_});
    for (const char* path : {"/changed", "/disabled", "/untouched"}) {
        ASSERT_TRUE(await_polls(api, path, 5)) << path << "\n" << log();
    }
    write(api, source("changed", 2) + source("disabled", 0.02, "one", ", enabled: false") + source("untouched", 0.02));
    program.signal(SIGHUP);
    (void)await_log(program, "sources\\.disabled\\.enabled: true -> false");
    (void)await_log(program, "sources\\.changed\\.ingestion\\.polling_interval_seconds: 0\\.02 -> 2");
    ASSERT_TRUE(await_polls(api, "/untouched", 5)); // what was on its way to the API is there
    const std::size_t of_disabled = count(api.polls(), "/disabled");
    ASSERT_TRUE(await_polls(api, "/changed", 3)) << log();
    EXPECT_GE(least_interval(api, "/changed", 1), 500ms) << "2 s, with jitter of a tenth";
    EXPECT_EQ(count(api.polls(), "/disabled"), of_disabled) << "goes on";

    // A wrong file, seen by itself.
    write(api, source("changed", -1) + source("untouched", 0.02));
    (void)await_log(program, "a file changed, and it is wrong: everything stays as it was");
    EXPECT_THAT(log(), HasSubstr("ingest.yaml"));
    (void)await_log(program, "error ingest configuration: .*sources\\.changed\\.ingestion\\.polling_interval_seconds");
    ASSERT_TRUE(await_polls(api, "/changed", 2));
    EXPECT_GE(least_interval(api, "/changed", 1), 500ms);
    ASSERT_TRUE(await_polls(api, "/untouched", 5));

    // Right again, seen by itself.
    write(api, source("changed", 0.02) + source("disabled", 0.02) + source("untouched", 0.02));
    ASSERT_TRUE(await_polls(api, "/disabled", 5)) << log();
    ASSERT_TRUE(await_polls(api, "/changed", 20)) << log();
    EXPECT_LT(least_interval(api, "/changed", 10), 1s);
    api.freeze();
    const auto account = await_ingested(servers(), out_, api.served());
    EXPECT_EQ(account, IngestionAccount{}) << log();
    end(program);
}

} // namespace
} // namespace tests
