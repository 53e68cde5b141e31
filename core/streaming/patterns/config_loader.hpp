#pragma once

#include <string>
#include <vector>

#include "core/streaming/patterns/settings.hpp"

namespace streaming {

/// What reading a configuration found. Problems must be solved; warnings are for somebody to look at. Each names
/// file:line:column (or the environment variable), the key, what is there and what is allowed. Never a secret.
struct ConfigFindings {
    Problems problems{};
    std::vector<std::string> warnings{};
};

/// A configuration that is no file: YAML or JSON, and what problems call it.
struct ConfigText {
    std::string name{};
    std::string text{};
};

/// Where a configuration comes from.
struct ConfigSources {
    std::vector<std::string> files{};         ///< YAML or JSON, merged left to right: maps deep, lists replaced
    std::vector<ConfigText> texts{};          ///< merged after the files
    const char* const* environment = nullptr; ///< like `environ`: for TRIBUTARY__A__B=... and ${VARIABLES}
    bool again = false;                       ///< they were read before: pipes, which give it once, are mistakes
    bool any_flags = false;                   ///< flags.* may hold any names; else those that the settings have
};

/// Reads files and the environment over `settings`; all keys: docs/configuration.md. Finds everything that is wrong at
/// once; what is wrong is left as it was.
[[nodiscard]] ConfigFindings read_settings(Settings& settings, const ConfigSources& sources);

/// The same, throwing ConfigError when there are problems.
[[nodiscard]] Settings load_settings(Settings settings, const ConfigSources& sources);

} // namespace streaming
