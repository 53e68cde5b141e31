#include "core/streaming/patterns/config_manager.hpp"

#include <nlohmann/json.hpp>
#include <utility>

#include "core/streaming/patterns/config_example.hpp"
#include "core/streaming/patterns/config_json.hpp"
#include "core/streaming/patterns/config_reference.hpp"
#include "core/streaming/patterns/config_schema.hpp"

namespace streaming {

ConfigManager::ConfigManager(ConfigSources sources, Settings defaults)
    : sources_(std::move(sources)), defaults_(std::move(defaults)), settings_(defaults_) {}

ConfigManager::Reload ConfigManager::reload() {
    Settings read = defaults_;
    Reload result{.findings = read_settings(read, sources_)};
    sources_.again = true;
    if (result.findings.problems.empty()) {
        using detail::Secrets;
        result.changes = detail::config_changes(detail::config_json(settings_, Secrets::kept),
                                                detail::config_json(read, Secrets::kept));
        settings_ = std::move(read);
    }
    return result;
}

std::string ConfigManager::export_example_config(ConfigFormat format) {
    return format == ConfigFormat::yaml ? detail::example_yaml() : detail::example_json();
}

std::string ConfigManager::export_schema() { return detail::config_schema().dump(2) + "\n"; }

std::string ConfigManager::export_reference() { return detail::config_reference(); }

} // namespace streaming
