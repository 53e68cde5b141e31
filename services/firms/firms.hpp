#pragma once

#include <vector>

#include "core/streaming/patterns/run_service.hpp"
#include "services/firms/revisions.hpp"

namespace services::firms {

[[nodiscard]] std::vector<streaming::ServiceFlag> flags();

/// Turns an answer of the area API into events: observed, or revised.
void record_detections(const streaming::Response& answer, Revisions& revisions, streaming::SourceContext& context);

/// One source for each product: the fires of the last days, sent to `wildfire-nasa-firms`.
void wire(streaming::StreamServiceBuilder& service);

} // namespace services::firms
