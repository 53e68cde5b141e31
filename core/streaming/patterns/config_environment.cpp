#include "core/streaming/patterns/config_environment.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <optional>
#include <utility>

#include "core/streaming/patterns/config_catalog.hpp"
#include "core/streaming/patterns/config_file.hpp"

namespace streaming::detail {

namespace {

constexpr std::string_view kPrefix = "TRIBUTARY__";
constexpr std::string_view kBetweenLevels = "__";

/// As a variable spells it: lower case here, _ for all that is no letter and no digit.
std::string spelled(std::string_view name) {
    std::string result;
    for (const char c : name) {
        const auto byte = static_cast<unsigned char>(c);
        result.push_back(std::isalnum(byte) != 0 ? static_cast<char>(std::tolower(byte)) : '_');
    }
    return result;
}

std::string lower(std::string_view text) {
    std::string result(text);
    std::ranges::transform(result, result.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return result;
}

std::vector<std::string> split(std::string_view key) {
    std::vector<std::string> segments;
    for (std::size_t begin = 0; begin <= key.size();) {
        const std::size_t end = std::min(key.find(kBetweenLevels, begin), key.size());
        segments.emplace_back(key.substr(begin, end - begin));
        begin = end + kBetweenLevels.size();
    }
    return segments;
}

/// Gives the segments of a variable the names of keys: those of the configuration, then those that are described.
class Naming {
public:
    Naming(const ConfigNode& root, const std::vector<std::string>& flags) : root_(root), flags_(flags) {}

    [[nodiscard]] std::vector<std::string> path_of(const std::vector<std::string>& segments) const {
        std::vector<std::string> path;
        const ConfigNode* at = &root_;
        for (const std::string& segment : segments) {
            std::string name = name_of(segment, at, path);
            at = at == nullptr ? nullptr : at->find(name);
            path.push_back(std::move(name));
        }
        return path;
    }
    /// Whether a list or map may stand there.
    [[nodiscard]] bool holds_more_than_text(const std::vector<std::string>& path) const {
        for (std::size_t length = 1; length <= path.size(); ++length) {
            const auto* const entry = catalog_.find({path.begin(), path.begin() + static_cast<std::ptrdiff_t>(length)});
            if (entry != nullptr && entry->key.type == ConfigType::params) {
                return true;
            }
        }
        const auto* const entry = catalog_.find(path);
        return entry == nullptr ? !catalog_.names_below(path).empty() : may_hold_more(entry->key.type);
    }

private:
    static bool may_hold_more(ConfigType type) {
        return type == ConfigType::texts || type == ConfigType::section || type == ConfigType::named_texts ||
               type == ConfigType::named || type == ConfigType::listed;
    }
    [[nodiscard]] std::string name_of(const std::string& segment, const ConfigNode* at,
                                      const std::vector<std::string>& path) const {
        std::vector<std::string> names;
        if (at != nullptr && at->kind == ConfigNode::Kind::map) {
            std::ranges::transform(at->children, std::back_inserter(names), &ConfigNode::name);
        }
        const bool is_flag = path == std::vector<std::string>{"flags"};
        if (is_flag) {
            names.insert(names.end(), flags_.begin(), flags_.end());
        }
        const auto described = catalog_.names_below(path);
        names.insert(names.end(), described.begin(), described.end());
        for (const std::string& name : names) {
            if (name == segment || spelled(name) == spelled(segment)) {
                return name;
            }
        }
        std::string name = lower(segment);
        if (path == std::vector<std::string>{"kafka", "properties"}) {
            std::ranges::replace(name, '_', '.'); // no property has one
        }
        return name;
    }

    const ConfigNode& root_;
    const std::vector<std::string>& flags_;
    ConfigCatalog catalog_{};
};

/// The value inside the maps that its path names.
ConfigNode nested(const std::vector<std::string>& path, ConfigNode value) {
    const std::string where = value.where;
    std::for_each(path.rbegin(), path.rend(), [&](const std::string& name) {
        value.name = name;
        value.name_where = where;
        ConfigNode outer{.kind = ConfigNode::Kind::map, .where = where};
        outer.children.push_back(std::move(value));
        value = std::move(outer);
    });
    return value;
}

} // namespace

void read_environment(ConfigNode& root, const char* const* environment, const std::vector<std::string>& flags,
                      std::vector<std::string>& problems) {
    std::map<std::string, std::string> variables; // in the order of names, so that maps come before their keys
    for (; environment != nullptr && *environment != nullptr; ++environment) {
        const std::string_view entry(*environment);
        const std::size_t equals = entry.find('=');
        if (entry.starts_with(kPrefix) && equals != std::string_view::npos) {
            variables.emplace(entry.substr(0, equals), entry.substr(equals + 1));
        }
    }
    if (variables.empty()) {
        return;
    }
    const Naming naming(root, flags);
    for (auto& [variable, text] : variables) {
        const auto segments = split(std::string_view(variable).substr(kPrefix.size()));
        if (std::ranges::any_of(segments, &std::string::empty)) {
            problems.push_back(variable +
                               ": names no key; two _ stand between levels, as in TRIBUTARY__KAFKA__CLIENT_ID");
            continue;
        }
        const auto path = naming.path_of(segments);
        ConfigNode value{.kind = ConfigNode::Kind::text, .text = text, .where = variable};
        if (text.find_first_of("[{") == 0 && naming.holds_more_than_text(path)) {
            const std::size_t before = problems.size();
            value = read_config_text(text, variable, Places::name_only, problems);
            if (problems.size() > before) {
                continue;
            }
        }
        merge(root, nested(path, std::move(value)), "", problems);
    }
}

} // namespace streaming::detail
