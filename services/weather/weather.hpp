#pragma once

#include <vector>

#include "core/streaming/patterns/run_service.hpp"

namespace services::weather {

[[nodiscard]] std::vector<streaming::ServiceFlag> flags();

/// Turns an answer of /stations/{id}/observations into events.
void record_observations(const streaming::Response& answer, streaming::SourceContext& context);

/// One source for each station: its latest observation, sent to `wildfire-weather-data`.
void wire(streaming::StreamServiceBuilder& service);

} // namespace services::weather
