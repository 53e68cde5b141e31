#include "bench/leg_process.hpp"

#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>

namespace bench {
namespace {

std::vector<std::string> with_flags(std::vector<std::string> command, const LegOptions& options) {
    for (const auto& [flag, value] : {std::pair{"--leg", options.leg},
                                      {"--brokers", options.brokers},
                                      {"--topic", options.topic},
                                      {"--group", options.group},
                                      {"--out", options.out},
                                      {"--redis", options.redis},
                                      {"--url", options.url},
                                      {"--records", std::to_string(options.records)},
                                      {"--distinct", std::to_string(options.distinct)},
                                      {"--fetch-wait", std::to_string(options.fetch_wait)}}) {
        command.insert(command.end(), {flag, value});
    }
    return command;
}

} // namespace

LegResult parse_leg_result(const std::string& output) {
    const std::size_t line = output.rfind("{\"leg\""); // a service may log before and after it
    const auto json = line == std::string::npos
                          ? nlohmann::json()
                          : nlohmann::json::parse(output.substr(line, output.find('\n', line) - line), nullptr, false);
    if (!json.is_object()) {
        std::fprintf(stderr, "bench: a leg printed no result: %s\n", output.c_str());
        std::exit(1);
    }
    LegResult result;
    for (const auto& [name, value] : json.items()) {
        if (value.is_number()) {
            result.emplace(name, value.get<double>());
        }
    }
    return result;
}

LegProcess::LegProcess(std::vector<std::string> command, const LegOptions& options)
    : process_(with_flags(std::move(command), options), ChildProcess::Output::capture) {}

} // namespace bench
