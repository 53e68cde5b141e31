#pragma once

#include "core/streaming/patterns/source_type.hpp"

namespace services::firms {

/// Turns a table of FIRMS into events: observed; revised when power, brightness, confidence or version are other than
/// when the detection was read last. One whose time the gate does not let through, to the minute, is rejected.
void record_detections(const streaming::Response& answer, streaming::SourceContext& context,
                       streaming::TimeGate gate = {});

} // namespace services::firms
