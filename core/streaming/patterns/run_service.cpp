#include "core/streaming/patterns/run_service.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <memory>
#include <optional>
#include <utility>

#include "core/streaming/patterns/command_line.hpp"
#include "core/streaming/patterns/config_loader.hpp"
#include "core/streaming/patterns/run_until_stopped.hpp"
#include "core/streaming/patterns/service_signals.hpp"
#include "core/streaming/reliability/correlation.hpp"

namespace streaming {

namespace {

int code(ExitCode exit_code) { return static_cast<int>(exit_code); }

/// Adds what the builder found to what was found in the files, each key once: the files' sentence also says where, and
/// shows ${NAME} for what a variable holds.
void add(Problems& problems, const Problems& of_builder) {
    const std::size_t of_files = problems.size();
    for (const std::string& problem : of_builder) {
        const std::string key = fmt::format(": {}: ", problem.substr(0, problem.find(": ")));
        const auto end = problems.begin() + static_cast<std::ptrdiff_t>(of_files);
        if (std::none_of(problems.begin(), end, [&](const auto& known) { return known.find(key) != known.npos; })) {
            problems.push_back(problem);
        }
    }
}

std::unique_ptr<ServiceOrchestrator> assemble(const ServiceProgram& program, const detail::CommandLine& line,
                                              const std::function<void(StreamServiceBuilder&)>& wire) {
    ConfigFindings findings;
    StreamServiceBuilder builder(program.name, detail::settings_of(line, program, findings));
    for (const std::string& warning : findings.warnings) {
        spdlog::warn("configuration: {}", warning);
    }
    try {
        wire(builder);
        auto service = builder.build();
        if (findings.problems.empty()) {
            return service;
        }
    } catch (const ConfigError& error) {
        add(findings.problems, error.problems());
    }
    throw ConfigError(std::move(findings.problems)); // of the files and of what was built from them, at once
}

} // namespace

int run_service(int argc, char** argv, const ServiceProgram& program,
                const std::function<void(StreamServiceBuilder&)>& wire) {
    const detail::CommandLine line = detail::read_command_line(argc, argv, program);
    if (line.exit) {
        return *line.exit;
    }
    detail::log_as(program.name, line);
    const detail::ServiceSignals signals;
    try {
        const auto service = assemble(program, line, wire);
        return detail::run_until_stopped(*service, signals.token());
    } catch (const ConfigError& error) {
        for (const auto& problem : error.problems()) {
            spdlog::error("configuration: {}", problem);
        }
        return code(ExitCode::config);
    } catch (const std::exception& error) {
        spdlog::error("{}", error.what());
        return code(ExitCode::failed);
    }
}

int run_service(int argc, char** argv, std::string_view name, const std::function<void(StreamServiceBuilder&)>& wire) {
    return run_service(argc, argv, ServiceProgram{.name = std::string(name)}, wire);
}

} // namespace streaming
