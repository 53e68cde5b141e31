#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/streaming/patterns/source_type.hpp"

namespace services::ingest {

/// What a station can measure, as `data_types` calls it: temperature, humidity, ...
[[nodiscard]] std::vector<std::string_view> data_types();

/// Turns observations into events: recorded; or revised, when it was read with other content before. Only quantities of
/// these `kept` types are in the events (empty = all). Neither ids nor revisions depend on that: an observation whose
/// left-out quantity was revised is revised. One whose time the gate does not let through is rejected.
[[nodiscard]] streaming::SourceHandler observations_handler(const std::vector<std::string>& kept,
                                                            streaming::TimeGate gate);

} // namespace services::ingest
