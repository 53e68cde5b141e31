#include "core/streaming/patterns/config_tree.hpp"

#include <yaml-cpp/yaml.h>

#include <fmt/format.h>
#include <algorithm>
#include <cctype>
#include <cstddef>
#include <filesystem>
#include <set>
#include <string_view>

namespace streaming::detail {

namespace {

/// A configuration is small; aliases that multiply nodes are not.
constexpr std::size_t kMaxNodes = 100'000;
constexpr std::size_t kMaxDepth = 64;
constexpr std::uintmax_t kMaxFileBytes = 1'000'000;

struct Walk {
    const std::string& path;
    std::vector<std::string>& problems;
    std::map<std::string, ConfigValue>& into;
    std::size_t nodes = 0;

    [[nodiscard]] std::string where(const YAML::Node& node) const {
        return fmt::format("{}:{}:{}", path, node.Mark().line + 1, node.Mark().column + 1);
    }
    void visit(const YAML::Node& node, const std::string& key, std::size_t depth);
    void visit_map(const YAML::Node& node, const std::string& key, std::size_t depth);
};

void Walk::visit(const YAML::Node& node, const std::string& key, std::size_t depth) {
    if (++nodes > kMaxNodes || depth > kMaxDepth) {
        if (nodes <= kMaxNodes + 1) {
            problems.push_back(fmt::format("{}: more than {} values or {} levels", where(node), kMaxNodes, kMaxDepth));
        }
        nodes = kMaxNodes + 1;
        return;
    }
    if (node.IsMap()) {
        visit_map(node, key, depth);
    } else if (node.IsSequence()) {
        for (std::size_t i = 0; i < node.size(); ++i) {
            visit(node[i], fmt::format("{}.{}", key, i), depth + 1);
        }
    } else {
        into[key] = {node.IsNull() ? "" : node.Scalar(), where(node)};
    }
}

void Walk::visit_map(const YAML::Node& node, const std::string& key, std::size_t depth) {
    std::set<std::string> seen;
    for (const auto& entry : node) {
        const std::string name = entry.first.IsScalar() ? entry.first.Scalar() : std::string();
        if (name.empty()) {
            problems.push_back(where(entry.first) + ": a key has to be a plain text");
        } else if (!seen.insert(name).second) {
            problems.push_back(fmt::format("{}: key '{}' stands here twice", where(entry.first), name));
        } else {
            visit(entry.second, key.empty() ? name : key + "." + name, depth + 1);
        }
    }
}

} // namespace

void ConfigTree::read_file(const std::string& path, std::vector<std::string>& problems) {
    std::error_code error;
    const auto size = std::filesystem::file_size(path, error);
    if (error) {
        problems.push_back("Config file not found: " + path);
        return;
    }
    if (size > kMaxFileBytes) {
        problems.push_back(fmt::format("{}: {} bytes; a configuration has at most {}", path, size, kMaxFileBytes));
        return;
    }
    try {
        const YAML::Node root = YAML::LoadFile(path);
        if (root.IsNull()) {
            return;
        }
        Walk walk{.path = path, .problems = problems, .into = values_};
        if (!root.IsMap()) {
            problems.push_back(path +
                               ":1:1: a configuration is a map of keys, such as `kafka: {bootstrap_servers: ...}`");
            return;
        }
        walk.visit(root, "", 0);
    } catch (const YAML::Exception& failure) {
        problems.push_back(
            fmt::format("{}:{}:{}: {}", path, failure.mark.line + 1, failure.mark.column + 1, failure.msg));
    }
}

void ConfigTree::read_environment(const char* const* environment) {
    constexpr std::string_view kPrefix = "TRIBUTARY__";
    for (; environment != nullptr && *environment != nullptr; ++environment) {
        const std::string_view entry(*environment);
        const std::size_t equals = entry.find('=');
        if (!entry.starts_with(kPrefix) || equals == std::string_view::npos) {
            continue;
        }
        std::string key(entry.substr(kPrefix.size(), equals - kPrefix.size()));
        std::transform(key.begin(), key.end(), key.begin(),
                       [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
        for (std::size_t at = key.find("__"); at != std::string::npos; at = key.find("__", at)) {
            key.replace(at, 2, ".");
        }
        values_[key] = {std::string(entry.substr(equals + 1)), std::string(entry.substr(0, equals))};
    }
}

} // namespace streaming::detail
