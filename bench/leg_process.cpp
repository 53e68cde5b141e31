#include "bench/leg_process.hpp"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>

namespace bench {
namespace {

[[noreturn]] void fail(const std::string& what) {
    std::fprintf(stderr, "bench: %s\n", what.c_str());
    std::exit(1);
}

std::string read_all(int descriptor) {
    std::string text;
    std::array<char, 4096> part{};
    for (ssize_t got = 0; (got = read(descriptor, part.data(), part.size())) > 0;) {
        text.append(part.data(), static_cast<std::size_t>(got));
    }
    return text;
}

/// Runs a program to its end; returns what it wrote to standard output.
std::string output_of(std::vector<std::string>& command) {
    std::array<int, 2> ends{};
    if (pipe(ends.data()) != 0) {
        fail("no pipe");
    }
    posix_spawn_file_actions_t actions{};
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    posix_spawn_file_actions_addclose(&actions, ends[0]);
    std::vector<char*> arguments;
    arguments.reserve(command.size() + 1);
    for (std::string& argument : command) {
        arguments.push_back(argument.data());
    }
    arguments.push_back(nullptr);
    pid_t child = 0;
    const int error = posix_spawn(&child, arguments[0], &actions, nullptr, arguments.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    if (error != 0) {
        fail("cannot start " + command[0]);
    }
    std::string output = read_all(ends[0]);
    close(ends[0]);
    int status = 0;
    waitpid(child, &status, 0);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        fail(command[0] + " failed");
    }
    return output;
}

} // namespace

LegResult run_leg_process(std::vector<std::string> command, const LegOptions& options) {
    for (const auto& [flag, value] : {std::pair{"--leg", options.leg},
                                      {"--brokers", options.brokers},
                                      {"--topic", options.topic},
                                      {"--group", options.group},
                                      {"--out", options.out},
                                      {"--records", std::to_string(options.records)}}) {
        command.insert(command.end(), {flag, value});
    }
    const std::string output = output_of(command);
    const std::size_t line = output.rfind("{\"leg\""); // a service may log before it
    const auto result =
        line == std::string::npos ? nlohmann::json() : nlohmann::json::parse(output.substr(line), nullptr, false);
    if (!result.is_object()) {
        fail(command[0] + " printed no result");
    }
    return {.records_per_second = result.at("records_per_second"),
            .cpu_seconds = result.at("cpu_seconds"),
            .rss_mib = result.at("rss_mib")};
}

} // namespace bench
