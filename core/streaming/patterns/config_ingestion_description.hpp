#pragma once

#include "core/streaming/ingestion/ingestion_settings.hpp"
#include "core/streaming/patterns/config_visitor.hpp"

namespace streaming::detail {

/// The keys of ingestion, but for those that stand under `kafka`.
void describe_ingestion(ConfigVisitor& visitor, IngestionSettings& ingestion);
/// Of consumers as of sources.
void describe_deduplication(ConfigVisitor& visitor, DeduplicationOptions& options);

} // namespace streaming::detail
