#include "core/streaming/patterns/settings.hpp"

#include "core/streaming/patterns/config_error.hpp"

namespace streaming {

const std::string& Settings::flag(const std::string& name) const {
    const auto found = flags.find(name);
    if (found == flags.end()) {
        throw ConfigError({"flag --" + name + " is read by the service but not declared in its ServiceProgram"});
    }
    return found->second;
}

} // namespace streaming
