#pragma once

#include <string>
#include <vector>

#include "core/streaming/patterns/config_node.hpp"

namespace streaming::detail {

/// Puts TRIBUTARY__A__B=value over a configuration as a.b. Names are compared without case, and with _ for whatever
/// a variable cannot hold: TRIBUTARY__SOURCES__FIRMS_VIIRS__ENABLED, TRIBUTARY__KAFKA__PROPERTIES__SECURITY_PROTOCOL.
/// Lists and maps are written as JSON or YAML in one line. `flags` are the names that flags.* may have.
void read_environment(ConfigNode& root, const char* const* environment, const std::vector<std::string>& flags,
                      std::vector<std::string>& problems);

} // namespace streaming::detail
