#include "core/streaming/patterns/config_reference.hpp"

#include <fmt/format.h>

#include "core/streaming/patterns/config_catalog.hpp"

namespace streaming::detail {

namespace {

/// Text inside a table: no tags and no emphasis, except in code.
std::string cell(std::string_view text) {
    std::string result;
    bool code = false;
    for (const char c : text) {
        code = code != (c == '`');
        if (!code && (c == '<' || c == '*')) {
            result.push_back('\\');
        }
        result.push_back(c);
    }
    return result;
}

std::string fallback_of(const CatalogEntry& entry) {
    if (entry.key.required) {
        return "required";
    }
    const bool has_none = entry.fallback.is_null() ||
                          entry.fallback == "" || // NOLINT(readability-container-size-empty): a text
                          entry.path.back() == "source_id";
    return has_none || entry.fallback.empty() ? "" : fmt::format("`{}`", entry.fallback.dump());
}

} // namespace

std::string config_reference() {
    std::string table = "| key | allowed | default | meaning |\n|---|---|---|---|\n";
    const ConfigCatalog catalog;
    for (const CatalogEntry& entry : catalog.entries()) {
        table += fmt::format("| `{}` | {} | {} | {} |\n", entry.name(), cell(allowed_words(entry.key)),
                             fallback_of(entry), cell(entry.key.meaning));
    }
    return table;
}

} // namespace streaming::detail
