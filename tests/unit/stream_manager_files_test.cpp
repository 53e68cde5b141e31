// What a configuration file says, in the life of a StreamManager.

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "core/streaming/infrastructure/durable_file.hpp"
#include "core/streaming/ingestion/standard_source_types.hpp"
#include "tests/support/config_files.hpp"
#include "tests/support/stream_manager_fixture.hpp"

namespace {

using namespace streaming;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class StreamManagerFiles : public tests::StreamManagerFixture {
protected:
    StreamManagerFiles() {
        options_ = options();
        add_standard_source_types(options_.types);
    }
    void start(const std::string& text) {
        const std::string path = files_.write("streams.yaml", "kafka: {bootstrap_servers: 'fake:9092'}\n" + text);
        manager_ = std::make_unique<StreamManager>(ConfigSources{.files = {path}}, options_);
        ASSERT_TRUE(manager_->start().ok());
        ASSERT_EQ(manager_->start_all(), 1U);
    }
    void stop() {
        await_idle();
        EXPECT_EQ(manager_->stop(), 0U);
        manager_.reset();
    }
    void append(const std::string& line) { std::ofstream(files_.path("rows.ndjson"), std::ios::app) << line << '\n'; }
    /// Nothing but the place keeps what was read from being read again.
    [[nodiscard]] std::string file_source() const {
        return fmt::format(
            "state_directory: {}\n"
            "sources:\n"
            "  rows: {{source_type: file, topic: readings, deduplication: {{enabled: false}},\n"
            "    custom_params: {{path: {}, event_type: row.read, natural_key: id}}}}\n",
            files_.path("state"), files_.path("rows.ndjson"));
    }
    /// What readiness says of the place where the source keeps what it remembers.
    [[nodiscard]] std::string state_of_rows() {
        const std::vector<PartHealth> parts = manager_->service().health().parts;
        const auto found = std::ranges::find(parts, "state rows", &PartHealth::name);
        return found != parts.end() ? found->detail : "";
    }
    [[nodiscard]] bool is_stale() { return manager_->get_metrics()["streams"].front()["stale"].get<bool>(); }

    tests::ConfigFiles files_{};
    StreamManager::Options options_{};
};

TEST_F(StreamManagerFiles, AFileGoesOnBehindItsPlaceAfterARestart) {
    append(R"({"id": "a"})");
    append(R"({"id": "b"})");
    start(file_source());
    await_records("readings", 2);
    stop();
    append(R"({"id": "c"})");
    start(file_source());
    await_records("readings", 3);
    stop();
    EXPECT_THAT(ids("readings"), ElementsAre("a", "b", "c"));
}

TEST_F(StreamManagerFiles, WhatHoldsForATypeHoldsWhereTheFileDoesNotSayOtherwise) {
    options_.types.add("slow", [this](const SourceTypes::Request& request) {
        SourceParts parts{.handler = [](const Response&, SourceContext&) {}, .defaults = {.max_age = 1h}};
        parts.connector = connector_of("{}");
        parts.handler = [time = platform_.clock().system_now() - 2h](const Response&, SourceContext& rows) {
            rows.payload_is_of(time);
        };
        EXPECT_EQ(request.settings.source_type, "slow");
        return Result<SourceParts>(std::move(parts));
    });
    const auto is_polled = [this] { return manager_->get_metrics()["streams"].front()["polls"].contains("empty"); };
    start("sources:\n  one: {source_type: slow, topic: readings}\n");
    await(is_polled);
    await_idle();
    EXPECT_TRUE(is_stale());
    stop();
    start("sources:\n  one: {source_type: slow, topic: readings, api: {max_age_seconds: 0}}\n");
    await(is_polled);
    await_idle();
    EXPECT_FALSE(is_stale());
}

TEST_F(StreamManagerFiles, ADirectoryThatCannotBeMadeIsTroubleOfItsStateAndNotOfRedis) {
    start(
        "state_directory: /proc/nope\n"
        "sources: {rows: {source_type: web, topic: readings, custom_params: {url: 'http://api.example/records'}}}\n");
    const std::string health = manager_->service().health().to_json();
    EXPECT_THAT(health, HasSubstr("\"state rows\""));
    EXPECT_THAT(health, HasSubstr("/proc/nope: cannot be made"));
    EXPECT_THAT(health, Not(HasSubstr("redis")));
}

TEST_F(StreamManagerFiles, ASecondProcessOnADirectoryIsToldAsLongAsTheFirstOneRuns) {
    std::filesystem::create_directory(files_.path("state"));
    const std::string lock = files_.path("state/stream_manager%2Erows.lock");
    auto other = detail::open_file(lock, O_RDWR | O_CREAT); // as the first process does
    ASSERT_EQ(::flock(other.get(), LOCK_EX | LOCK_NB), 0);
    answer("[]");
    start(
        fmt::format("state_directory: {}\n"
                    "sources: {{rows: {{source_type: web, topic: readings, custom_params: {{url: '{}'}}}}}}\n",
                    files_.path("state"), kUrl));
    await([&] { return manager_->get_metrics()["streams"].front()["polls"].contains("empty"); });
    await_idle(); // the poll has ended, the next one is due 30 s after that
    EXPECT_THAT(state_of_rows(), HasSubstr(files_.path("state") + ": another process uses this directory"));
    other.reset();
    platform_.clock().advance(30s);
    await([&] { return state_of_rows().empty(); });
}

} // namespace
