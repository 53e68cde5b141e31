#pragma once

#include "core/streaming/patterns/source_type.hpp"

namespace services::ingest {

/// The URL, or the endpoint, is that of an MQTT broker: mqtt://host:port, or mqtts:// with TLS.
[[nodiscard]] bool is_mqtt(const streaming::SourceTypes::Request& request);
/// Readings that an MQTT broker sends. Throws what CustomParams throws.
[[nodiscard]] streaming::SourceParts make_iot_mqtt(const streaming::SourceTypes::Request& request);

} // namespace services::ingest
