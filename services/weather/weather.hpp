#pragma once

#include <vector>

#include "core/streaming/patterns/run_service.hpp"

namespace services::weather {

[[nodiscard]] std::vector<streaming::ServiceFlag> flags();

/// To `wildfire-weather-data`: the latest observation of each station, by a source of its own; with --alerts also the
/// active alerts, and the zones of the stations, which alerts name.
void wire(streaming::StreamServiceBuilder& service);

} // namespace services::weather
