#include "core/streaming/infrastructure/shadow_log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cstddef>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/shadow_file.hpp"

namespace {

using namespace streaming;
using streaming::testing_support::ShadowFile;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

TEST(ShadowLog, WritesALineOfJsonForEachEntry) {
    const ShadowFile file;
    ShadowLog log;
    ASSERT_TRUE(log.open(file.path()).ok());
    log.write({.topic = "orders", .key = "k\"1", .id = "id-1", .correlation_id = "c-1"});
    log.write({.topic = "weather.alerts", .id = "id-2", .source = "noaa", .rejected = true});
    log.write({.topic = "raw"});
    log.flush();
    EXPECT_THAT(
        file.lines(),
        ElementsAre(nlohmann::json{{"topic", "orders"}, {"key", "k\"1"}, {"id", "id-1"}, {"correlation_id", "c-1"}},
                    nlohmann::json{{"topic", "weather.alerts"}, {"id", "id-2"}, {"source", "noaa"}, {"rejected", true}},
                    nlohmann::json{{"topic", "raw"}}));
    EXPECT_EQ(log.entries(), 3U);
    EXPECT_EQ(log.failed(), 0U);
}

TEST(ShadowLog, WithoutAFileItCounts) {
    ShadowLog log;
    ASSERT_TRUE(log.open("").ok());
    log.write({.topic = "orders"});
    log.flush();
    EXPECT_EQ(log.entries(), 1U);
    EXPECT_EQ(log.failed(), 0U);
}

TEST(ShadowLog, AppendsToWhatIsThere) {
    const ShadowFile file;
    for (const char* id : {"a", "b"}) {
        ShadowLog log;
        ASSERT_TRUE(log.open(file.path()).ok());
        log.write({.topic = "orders", .id = id});
    } // its end flushes
    EXPECT_THAT(file.lines(), SizeIs(2));
}

TEST(ShadowLog, AFileThatCannotBeOpenedIsNamed) {
    ShadowLog log;
    const Status opened = log.open("/no/such/folder/shadow.jsonl");
    ASSERT_FALSE(opened.ok());
    EXPECT_THAT(opened.error().message,
                HasSubstr("shadow_log /no/such/folder/shadow.jsonl: cannot be opened: No such"));
}

TEST(ShadowLog, AFailedWriteIsCounted) {
    ShadowLog log;
    ASSERT_TRUE(log.open("/dev/full").ok());
    log.write({.topic = "orders"});
    log.write({.topic = "orders"});
    log.flush();
    EXPECT_EQ(log.entries(), 2U);
    EXPECT_EQ(log.failed(), 2U);
}

TEST(ShadowLog, ADiskThatTakesNothingHoldsUpNobody) {
    const ShadowFile pipe;
    ASSERT_EQ(::mkfifo(pipe.path().c_str(), 0600), 0);
    const detail::FileDescriptor reader(::open(pipe.path().c_str(), O_RDONLY | O_NONBLOCK));
    ShadowLog log;
    ASSERT_TRUE(log.open(pipe.path()).ok());
    const std::string id(1000, 'x'); // 64 KiB fit into the pipe, then its writer hangs
    for (int i = 0; i < 10'000; ++i) {
        log.write({.topic = "orders", .id = id});
    }
    EXPECT_EQ(log.entries(), 10'000U);
    EXPECT_GT(log.failed(), 1500U) << "4 MiB wait, and at most as much had been taken to be written";
    std::string bytes(1U << 20U, '\0');
    std::jthread drain([&](const std::stop_token& stop) {
        while (!stop.stop_requested()) {
            (void)!::read(reader.get(), bytes.data(), bytes.size());
        }
    });
    log.flush();
}

TEST(ShadowLog, LinesOfManyThreadsStayWhole) {
    const ShadowFile file;
    ShadowLog log;
    ASSERT_TRUE(log.open(file.path()).ok());
    {
        std::vector<std::jthread> writers(4);
        for (auto& writer : writers) {
            writer = std::jthread([&log] {
                for (int i = 0; i < 2000; ++i) {
                    log.write({.topic = "orders", .key = "k", .id = std::to_string(i)});
                }
            });
        }
    }
    log.flush();
    EXPECT_THAT(file.lines(), SizeIs(8000)) << "each is JSON";
}

} // namespace
