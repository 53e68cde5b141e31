#pragma once

#include <CLI/App.hpp>

namespace tributary {

/// Adds `check`, `example`, `schema` and `reference`; each sets `exit_code` when it ran.
void add_config_commands(CLI::App& app, int& exit_code);

} // namespace tributary
