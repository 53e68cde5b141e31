#pragma once

#include <CLI/App.hpp>

namespace tributary {

/// Adds `throttle-trace`, which shows what the thresholds decide for given lags; sets `exit_code` when it ran.
void add_throttle_command(CLI::App& app, int& exit_code);

} // namespace tributary
