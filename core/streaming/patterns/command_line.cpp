#include "core/streaming/patterns/command_line.hpp"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <iostream>

#include "core/streaming/infrastructure/version.hpp"

namespace streaming::detail {

CommandLine read_command_line(int argc, char** argv, const ServiceProgram& program) {
    CommandLine line;
    CLI::App app(
        "A Tributary service. Exit codes: 0 stopped by a signal, 1 ended by itself, 2 wrong flag, 69 broker not "
        "reached, "
        "75 stopped with records unfinished, 78 wrong configuration.",
        program.name);
    app.set_version_flag("--version", program.name + " (tributary " + std::string(kVersion) + ")");
    app.add_option("--brokers", line.brokers,
                   "Kafka bootstrap servers, HOST:PORT[,HOST:PORT]; `embedded` = in memory, keeps nothing");
    app.add_option("--redis", line.redis,
                   "Redis for deduplication, redis://[user:password@]host[:port][/db]; absent = in memory");
    app.add_option("--config", line.configs, "YAML or JSON file, repeatable; later files win")->allow_extra_args(false);
    app.add_option("--namespace", line.name_space, "{namespace} of topic names");
    app.add_option("--admin", line.admin, "HOST:PORT of /live, /ready and /metrics; port 0 = any");
    app.add_option("--log-level", line.log_level, "trace, debug, info, warn, error")
        ->check(CLI::IsMember({"trace", "debug", "info", "warn", "error"}));
    app.add_option("--log-format", line.log_format, "text or json")->check(CLI::IsMember({"text", "json"}));
    for (const ServiceFlag& flag : program.flags) {
        app.add_option("--" + flag.name, line.own[flag.name],
                       flag.help + (flag.fallback.empty() ? "" : " (" + flag.fallback + ")"));
    }
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        const bool asked = error.get_exit_code() == static_cast<int>(CLI::ExitCodes::Success);
        (void)app.exit(error, std::cout, std::cerr);
        line.exit = asked ? static_cast<int>(ExitCode::ok) : static_cast<int>(ExitCode::usage);
    }
    for (const ServiceFlag& flag : program.flags) {
        if (app.count("--" + flag.name) == 0) {
            line.own.erase(flag.name);
        }
    }
    return line;
}

Settings settings_of(const CommandLine& line, const ServiceProgram& program, ConfigFindings& findings) {
    Settings settings = program.settings;
    for (const ServiceFlag& flag : program.flags) {
        settings.flags.emplace(flag.name, flag.fallback);
    }
    apply_flags(line, settings); // what they bring is there when the files are checked
    findings = read_settings(settings, {.files = line.configs, .environment = environ});
    apply_flags(line, settings);
    return settings;
}

void apply_flags(const CommandLine& line, Settings& settings) {
    if (!line.brokers.empty()) {
        settings.kafka.bootstrap_servers = line.brokers;
    }
    if (!line.redis.empty()) {
        settings.redis = settings.redis.value_or(RedisOptions{});
        settings.redis->url = line.redis;
    }
    if (!line.name_space.empty()) {
        settings.name_space = line.name_space;
    }
    if (!line.admin.empty()) {
        settings.admin = line.admin;
    }
    for (const auto& [name, value] : line.own) {
        settings.flags[name] = value;
    }
}

} // namespace streaming::detail
