#include "tools/tributary/config_commands.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "core/streaming/patterns/config_check.hpp"
#include "core/streaming/patterns/config_loader.hpp"
#include "core/streaming/patterns/config_manager.hpp"
#include "core/streaming/patterns/run_service.hpp"
#include "services/ingest/source_types.hpp"

namespace tributary {

namespace {

using streaming::ConfigManager;
using streaming::ExitCode;

struct CheckArguments {
    std::vector<std::string> files{};
    bool connect = false;
};

/// A program of one's own may have other source types, and keys in its environment: nothing here is a problem for sure.
std::vector<std::string> warnings_of_sources(const streaming::IngestionSettings& ingestion) {
    const streaming::SourceTypes types = services::ingest::source_types();
    std::vector<std::string> warnings;
    for (const auto& [name, source] : ingestion.sources) {
        if (!source.enabled) {
            continue;
        }
        const auto endpoint = ingestion.api_endpoints.find(source.source_type);
        const auto parts = types.make({.name = name,
                                       .settings = source,
                                       .endpoint = endpoint == ingestion.api_endpoints.end() ? "" : endpoint->second,
                                       .clock = streaming::real_platform().clock()});
        if (!parts) {
            warnings.push_back(fmt::format("{}; tributary_ingest would not run it", parts.error().message));
        }
    }
    return warnings;
}

int connect(const streaming::Settings& settings) {
    for (const auto& warning : warnings_of_sources(settings.ingestion)) {
        fmt::print(stderr, "warning: {}\n", warning);
    }
    bool all = true;
    for (const auto& check : streaming::check_connections(settings, streaming::real_platform())) {
        fmt::print("{}: {}\n", check.what, check.text);
        all = all && check.ok;
    }
    return static_cast<int>(all ? ExitCode::ok : ExitCode::unavailable);
}

int check(const CheckArguments& arguments) {
    streaming::Settings settings;
    const auto findings =
        streaming::read_settings(settings, {.files = arguments.files, .environment = environ, .any_flags = true});
    for (const auto& problem : findings.problems) {
        fmt::print(stderr, "{}\n", problem);
    }
    for (const auto& warning : findings.warnings) {
        fmt::print(stderr, "warning: {}\n", warning);
    }
    if (!findings.problems.empty()) {
        fmt::print(stderr, "{} problem{}\n", findings.problems.size(), findings.problems.size() == 1 ? "" : "s");
        return static_cast<int>(ExitCode::config);
    }
    fmt::print("ok: {}\n", streaming::config_summary(settings));
    return arguments.connect ? connect(settings) : static_cast<int>(ExitCode::ok);
}

void print(const std::string& text, int& exit_code) {
    const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
    exit_code = static_cast<int>(written ? ExitCode::ok : ExitCode::failed);
}

} // namespace

void add_config_commands(CLI::App& app, int& exit_code) {
    auto* const checking = app.add_subcommand(
        "check", "Reads configuration files as a service does; prints `ok` or every problem (exit code 78)");
    auto arguments = std::make_shared<CheckArguments>();
    checking->add_option("FILE", arguments->files, "YAML or JSON, merged left to right, the environment over them")
        ->required();
    checking->add_flag(
        "--connect", arguments->connect,
        "also try the broker, Redis and the hosts of the sources (exit code 69 when one is away), and warn of "
        "sources that tributary_ingest would refuse");
    checking->callback([arguments, &exit_code] {
        spdlog::set_level(spdlog::level::off); // what failed is printed once, in one line
        exit_code = check(*arguments);
    });

    auto* const example = app.add_subcommand("example", "Prints a complete configuration with every key");
    auto json = std::make_shared<bool>(false);
    example->add_flag("--json", *json, "as JSON, without explanations");
    example->callback([json, &exit_code] {
        using streaming::ConfigFormat;
        print(ConfigManager::export_example_config(*json ? ConfigFormat::json : ConfigFormat::yaml), exit_code);
    });

    auto* const schema = app.add_subcommand("schema", "Prints the JSON Schema (draft 2020-12) of a configuration");
    schema->callback([&exit_code] { print(ConfigManager::export_schema(), exit_code); });
    auto* const reference =
        app.add_subcommand("reference", "Prints every key in a Markdown table, as docs/configuration.md has it");
    reference->callback([&exit_code] { print(ConfigManager::export_reference(), exit_code); });
}

} // namespace tributary
