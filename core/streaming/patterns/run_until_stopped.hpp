#pragma once

#include <functional>
#include <stop_token>
#include <string>

#include "core/streaming/orchestration/service_orchestrator.hpp"
#include "core/streaming/patterns/command_line.hpp"

namespace streaming::detail {

/// The default logger of the process, as the flags want it.
void log_as(const std::string& program, const CommandLine& line);

/// Starts the service, waits until it should stop or ends by itself, stops it. Returns an ExitCode. `started` is called
/// between start and wait.
int run_until_stopped(ServiceOrchestrator& service, const std::stop_token& stop,
                      const std::function<void()>& started = {});

} // namespace streaming::detail
