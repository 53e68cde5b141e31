#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "core/streaming/patterns/settings.hpp"

namespace streaming::detail {

enum class Secrets { masked, kept };

/// Settings as a configuration file has them, every key in the order of the description; what is absent is left out.
/// Masked: "***" for what is named like a secret, no logins in URLs.
[[nodiscard]] nlohmann::ordered_json config_json(const Settings& settings, Secrets secrets);

/// "kafka.batch_size: 500 -> 1000", one for each value that differs between two such documents; secrets are masked.
[[nodiscard]] std::vector<std::string> config_changes(const nlohmann::ordered_json& before,
                                                      const nlohmann::ordered_json& after);

/// `document` without what `defaults` says the same.
[[nodiscard]] nlohmann::ordered_json without_defaults(const nlohmann::ordered_json& document,
                                                      const nlohmann::ordered_json& defaults);

} // namespace streaming::detail
