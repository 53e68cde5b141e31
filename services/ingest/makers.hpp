#pragma once

#include "core/streaming/patterns/source_type.hpp"

namespace services::ingest {

// One function for each source type. What a configuration got wrong is an error, or thrown: see SourceTypes::Maker.

/// Observations of NWS stations, or active alerts.
[[nodiscard]] streaming::Result<streaming::SourceParts> make_noaa_weather(
    const streaming::SourceTypes::Request& request);
/// Fires that satellites saw in the last days, or in the part of the past that a backfill asks for.
[[nodiscard]] streaming::Result<streaming::SourceParts> make_nasa_firms(const streaming::SourceTypes::Request& request);
/// The latest readings of PurpleAir's sensors.
[[nodiscard]] streaming::Result<streaming::SourceParts> make_purpleair(const streaming::SourceTypes::Request& request);
/// JSON readings of sensors, from any URL or from an MQTT broker.
[[nodiscard]] streaming::Result<streaming::SourceParts> make_iot_sensor(const streaming::SourceTypes::Request& request);
/// Ticks of Kite Connect's binary ticker that are POSTed, or stand in a file.
[[nodiscard]] streaming::Result<streaming::SourceParts> make_kite_ticker(
    const streaming::SourceTypes::Request& request);

} // namespace services::ingest
