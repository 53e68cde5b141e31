#pragma once

#include "core/streaming/patterns/source_type.hpp"

namespace services::firms {

/// Turns a table of FIRMS into events: observed; revised when power, brightness, confidence or version are other than
/// when the detection was read last.
void record_detections(const streaming::Response& answer, streaming::SourceContext& context);

} // namespace services::firms
