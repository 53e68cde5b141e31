#include "core/streaming/patterns/run_until_stopped.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <cstdlib>
#include <utility>

#include "core/streaming/patterns/run_service.hpp"
#include "core/streaming/reliability/correlation.hpp"

namespace streaming::detail {

namespace {

int code(ExitCode exit_code) { return static_cast<int>(exit_code); }

} // namespace

void log_as(const std::string& program, const CommandLine& line) {
    auto logger = make_service_logger(program, line.log_format == "json" ? LogFormat::json : LogFormat::text);
    logger->set_level(spdlog::level::from_str(line.log_level));
    spdlog::set_default_logger(std::move(logger));
}

int run_until_stopped(ServiceOrchestrator& service, const std::stop_token& stop, const std::function<void()>& started) {
    if (Status status = service.start(stop); !status.ok()) {
        if (service.stop() > 0) {
            std::_Exit(code(ExitCode::failed)); // a handler of an earlier part may never return
        }
        if (stop.stop_requested()) {
            return code(ExitCode::ok);
        }
        spdlog::error("not started: {}", status.error().message);
        const bool away = status.error().code == ErrorCode::unavailable || status.error().code == ErrorCode::timed_out;
        return code(away ? ExitCode::unavailable : ExitCode::failed);
    }
    spdlog::info("{} runs{}", service.name(),
                 service.admin_port() != 0 ? fmt::format(", admin endpoint on port {}", service.admin_port()) : "");
    if (started) {
        started();
    }
    const Status ended = service.wait(stop);
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

} // namespace streaming::detail
