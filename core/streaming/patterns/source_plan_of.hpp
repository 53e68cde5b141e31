#pragma once

#include <string>

#include "core/streaming/ingestion/source_options.hpp"
#include "core/streaming/ingestion/source_types.hpp"
#include "core/streaming/patterns/settings.hpp"

namespace streaming::detail {

/// What the settings say about one of their sources, as the runtime wants it, and what its parts say where they do not.
[[nodiscard]] SourceOptions source_options_of(const std::string& source, const Settings& settings,
                                              const SourceParts& parts);

/// Whether a change ("kafka.client_id: a -> b") of a running ingestion waits for the next start.
[[nodiscard]] bool takes_a_restart(const std::string& change);

} // namespace streaming::detail
