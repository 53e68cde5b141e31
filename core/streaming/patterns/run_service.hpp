#pragma once

// The one header of a service: the builder, messages, contexts, options and run_service.

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/streaming/infrastructure/event_types.hpp"
#include "core/streaming/infrastructure/permanent_error.hpp"
#include "core/streaming/patterns/stream_service_builder.hpp"

namespace streaming {

/// Exit codes of every service program.
enum class ExitCode : int {
    ok = 0,               ///< stopped by a signal, everything in flight finished
    failed = 1,           ///< a flow ended by itself (on_exhausted: stop, a fatal error)
    usage = 2,            ///< a flag that does not exist or has a wrong value
    unavailable = 69,     ///< a broker could not be reached before the start deadline
    stop_incomplete = 75, ///< stopped at the deadline with records unfinished: they are not committed and come again
    config = 78           ///< the configuration is wrong: every problem was printed
};

/// A flag of one service beside the common ones: `--<name> VALUE`, read with settings().flag(name).
struct ServiceFlag {
    std::string name{};
    std::string help{};
    std::string fallback{}; ///< value when the flag is absent
};

struct ServiceProgram {
    std::string name{};
    std::vector<ServiceFlag> flags{};
    Settings settings{}; ///< where the defaults start from
};

/// The `main` of a service. Flags: --brokers, --redis, --config FILE (repeatable), --namespace, --admin HOST:PORT,
/// --log-level,
/// --log-format text|json, --help, --version and the program's own. Order of strength: flags, then environment
/// (TRIBUTARY__...), then files left to right. Runs until SIGINT or SIGTERM, then drains under the stop deadline;
/// a second signal ends at once. Returns an ExitCode.
int run_service(int argc, char** argv, const ServiceProgram& program,
                const std::function<void(StreamServiceBuilder&)>& wire);
int run_service(int argc, char** argv, std::string_view name, const std::function<void(StreamServiceBuilder&)>& wire);

} // namespace streaming
