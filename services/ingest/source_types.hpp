#pragma once

#include "core/streaming/patterns/source_type.hpp"

namespace services::ingest {

/// The source types that a configuration of this repository's programs may name: http_csv, http_json, file, webhook,
/// noaa_weather, nasa_firms, purpleair, iot_sensor, kite_ticker. What each reads from `custom_params`:
/// services/ingest/README.md.
void add_source_types(streaming::SourceTypes& types);
[[nodiscard]] streaming::SourceTypes source_types();

} // namespace services::ingest
