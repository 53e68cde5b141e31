#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "core/streaming/patterns/config_visitor.hpp"
#include "core/streaming/patterns/settings.hpp"

namespace streaming::detail {

/// One key as the docs list it: sources.<source>.ingestion.mode.
struct CatalogEntry {
    std::vector<std::string> path{}; ///< a placeholder such as <source> stands for any name
    ConfigKey key{};
    nlohmann::ordered_json fallback{}; ///< what the struct holds when nothing is said; null = absent

    [[nodiscard]] std::string name() const; ///< with dots
};

/// Every key of a configuration, sections included, in the order of the description.
class ConfigCatalog final : public ConfigVisitor {
public:
    ConfigCatalog();

    [[nodiscard]] const std::vector<CatalogEntry>& entries() const noexcept { return entries_; }
    /// The entry of a key that a configuration names; null when there is none.
    [[nodiscard]] const CatalogEntry* find(const std::vector<std::string>& path) const noexcept;
    /// What keys below `path` are called, placeholders included.
    [[nodiscard]] std::vector<std::string> names_below(const std::vector<std::string>& path) const;

    void value(const ConfigKey& key, const ConfigSlot& slot) override;
    void visit_section(const ConfigKey& key, bool present, const Inside& inside) override;
    void visit_named(const ConfigKey& key, const NamedSections& sections) override;
    void visit_listed(const ConfigKey& key, const ListedSections& sections) override;
    void visit_named_texts(const ConfigKey& key, std::map<std::string, std::string>& values) override;

private:
    void add(const ConfigKey& key, nlohmann::ordered_json fallback = {});
    void visit_inside(std::vector<std::string> names, const Inside& inside);

    Settings defaults_{}; ///< scratch: visiting makes <source> and its like
    nlohmann::ordered_json documented_{};
    std::vector<std::string> section_{};
    std::vector<CatalogEntry> entries_{};
};

} // namespace streaming::detail
