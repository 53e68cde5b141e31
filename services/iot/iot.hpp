#pragma once

#include <vector>

#include "core/streaming/patterns/run_service.hpp"

namespace services::iot {

[[nodiscard]] std::vector<streaming::ServiceFlag> flags();

/// The readings of sensors, from a URL that gives JSON or from an MQTT broker, to `wildfire-iot-sensors`.
void wire(streaming::StreamServiceBuilder& service);

} // namespace services::iot
