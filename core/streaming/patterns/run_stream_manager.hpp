#pragma once

#include <string>

#include "core/streaming/patterns/run_service.hpp"
#include "core/streaming/patterns/stream_manager.hpp"

namespace streaming {

/// The `main` of an ingestion that is configuration alone: all enabled sources of its --config FILEs whose types
/// `types` knows. Flags, order of strength, signals and exit codes as run_service. SIGHUP, and a change of one of the
/// files, reads the configuration again; what is wrong then is logged and changes nothing.
int run_stream_manager(int argc, char** argv, const std::string& name, SourceTypes types);

} // namespace streaming
