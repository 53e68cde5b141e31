#pragma once

#include <string>
#include <vector>

#include "core/streaming/patterns/config_node.hpp"
#include "core/streaming/patterns/settings.hpp"

namespace streaming::detail {

/// What is no mistake for sure, and mostly one: keys without effect, names that are nobody's, what is not given. Each
/// names the place of what was written. `settings` are what was read of `root`, over defaults.
void warn_about(const Settings& settings, const ConfigNode& root, std::vector<std::string>& warnings);

} // namespace streaming::detail
