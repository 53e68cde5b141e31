#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "core/streaming/patterns/source_type.hpp"

namespace services::ingest {

/// "42.745,-73.752" of a latitude and a longitude however they are written: the API has one name for each point, of
/// four places at most. Empty when the text is no point on Earth.
[[nodiscard]] std::string point_name(std::string_view text);
/// "LZK/83,73"; empty when the text is no cell of the grid.
[[nodiscard]] std::string grid_name(std::string_view text);

/// Turns forecasts, one Feature or a FeatureCollection of them, into events. `grid` is of which cell those are that do
/// not say so.
[[nodiscard]] streaming::SourceHandler forecasts_handler(const std::string& grid);

} // namespace services::ingest
