#pragma once

#include <CLI/App.hpp>

namespace tributary {

/// Adds `ingest`, which shows what one recorded answer becomes; sets `exit_code` when it ran.
void add_ingest_command(CLI::App& app, int& exit_code);

} // namespace tributary
