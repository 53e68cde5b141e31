#pragma once

#include <vector>

#include "core/streaming/patterns/run_service.hpp"

namespace services::signal_generator {

[[nodiscard]] std::vector<streaming::ServiceFlag> flags();

/// `market.ticks` in, `{namespace}.signals.generated` out.
void wire(streaming::StreamServiceBuilder& service);

} // namespace services::signal_generator
