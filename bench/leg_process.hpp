#pragma once

#include <map>
#include <string>
#include <vector>

#include "bench/child_process.hpp"
#include "bench/leg_options.hpp"

namespace bench {

/// What a leg measured, by name: records_per_second, seconds, cpu_seconds, rss_mib, ...
using LegResult = std::map<std::string, double>;

/// The line of JSON that a leg wrote. Ends the program when there is none.
[[nodiscard]] LegResult parse_leg_result(const std::string& output);

/// One leg in a process of its own. `command` is the program and the arguments that come before those of the leg.
class LegProcess {
public:
    LegProcess(std::vector<std::string> command, const LegOptions& options);
    /// Waits for its end. Ends the program when the leg failed.
    [[nodiscard]] LegResult finish() { return parse_leg_result(process_.finish()); }

private:
    ChildProcess process_;
};

} // namespace bench
