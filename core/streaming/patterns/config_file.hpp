#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "core/streaming/patterns/config_node.hpp"

namespace streaming::detail {

// YAML, and JSON as the YAML it is. Bounded: 10 MB, 100,000 values, 64 levels, aliases counted as what they stand for.

/// What is no regular file, such as `/dev/stdin` or `<(command)`: it gives its content once, and may never.
struct PipeRules {
    bool allowed = true;
    std::chrono::milliseconds patience{10'000}; ///< so long without a byte it is given up
};

/// Reads a file. Adds what is wrong to `problems`, with file:line:column; a null node is left then.
[[nodiscard]] ConfigNode read_config_file(const std::string& path, std::vector<std::string>& problems,
                                          const PipeRules& pipes = {});

/// Reads a text, which `name` is the file of; places are the name alone where a text has no lines, as an environment
/// variable.
enum class Places { file_line_column, name_only };
[[nodiscard]] ConfigNode read_config_text(std::string text, const std::string& name, Places places,
                                          std::vector<std::string>& problems);

} // namespace streaming::detail
