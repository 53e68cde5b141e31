#pragma once

#include "core/streaming/patterns/source_type.hpp"

namespace services::ingest {

/// Turns an answer of /stations into events: where each station is, and in which zones. One that is described otherwise
/// is another event.
void record_stations(const streaming::Response& answer, streaming::SourceContext& context);

} // namespace services::ingest
