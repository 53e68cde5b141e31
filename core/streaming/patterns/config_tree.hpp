#pragma once

#include <map>
#include <string>
#include <vector>

namespace streaming::detail {

/// One value of a configuration and where it stands.
struct ConfigValue {
    std::string text{};
    std::string where{}; ///< file:line:column, or the environment variable
};

/// Configuration files as flat keys ("kafka.bootstrap_servers"; list items get their index). JSON is read as the YAML
/// it is.
class ConfigTree {
public:
    /// Reads a file over what is there: its values win. Problems name file:line:column.
    void read_file(const std::string& path, std::vector<std::string>& problems);
    /// TRIBUTARY__KAFKA__BOOTSTRAP_SERVERS=... sets kafka.bootstrap_servers. `environment` is like `environ`,
    /// null-terminated.
    void read_environment(const char* const* environment);

    [[nodiscard]] const std::map<std::string, ConfigValue>& values() const noexcept { return values_; }

private:
    std::map<std::string, ConfigValue> values_{};
};

} // namespace streaming::detail
