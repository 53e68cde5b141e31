#pragma once

#include <vector>

#include "core/streaming/patterns/run_service.hpp"

namespace services::risk_validator {

[[nodiscard]] std::vector<streaming::ServiceFlag> flags();

/// `{namespace}.signals.generated` in, `{namespace}.signals.validated` or `{namespace}.signals.rejected` out; looks at
/// `market.ticks` and `{namespace}.positions`.
void wire(streaming::StreamServiceBuilder& service);

} // namespace services::risk_validator
