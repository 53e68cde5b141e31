#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/streaming/patterns/config_node.hpp"
#include "core/streaming/patterns/config_visitor.hpp"

namespace streaming::detail {

/// Reads the values of one map into the structs it is led through. What is wrong is reported and left as it was.
/// Borrows the map and the run.
class ConfigReader final : public ConfigVisitor {
public:
    /// Shared by the readers of all maps of one configuration.
    struct Run {
        std::vector<std::string>& problems;
        bool any_flags = false;        ///< whose flags they are is not known
        std::set<std::string> wrong{}; ///< paths that were reported
    };

    ConfigReader(const ConfigNode& map, std::string path, Run& run) : map_(map), path_(std::move(path)), run_(run) {}

    void value(const ConfigKey& key, const ConfigSlot& slot) override;
    void visit_section(const ConfigKey& key, bool present, const Inside& inside) override;
    void visit_named(const ConfigKey& key, const NamedSections& sections) override;
    void visit_listed(const ConfigKey& key, const ListedSections& sections) override;
    void visit_named_texts(const ConfigKey& key, std::map<std::string, std::string>& values) override;

    /// After the visit: keys of the map that nobody described.
    void report_unknown_keys();

private:
    /// What the map has for a key; null when it has nothing that can be used. The kind is checked.
    const ConfigNode* take(const ConfigKey& key, ConfigNode::Kind kind);
    [[nodiscard]] std::optional<nlohmann::json> read(const ConfigKey& key, const ConfigNode& node);
    [[nodiscard]] std::optional<nlohmann::json> read_texts(const ConfigNode& node);
    void wrong(const ConfigNode& node, const std::string& path, const std::string& allowed);
    void read_inside(const ConfigNode& map, const std::string& path, const Inside& inside);

    const ConfigNode& map_;
    std::string path_;
    Run& run_;
    std::vector<std::string> known_{};
};

/// The most similar of `known`, for "did you mean"; empty when none is.
[[nodiscard]] std::string nearest(std::string_view name, const std::vector<std::string>& known);

} // namespace streaming::detail
