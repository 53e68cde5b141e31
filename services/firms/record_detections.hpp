#pragma once

#include "core/streaming/patterns/source_type.hpp"

namespace services::firms {

/// Turns a table of FIRMS into events: observed; revised when power, brightness, confidence or version are other than
/// when the detection was read last. Of rows that tell one detection otherwise in one answer, one counts, whatever
/// their order; the others are rejected, as is one whose time the gate does not let through, to the minute.
void record_detections(const streaming::Response& answer, streaming::SourceContext& context,
                       streaming::TimeGate gate = {});

} // namespace services::firms
