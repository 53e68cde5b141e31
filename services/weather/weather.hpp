#pragma once

#include <vector>

#include "core/streaming/patterns/run_service.hpp"
#include "services/now.hpp"
#include "services/weather/alert_ledger.hpp"
#include "services/weather/observation_ledger.hpp"

namespace services::weather {

[[nodiscard]] std::vector<streaming::ServiceFlag> flags();

/// Turns an answer of /stations/{id}/observations into events: recorded, or revised when the ledger knows the
/// observation with other content. What it knows with the same content is no news.
void record_observations(const streaming::Response& answer, const ObservationLedger& ledger,
                         streaming::SourceContext& context);

/// Turns an answer of /alerts/active into events: issued, updated, cancelled, expired.
void record_alerts(const streaming::Response& answer, AlertLedger& ledger, const Now& now,
                   streaming::SourceContext& context);

/// Turns an answer of /stations into events.
void record_stations(const streaming::Response& answer, streaming::SourceContext& context);

/// To `wildfire-weather-data`: the latest observation of each station, by a source of its own; with --alerts also the
/// active alerts, and the zones of the stations, which alerts name. Reads that topic too: what is on it is what the
/// ledgers know. So the topic must not be compacted (alerts share keys), and should keep some days. A poll that comes
/// before the topic was read after a restart says `recorded` or `issued` of what is known; mostly under the old id.
void wire(streaming::StreamServiceBuilder& service);
void wire_at(streaming::StreamServiceBuilder& service, const Now& now);

} // namespace services::weather
