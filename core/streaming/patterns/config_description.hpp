#pragma once

#include "core/streaming/patterns/config_visitor.hpp"
#include "core/streaming/patterns/settings.hpp"

namespace streaming::detail {

/// Leads a visitor through every key of a configuration, bound to the members of `settings`. The one place where keys
/// are described.
void describe(ConfigVisitor& visitor, Settings& settings);

} // namespace streaming::detail
