#include "core/streaming/patterns/command_line.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>
#include <filesystem>
#include <fstream>

namespace {

using namespace streaming;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const ServiceProgram kProgram{.name = "shop",
                              .flags = {{.name = "area", .help = "which area", .fallback = "CA"}},
                              .settings = {.name_space = "live"}};

detail::CommandLine read(std::vector<std::string> words) {
    words.insert(words.begin(), "shop");
    std::vector<char*> arguments;
    for (std::string& word : words) {
        arguments.push_back(word.data());
    }
    return detail::read_command_line(static_cast<int>(arguments.size()), arguments.data(), kProgram);
}

Settings settings(const std::vector<std::string>& words) {
    ConfigFindings findings;
    Settings read_settings = detail::settings_of(read(words), kProgram, findings);
    EXPECT_THAT(findings.problems, IsEmpty());
    return read_settings;
}

TEST(CommandLine, ReadsWhatItIsGiven) {
    const Settings given = settings({"--brokers", "b:9092", "--redis", "redis://r", "--namespace", "shadow", "--admin",
                                     "127.0.0.1:0", "--area", "OR"});
    EXPECT_EQ(given.kafka.bootstrap_servers, "b:9092");
    ASSERT_TRUE(given.redis.has_value());
    EXPECT_EQ(given.redis->url, "redis://r");
    EXPECT_EQ(given.name_space, "shadow");
    EXPECT_EQ(given.admin, "127.0.0.1:0");
    EXPECT_EQ(given.flag("area"), "OR");
}

TEST(CommandLine, WhatIsNotGivenIsTheProgramsOwn) {
    const Settings none = settings({});
    EXPECT_EQ(none.name_space, "live");
    EXPECT_EQ(none.kafka.bootstrap_servers, "");
    EXPECT_FALSE(none.redis.has_value());
    EXPECT_EQ(none.flag("area"), "CA");
}

TEST(CommandLine, FlagsAreStrongerThanFiles) {
    const std::filesystem::path file =
        std::filesystem::temp_directory_path() / ("tributary-command-line-" + std::to_string(::getpid()) + ".yaml");
    std::ofstream(file) << "kafka:\n  bootstrap_servers: file:9092\n  client_id: from-the-file\n";
    const Settings both = settings({"--config", file.string(), "--brokers", "flag:9092"});
    std::filesystem::remove(file);
    EXPECT_EQ(both.kafka.bootstrap_servers, "flag:9092");
    EXPECT_EQ(both.kafka.client_id, "from-the-file");
}

TEST(CommandLine, FilesAreCheckedWithWhatTheFlagsBring) {
    const std::filesystem::path file =
        std::filesystem::temp_directory_path() / ("tributary-command-line-" + std::to_string(::getpid()) + ".yaml");
    std::ofstream(file) << "sharing: {mode: leases}\nthrottling: {enabled: false}\nsources: {a: {source_type: file}}\n";
    ConfigFindings findings;
    (void)detail::settings_of(read({"--config", file.string(), "--redis", "redis://r", "--brokers", "b:9092"}),
                              kProgram, findings);
    EXPECT_THAT(findings.problems, IsEmpty());
    EXPECT_THAT(findings.warnings, IsEmpty());
    (void)detail::settings_of(read({"--config", file.string()}), kProgram, findings);
    EXPECT_THAT(findings.problems, ElementsAre(HasSubstr("sharing.mode: 'leases' needs redis")));
    EXPECT_THAT(findings.warnings, ElementsAre(HasSubstr("kafka.bootstrap_servers: is not given")));
    std::filesystem::remove(file);
}

TEST(CommandLine, AFileThatIsNotThereIsAProblem) {
    ConfigFindings findings;
    (void)detail::settings_of(read({"--config", "/no/such/file.yaml"}), kProgram, findings);
    EXPECT_THAT(findings.problems, ElementsAre(HasSubstr("/no/such/file.yaml")));
}

TEST(CommandLine, HelpAndVersionEndTheProgramWell) {
    testing::internal::CaptureStdout();
    EXPECT_EQ(read({"--help"}).exit, 0);
    EXPECT_EQ(read({"--version"}).exit, 0);
    EXPECT_THAT(testing::internal::GetCapturedStdout(),
                AllOf(HasSubstr("--brokers"), HasSubstr("--area"), HasSubstr("which area (CA)"),
                      HasSubstr("Exit codes"), HasSubstr("shop (tributary ")));
}

TEST(CommandLine, AMistakeEndsItWithTwo) {
    testing::internal::CaptureStderr();
    EXPECT_EQ(read({"--no-such-flag"}).exit, 2);
    EXPECT_EQ(read({"--brokers"}).exit, 2);
    EXPECT_EQ(read({"--log-level", "loud"}).exit, 2);
    EXPECT_EQ(read({"--log-format", "xml"}).exit, 2);
    EXPECT_THAT(testing::internal::GetCapturedStderr(), AllOf(HasSubstr("no-such-flag"), HasSubstr("loud")));
    EXPECT_EQ(read({"--log-format", "json"}).exit, std::nullopt);
}

} // namespace
