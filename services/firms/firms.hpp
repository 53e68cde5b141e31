#pragma once

#include <array>
#include <string_view>
#include <vector>

#include "core/streaming/patterns/run_service.hpp"
#include "services/firms/detection.hpp"

namespace services::firms {

inline constexpr std::array<std::string_view, 7> kProducts{"VIIRS_SNPP_NRT", "VIIRS_NOAA20_NRT", "VIIRS_NOAA21_NRT",
                                                           "MODIS_NRT",      "VIIRS_SNPP_SP",    "VIIRS_NOAA20_SP",
                                                           "MODIS_SP"};

[[nodiscard]] std::vector<streaming::ServiceFlag> flags();

/// Turns an answer of the area API into events: observed; revised when power, brightness, confidence or version are
/// other than when the detection was read last.
void record_detections(const streaming::Response& answer, streaming::SourceContext& context);

/// One source for each product: the fires of the last days, sent to `wildfire-nasa-firms`.
void wire(streaming::StreamServiceBuilder& service);

} // namespace services::firms
