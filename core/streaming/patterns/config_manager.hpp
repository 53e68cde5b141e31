#pragma once

#include <string>
#include <vector>

#include "core/streaming/patterns/config_loader.hpp"
#include "core/streaming/patterns/settings.hpp"

namespace streaming {

enum class ConfigFormat { yaml, json };

/// Keeps the settings of files and environment, and reads them again: what is wrong never replaces what works.
/// Used by one thread. Borrows the environment.
class ConfigManager {
public:
    struct Reload {
        ConfigFindings findings{};          ///< with problems, the settings stayed as they were
        std::vector<std::string> changes{}; ///< "kafka.batch_size: 500 -> 1000", secrets masked
    };

    /// Reads nothing yet: `settings` are the defaults until `reload`.
    explicit ConfigManager(ConfigSources sources, Settings defaults = {});

    /// Reads everything from the defaults on.
    [[nodiscard]] Reload reload();
    [[nodiscard]] const Settings& settings() const noexcept { return settings_; }

    /// A complete file with every key, its meaning (YAML) and values that pass every check.
    [[nodiscard]] static std::string export_example_config(ConfigFormat format = ConfigFormat::yaml);
    /// The JSON Schema (draft 2020-12) of a file.
    [[nodiscard]] static std::string export_schema();
    /// The table of every key as docs/configuration.md has it (Markdown).
    [[nodiscard]] static std::string export_reference();

private:
    ConfigSources sources_;
    Settings defaults_;
    Settings settings_;
};

} // namespace streaming
