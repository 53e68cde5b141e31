#pragma once

#include <CLI/App.hpp>

namespace tributary {

/// Adds `new connector`, which writes the project of a source type of the user's own; sets `exit_code` when it ran.
void add_new_command(CLI::App& app, int& exit_code);

} // namespace tributary
