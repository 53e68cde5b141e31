#pragma once

#include <string>
#include <vector>

#include "bench/leg_options.hpp"

namespace bench {

struct LegResult {
    double records_per_second = 0.0;
    double cpu_seconds = 0.0;
    double rss_mib = 0.0;
};

/// Runs one leg in a process of its own and reads the line it prints. Ends the program when the leg fails.
/// `command` is the program and the arguments that come before those of the leg.
[[nodiscard]] LegResult run_leg_process(std::vector<std::string> command, const LegOptions& options);

} // namespace bench
