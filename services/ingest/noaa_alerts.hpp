#pragma once

#include <string>

#include "core/streaming/patterns/source_type.hpp"

namespace services::ingest {

/// Turns lists of active alerts into events: issued, updated, cancelled, expired, as the weather service does; `feed`
/// is the query of the list. Without a topic to learn from, it knows what it said since the start: after a restart all
/// active alerts are `issued`, those that were not updated under the id that they had; what ended meanwhile is not
/// told. An event is said again with each answer for an hour (20 answers at least), under the same id: so it goes out
/// if it was given up on its way. Borrows the clock.
[[nodiscard]] streaming::SourceHandler alerts_handler(const std::string& feed, streaming::Clock& clock);

} // namespace services::ingest
