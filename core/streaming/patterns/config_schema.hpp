#pragma once

#include <nlohmann/json_fwd.hpp>

namespace streaming::detail {

/// The JSON Schema (draft 2020-12) of a configuration file, for editors and for programs that write one. A little
/// stricter than the loader, which also takes numbers in quotes. Says nothing of what is required: a file may be a
/// part.
[[nodiscard]] nlohmann::ordered_json config_schema();

} // namespace streaming::detail
