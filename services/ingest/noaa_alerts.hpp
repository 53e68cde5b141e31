#pragma once

#include <string>

#include "core/streaming/patterns/source_type.hpp"

namespace services::ingest {

/// Turns lists of active alerts into events: issued, updated (the same id with other content), cancelled (replaced by
/// another, or taken back before its time), expired; `feed` is the query of the list. An alert that is missing has
/// ended: at once when another one refers to it, when its time is over, or when the list says that it is no older than
/// those before; otherwise once the next list lacks it too, since caches give out old ones. A list that is not
/// complete, or of which an alert is rejected, ends nothing. One whose `sent` the gate does not let through is
/// rejected; its other times may well lie ahead. A Cancel is no alert: it ends each that it refers to, at once and even
/// where that is still listed or was never seen, under one id for both ids; one that refers to none is rejected.
/// Borrows the clock.
[[nodiscard]] streaming::SourceHandler alerts_handler(const std::string& feed, streaming::TimeGate gate,
                                                      streaming::Clock& clock);

} // namespace services::ingest
