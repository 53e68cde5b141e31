#pragma once

#include <vector>

#include "core/streaming/patterns/run_service.hpp"

namespace services::trading_engine {

[[nodiscard]] std::vector<streaming::ServiceFlag> flags();

/// `{namespace}.signals.validated` and `market.ticks` in, `{namespace}.orders` out, or `{namespace}.signals.rejected`.
/// In the same program the trader: orders in, `{namespace}.fills` out, and from these `{namespace}.positions`.
void wire(streaming::StreamServiceBuilder& service);

} // namespace services::trading_engine
