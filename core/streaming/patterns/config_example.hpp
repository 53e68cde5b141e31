#pragma once

#include <string>

#include "core/streaming/patterns/settings.hpp"

namespace streaming::detail {

/// A service that ingests weather, fires and sensors: something for every section.
[[nodiscard]] Settings example_settings();

/// The example with every key and its meaning. Of several sources or topics the first has every key, the others those
/// that are not the default.
[[nodiscard]] std::string example_yaml();
[[nodiscard]] std::string example_json();

} // namespace streaming::detail
