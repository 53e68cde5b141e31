#include "core/streaming/patterns/config_node.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/streaming/infrastructure/kafka_properties.hpp"
#include "core/streaming/patterns/config_scalar.hpp"
#include "core/streaming/patterns/config_visitor.hpp"
#include "core/streaming/reliability/utf8.hpp"

namespace streaming::detail {

namespace {

constexpr std::size_t kMostShown = 80;

std::string_view kind_of(ConfigNode::Kind kind) {
    switch (kind) {
        case ConfigNode::Kind::null:
            return "nothing";
        case ConfigNode::Kind::text:
            return "a value";
        case ConfigNode::Kind::list:
            return "a list";
        case ConfigNode::Kind::map:
            return "a map";
    }
    return {};
}

} // namespace

const ConfigNode* ConfigNode::find(std::string_view key) const noexcept {
    const auto found = std::ranges::find(children, key, &ConfigNode::name);
    return kind != Kind::map || found == children.end() ? nullptr : &*found;
}

ConfigNode* ConfigNode::find(std::string_view key) noexcept {
    return const_cast<ConfigNode*>(std::as_const(*this).find(key)); // NOLINT: of this, which is not const
}

bool is_secret_key(std::string_view path) {
    constexpr auto kMarks =
        std::to_array<std::string_view>({"password", "passwd", "passphrase", "secret", "token", "apikey", "mapkey",
                                         "accesskey", "privatekey", "credential", "authorization", "sasl.jaas"});
    if (path == "redis.url" || is_secret(path)) {
        return true;
    }
    if (path.ends_with(".custom_params.url") || path.find(".custom_params.headers.") != std::string_view::npos) {
        return true; // keys stand in paths, queries and headers of any name
    }
    std::string letters;
    for (const char c : path) {
        if (c != '_' && c != '-') { // api_key, api-key, apiKey
            letters.push_back(static_cast<char>(std::tolower(static_cast<unsigned char>(c))));
        }
    }
    return letters.ends_with("key") || letters.ends_with("pwd") ||
           std::ranges::any_of(kMarks, [&](std::string_view mark) { return letters.find(mark) != std::string::npos; });
}

std::string without_logins(std::string text) {
    for (std::size_t at = text.find("://"); at != std::string::npos; at = text.find("://", at + 3)) {
        const std::size_t begin = at + 3;
        const std::size_t end = std::min(text.find_first_of(" \t\n", begin), text.size());
        const std::size_t login_end = text.substr(0, end).rfind('@'); // the last one: a password may hold others
        if (login_end != std::string::npos && login_end > begin) {
            text.replace(begin, login_end - begin, "***");
        }
    }
    return text;
}

std::string shown(const ConfigNode& node, std::string_view path) {
    if (node.kind != ConfigNode::Kind::text) {
        return std::string(kind_of(node.kind));
    }
    if (!node.written.empty()) {
        return fmt::format("the value of '{}'", is_secret_key(path) ? "***" : node.written);
    }
    if (is_secret_key(path)) {
        return "'***'";
    }
    std::string text;
    append_utf8(text, without_logins(node.text), kMostShown);
    return fmt::format("'{}'{}", text, node.text.size() > kMostShown ? "..." : "");
}

void merge(ConfigNode& into, ConfigNode over, const std::string& path, std::vector<std::string>& problems) {
    using Kind = ConfigNode::Kind;
    if (over.kind == Kind::null) {
        return;
    }
    if (into.kind != Kind::null && into.kind != over.kind) {
        problems.push_back(fmt::format("{}: {}: {} cannot replace {}, which stands at {}", over.where, path,
                                       kind_of(over.kind), kind_of(into.kind), into.where));
        return;
    }
    if (over.kind != Kind::map || into.kind == Kind::null) {
        over.name = into.name.empty() ? over.name : into.name;
        into = std::move(over);
        return;
    }
    for (ConfigNode& child : over.children) {
        if (ConfigNode* const there = into.find(child.name); there != nullptr) {
            merge(*there, std::move(child), join_path(path, there->name), problems);
        } else {
            into.children.push_back(std::move(child));
        }
    }
}

nlohmann::json to_json(const ConfigNode& node) {
    nlohmann::json result;
    switch (node.kind) {
        case ConfigNode::Kind::null:
            break;
        case ConfigNode::Kind::text:
            return node.quoted ? nlohmann::json(node.text) : plain_scalar(node.text);
        case ConfigNode::Kind::list:
            result = nlohmann::json::array();
            for (const ConfigNode& child : node.children) {
                result.push_back(to_json(child));
            }
            break;
        case ConfigNode::Kind::map:
            result = nlohmann::json::object();
            for (const ConfigNode& child : node.children) {
                result[child.name] = to_json(child);
            }
            break;
    }
    return result;
}

} // namespace streaming::detail
