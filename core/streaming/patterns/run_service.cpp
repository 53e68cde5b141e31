#include "core/streaming/patterns/run_service.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <algorithm>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <optional>
#include <stop_token>
#include <thread>
#include <utility>

#include "core/streaming/patterns/command_line.hpp"
#include "core/streaming/patterns/config_loader.hpp"
#include "core/streaming/reliability/correlation.hpp"

namespace streaming {

namespace {

int code(ExitCode exit_code) { return static_cast<int>(exit_code); }

/// Turns SIGINT and SIGTERM into a stop request; the second one ends the process at once. Blocks the signals for this
/// thread and every thread started later, so it comes before them.
class StopOnSignal {
public:
    StopOnSignal() {
        sigemptyset(&signals_);
        sigaddset(&signals_, SIGINT);
        sigaddset(&signals_, SIGTERM);
        pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
        thread_ = std::jthread([this](const std::stop_token& stop) { watch(stop); });
    }
    [[nodiscard]] std::stop_token token() const { return stop_.get_token(); }

private:
    void watch(const std::stop_token& stop) {
        constexpr timespec kLook{.tv_sec = 0, .tv_nsec = 100'000'000};
        while (!stop.stop_requested()) {
            const int signal = sigtimedwait(&signals_, nullptr, &kLook);
            if (signal < 0) {
                continue;
            }
            if (stop_.stop_requested()) {
                std::fputs("second signal: ending at once, unfinished records come again\n", stderr);
                std::_Exit(code(ExitCode::stop_incomplete));
            }
            spdlog::info("{}: stopping", signal == SIGINT ? "SIGINT" : "SIGTERM");
            stop_.request_stop();
        }
    }

    sigset_t signals_{};
    std::stop_source stop_{};
    std::jthread thread_{};
};

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

int run(ServiceOrchestrator& service, const StopOnSignal& signals) {
    if (Status status = service.start(signals.token()); !status.ok()) {
        if (service.stop() > 0) {
            std::_Exit(code(ExitCode::failed)); // a handler of an earlier part may never return
        }
        if (signals.token().stop_requested()) {
            return code(ExitCode::ok);
        }
        spdlog::error("not started: {}", status.error().message);
        const bool away = status.error().code == ErrorCode::unavailable || status.error().code == ErrorCode::timed_out;
        return code(away ? ExitCode::unavailable : ExitCode::failed);
    }
    spdlog::info("{} runs{}", service.name(),
                 service.admin_port() != 0 ? fmt::format(", admin endpoint on port {}", service.admin_port()) : "");
    const Status ended = service.wait(signals.token());
    if (const std::size_t unfinished = service.stop(); unfinished > 0) {
        spdlog::warn("stopped with {} records unfinished", unfinished);
        spdlog::default_logger()->flush();
        std::_Exit(code(ended.ok() ? ExitCode::stop_incomplete
                                   : ExitCode::failed)); // a handler may never return: nobody waits for it
    }
    if (!ended.ok()) {
        spdlog::error("{}", ended.error().message);
        return code(ExitCode::failed);
    }
    spdlog::info("{} stopped, everything in flight was finished", service.name());
    return code(ExitCode::ok);
}

} // namespace

int run_service(int argc, char** argv, const ServiceProgram& program,
                const std::function<void(StreamServiceBuilder&)>& wire) {
    const detail::CommandLine line = detail::read_command_line(argc, argv, program);
    if (line.exit) {
        return *line.exit;
    }
    auto logger = make_service_logger(program.name, line.log_format == "json" ? LogFormat::json : LogFormat::text);
    logger->set_level(spdlog::level::from_str(line.log_level));
    spdlog::set_default_logger(std::move(logger));
    const StopOnSignal signals;
    try {
        const auto service = assemble(program, line, wire);
        return run(*service, signals);
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
