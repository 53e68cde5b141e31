#pragma once

#include <string>

#include "core/streaming/patterns/run_service.hpp"
#include "services/trading/events.hpp"

namespace services::trading {

/// Ends a signal without an order: it goes to `{name_space}.signals.rejected` with the reason, and counts as ignored
/// under that reason. `service` says who did it.
void reject(streaming::Context& context, const std::string& name_space, const std::string& service,
            const OriginalSignal& signal, Rejection rejection);

} // namespace services::trading
