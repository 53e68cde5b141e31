#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <regex>
#include <string>
#include <vector>

#include "tests/kafka/ingestion_account.hpp"
#include "tests/kafka/numbered_api.hpp"
#include "tests/kafka/real_kafka_test.hpp"
#include "tests/support/child_process.hpp"
#include "tests/support/config_files.hpp"

namespace tests {

/// The program tributary_ingest between a loopback API, a real broker and a real Redis.
class IngestionTest : public RealKafkaTest {
protected:
    /// As written into a configuration: `more` are further keys of the source, each with a comma in front.
    [[nodiscard]] std::string source(const std::string& name, double interval_seconds,
                                     const std::string& process = "one", const std::string& more = "") const {
        return fmt::format(
            "  {}: {{source_type: http_json, topic: {}, rate_limit_per_minute: 1000000, cache_ttl_seconds: 0, "
            "ingestion: {{mode: real_time, polling_interval_seconds: {}, max_records_per_poll: 100000}}, "
            "custom_params: {{url: /{}, event_type: item.made, headers: {{x-process: {}}}}}{}}}\n",
            name, out_, interval_seconds, name, process, more);
    }
    /// Everything but the sources.
    [[nodiscard]] std::string surroundings(const NumberedApi& api) {
        return fmt::format(
            "kafka: {{bootstrap_servers: \"{}\"}}\nredis: {{url: \"{}\"}}\n"
            "api_endpoints: {{http_json: \"{}\"}}\n",
            servers(), redis().url(), api.url());
    }
    [[nodiscard]] streaming::testing_support::ChildProcess start(const std::vector<std::string>& files) {
        std::vector<std::string> command{TRIBUTARY_INGEST};
        for (const std::string& file : files) {
            command.insert(command.end(), {"--config", file});
        }
        return {command, files_.path("log")};
    }
    [[nodiscard]] std::string log() const { return content_of(files_.path("log")); }
    /// Waits until the log has it, or the program ended. Returns the first group, or all when there is none.
    std::string await_log(streaming::testing_support::ChildProcess& program, const std::string& pattern) {
        const std::regex wanted(pattern);
        const auto deadline = std::chrono::steady_clock::now() + 30s;
        do {
            std::smatch found;
            if (const std::string text = log(); std::regex_search(text, found, wanted)) {
                return found.size() > 1 ? found[1].str() : found[0].str();
            }
        } while (!program.wait_for(20ms) && std::chrono::steady_clock::now() < deadline);
        ADD_FAILURE() << pattern << " is not in the log:\n" << log();
        return "";
    }
    void end(streaming::testing_support::ChildProcess& program) {
        program.signal(SIGTERM);
        EXPECT_EQ(program.wait_for(30s), 0) << log();
    }

    ConfigFiles files_{};
};

} // namespace tests
