#include "core/streaming/patterns/config_catalog.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "core/streaming/patterns/config_description.hpp"
#include "core/streaming/patterns/config_json.hpp"

namespace streaming::detail {

namespace {

bool is_placeholder(std::string_view segment) { return segment.starts_with('<'); }

bool stands_for(const std::vector<std::string>& entry, const std::vector<std::string>& path) {
    return entry.size() == path.size() && std::equal(entry.begin(), entry.end(), path.begin(),
                                                     [](const std::string& described, const std::string& given) {
                                                         return is_placeholder(described) || described == given;
                                                     });
}

} // namespace

std::string CatalogEntry::name() const { return fmt::format("{}", fmt::join(path, ".")); }

ConfigCatalog::ConfigCatalog() : documented_(config_json(Settings{}, Secrets::kept)) { describe(*this, defaults_); }

const CatalogEntry* ConfigCatalog::find(const std::vector<std::string>& path) const noexcept {
    const auto found = std::ranges::find_if(entries_, [&](const auto& entry) { return stands_for(entry.path, path); });
    return found == entries_.end() ? nullptr : &*found;
}

std::vector<std::string> ConfigCatalog::names_below(const std::vector<std::string>& path) const {
    std::vector<std::string> names;
    for (const CatalogEntry& entry : entries_) {
        if (entry.path.size() == path.size() + 1 && stands_for({entry.path.begin(), entry.path.end() - 1}, path)) {
            names.push_back(entry.path.back());
        }
    }
    return names;
}

void ConfigCatalog::add(const ConfigKey& key, nlohmann::ordered_json fallback) {
    std::vector<std::string> path = section_;
    path.push_back(key.name);
    entries_.push_back({.path = std::move(path), .key = key, .fallback = std::move(fallback)});
}

void ConfigCatalog::visit_inside(std::vector<std::string> names, const Inside& inside) {
    const auto outside = section_;
    section_.insert(section_.end(), names.begin(), names.end());
    inside(*this);
    section_ = outside;
}

void ConfigCatalog::value(const ConfigKey& key, const ConfigSlot& slot) {
    add(key, slot.get());
    if (key.type == ConfigType::params) {
        visit_inside({key.name}, [&](ConfigVisitor&) {
            add({.name = key.placeholder, .meaning = "as the connector says", .allowed = "any value"});
        });
    }
}

void ConfigCatalog::visit_section(const ConfigKey& key, bool, const Inside& inside) {
    add(key);
    visit_inside({key.name}, inside);
}

void ConfigCatalog::visit_named(const ConfigKey& key, const NamedSections& sections) {
    add(key);
    visit_inside({key.name, key.placeholder},
                 [&](ConfigVisitor& visitor) { sections.visit(visitor, key.placeholder); });
}

void ConfigCatalog::visit_listed(const ConfigKey& key, const ListedSections& sections) {
    add(key, documented_.at(key.name)); // lists of maps stand at the top level only
    sections.clear();
    visit_inside({key.name, "<index>"}, [&](ConfigVisitor& visitor) { sections.visit(visitor, 0); });
}

void ConfigCatalog::visit_named_texts(const ConfigKey& key, std::map<std::string, std::string>&) {
    add(key);
    visit_inside({key.name}, [&](ConfigVisitor&) {
        ConfigKey inner = key;
        inner.name = key.placeholder;
        inner.type = ConfigType::text;
        add(inner);
    });
}

} // namespace streaming::detail
