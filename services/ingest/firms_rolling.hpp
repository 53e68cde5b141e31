#pragma once

#include <string>

#include "core/streaming/patterns/source_type.hpp"

namespace services::ingest {

/// The path of the file that FIRMS gives out without a key, of the last 24 hours, 48 hours or 7 days of a product in a
/// region: `custom_params.rolling` and `region`. Throws std::invalid_argument, naming the parameter.
[[nodiscard]] std::string rolling_path(const streaming::CustomParams& params, const std::string& product);

} // namespace services::ingest
