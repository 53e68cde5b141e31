#pragma once

#include <vector>

#include "core/streaming/patterns/run_service.hpp"

namespace services::firms {

[[nodiscard]] std::vector<streaming::ServiceFlag> flags();

/// One source for each product: the fires of the last days, sent to `wildfire-nasa-firms`.
void wire(streaming::StreamServiceBuilder& service);

} // namespace services::firms
