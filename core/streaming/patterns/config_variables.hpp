#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/streaming/patterns/config_node.hpp"

namespace streaming::detail {

using VariableLookup = std::function<std::optional<std::string>(const std::string& name)>;

/// Looks up names in an `environ`-like array; null = no variables. The array must outlive what is returned.
[[nodiscard]] VariableLookup variables_of(const char* const* environment);

/// Replaces ${NAME} and ${NAME:-fallback} (also when the variable is empty) in every value; $${ is a plain ${. What a
/// variable holds is taken as text, never as YAML. A variable that is not set and has no fallback is a problem.
void replace_variables(ConfigNode& node, const VariableLookup& lookup, const std::string& path,
                       std::vector<std::string>& problems);

} // namespace streaming::detail
