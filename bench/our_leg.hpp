#pragma once

#include "bench/leg_options.hpp"

namespace bench {

/// One leg as a service of ours would do it, with metrics, retries and dead letters armed and deduplication off. Prints
/// its measurement; returns the exit code of the process.
int run_our_leg(const LegOptions& options);

} // namespace bench
