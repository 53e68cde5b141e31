#pragma once

#include <string_view>
#include <vector>

#include "core/streaming/patterns/run_service.hpp"
#include "services/now.hpp"

namespace services::wildfire_alerts {

/// The consumer group of the fires, without the prefix: users' configuration names it in throttling.consumer_groups.
inline constexpr std::string_view kGroup = "wildfire-alerts";

[[nodiscard]] std::vector<streaming::ServiceFlag> flags();

/// `wildfire-nasa-firms` and `wildfire-weather-data` in, `wildfire-alerts` out.
void wire(streaming::StreamServiceBuilder& service);
void wire_at(streaming::StreamServiceBuilder& service, const Now& now);

} // namespace services::wildfire_alerts
