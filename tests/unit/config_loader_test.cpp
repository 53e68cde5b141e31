#include "core/streaming/patterns/config_loader.hpp"

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "core/streaming/patterns/config_error.hpp"

namespace {

using namespace streaming;
using testing::HasSubstr;

class ConfigLoader : public testing::Test {
protected:
    void SetUp() override {
        std::string name = std::filesystem::temp_directory_path() / "tributary-config-XXXXXX";
        folder_ = mkdtemp(name.data());
    }
    void TearDown() override { std::filesystem::remove_all(folder_); }

    std::string file(const std::string& name, const std::string& text) {
        const auto path = folder_ / name;
        std::ofstream(path) << text;
        return path;
    }
    static std::string problems_of(const std::vector<std::string>& files, Settings settings = {}) {
        try {
            (void)load_settings(std::move(settings), files, nullptr);
        } catch (const ConfigError& error) {
            return error.what();
        }
        return {};
    }

    std::filesystem::path folder_{};
};

TEST_F(ConfigLoader, MergesFilesLeftToRightAndTheEnvironmentOverThem) {
    const auto base =
        file("base.yaml", "kafka: {bootstrap_servers: \"a:1\", client_id: shop}\nredis: {url: \"redis://r\"}\n");
    const auto prod =
        file("prod.json", R"({"kafka": {"bootstrap_servers": "b:2", "properties": {"security.protocol": "ssl"}}})");
    const std::array<const char*, 3> environment{"HOME=/", "TRIBUTARY__KAFKA__CLIENT_ID=till", nullptr};
    const Settings settings = load_settings({}, {base, prod}, environment.data());
    EXPECT_EQ(settings.kafka.bootstrap_servers, "b:2");
    EXPECT_EQ(settings.kafka.client_id, "till");
    EXPECT_EQ(settings.kafka.properties.at("security.protocol"), "ssl");
    EXPECT_EQ(settings.redis->url, "redis://r");
}

TEST_F(ConfigLoader, ReadsEveryKindOfValue) {
    const auto path = file("all.yaml", R"(
deduplication: {enabled: false, ttl_seconds: 60, on_store_error: pause}
error_handling: {max_attempts: 7, first_delay_ms: 10, on_exhausted: stop, strict_types: true}
namespace: shadow
flags: {stations: "KBHM"}
)");
    const Settings settings = load_settings({.flags = {{"stations", ""}}}, {path}, nullptr);
    EXPECT_FALSE(settings.deduplication->enabled);
    EXPECT_EQ(settings.deduplication->ttl, std::chrono::seconds(60));
    EXPECT_EQ(settings.deduplication->on_store_error, StoreErrorPolicy::pause);
    EXPECT_EQ(settings.error_handling->max_attempts, 7U);
    EXPECT_EQ(settings.error_handling->first_delay, std::chrono::milliseconds(10));
    EXPECT_EQ(settings.error_handling->on_exhausted, ExhaustedPolicy::stop);
    EXPECT_TRUE(settings.error_handling->strict_types);
    EXPECT_EQ(settings.name_space, "shadow");
    EXPECT_EQ(settings.flag("stations"), "KBHM");
}

TEST_F(ConfigLoader, EveryProblemAtOnceWithItsPlace) {
    const auto path = file("bad.yaml",
                           "kafka:\n  bootstrap_server: x\ndeduplication:\n  enabled: maybe\n  on_store_error: "
                           "skip\nerror_handling: {max_attempts: many}\nflags: {color: red}\n");
    const std::string problems = problems_of({path, (folder_ / "none.yaml").string()});
    EXPECT_THAT(problems, HasSubstr("bad.yaml:2:21: unknown key 'kafka.bootstrap_server'"));
    EXPECT_THAT(problems, HasSubstr("bad.yaml:4:12: deduplication.enabled: 'maybe' is not true or false"));
    EXPECT_THAT(problems, HasSubstr("'skip' is not one of process, pause"));
    EXPECT_THAT(problems, HasSubstr("error_handling.max_attempts: 'many' is not a whole number"));
    EXPECT_THAT(problems, HasSubstr("this service has no flag 'color'"));
    EXPECT_THAT(problems, HasSubstr("Config file not found: "));
}

TEST_F(ConfigLoader, RefusesDuplicateKeysBrokenYamlAndAliasBombs) {
    EXPECT_THAT(problems_of({file("twice.yaml", "namespace: a\nnamespace: b\n")}),
                HasSubstr("twice.yaml:2:1: key 'namespace' stands here twice"));
    EXPECT_THAT(problems_of({file("broken.yaml", "kafka: {\n")}), HasSubstr("broken.yaml:"));
    EXPECT_THAT(problems_of({file("list.yaml", "- a\n")}), HasSubstr("a configuration is a map"));
    std::string bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n";
    for (int i = 1; i < 9; ++i) {
        bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
        for (int j = 0; j < 10; ++j) {
            bomb += (j == 0 ? "*a" : ",*a") + std::to_string(i - 1);
        }
        bomb += "]\n";
    }
    EXPECT_THAT(problems_of({file("bomb.yaml", bomb)}), HasSubstr("more than 100000 values"));
}

TEST_F(ConfigLoader, LoadsTheFilesOfTheStreamManager) {
    const auto path = file("manager.yaml", R"(
kafka: {bootstrap_servers: "localhost:9092", client_id: "wildfire-stream-manager", compression_type: "gzip", batch_size: 500, max_retries: 3, retry_backoff_base: 2.0}
throttling: {enabled: true, min_send_rate: 1.0}
queue_max_size: 10000
queue_overflow_strategy: "drop_oldest"
enable_dlq: true
enable_metrics: true
priority_sources: ["firms_viirs"]
custom_topic_mappings: {noaa_weather_ca: "wildfire-weather-data"}
topics: {wildfire-weather-data: {partitions: 8}}
sources: {firms_viirs: {source_type: "nasa_firms", ingestion: {mode: "batch"}}}
)");
    const Settings settings = load_settings({}, {path}, nullptr);
    EXPECT_EQ(settings.kafka.bootstrap_servers, "localhost:9092");
    EXPECT_EQ(settings.kafka.compression_type, "gzip");
}

} // namespace
