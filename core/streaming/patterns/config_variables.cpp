#include "core/streaming/patterns/config_variables.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <utility>

#include "core/streaming/patterns/config_visitor.hpp"
#include "core/streaming/reliability/utf8.hpp"

namespace streaming::detail {

namespace {

constexpr std::string_view kDefault = ":-";

bool is_name(std::string_view text) {
    const auto letter = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; };
    return !text.empty() && std::isdigit(static_cast<unsigned char>(text[0])) == 0 && std::ranges::all_of(text, letter);
}

/// What stands between ${ and }, or what is wrong with it.
struct Replacement {
    std::string text{};
    std::string problem{};
};

Replacement replacement_of(std::string_view inside, const VariableLookup& lookup) {
    const std::size_t mark = inside.find(kDefault);
    const std::string name(inside.substr(0, mark));
    if (!is_name(name) || inside.find("${") != std::string_view::npos) {
        return {.problem = "a variable is written ${NAME} or ${NAME:-fallback}, a plain ${ as $${"};
    }
    const auto value = lookup(name);
    if (mark != std::string_view::npos) {
        return {.text = value && !value->empty() ? *value : std::string(inside.substr(mark + kDefault.size()))};
    }
    if (!value) {
        return {.problem = fmt::format("the environment variable {} is not set; ${{{}:-fallback}} would do without",
                                       name, name)};
    }
    for (std::string_view rest = *value; !rest.empty();) {
        const std::size_t bytes = utf8_character_bytes(rest);
        if (bytes == 0) {
            return {.problem = fmt::format("the environment variable {} is not UTF-8", name)};
        }
        rest.remove_prefix(bytes);
    }
    return {.text = *value};
}

} // namespace

VariableLookup variables_of(const char* const* environment) {
    return [environment](const std::string& name) -> std::optional<std::string> {
        for (const char* const* entry = environment; entry != nullptr && *entry != nullptr; ++entry) {
            const std::string_view text(*entry);
            if (text.size() > name.size() && text[name.size()] == '=' && text.starts_with(name)) {
                return std::string(text.substr(name.size() + 1));
            }
        }
        return std::nullopt;
    };
}

void replace_variables(ConfigNode& node, const VariableLookup& lookup, const std::string& path,
                       std::vector<std::string>& problems) {
    for (ConfigNode& child : node.children) {
        replace_variables(child, lookup, child.name.empty() ? path : join_path(path, child.name), problems);
    }
    if (node.kind != ConfigNode::Kind::text || node.text.find("${") == std::string::npos) {
        return;
    }
    std::string result;
    bool replaced = false;
    const std::string_view text = node.text;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t begin = std::min(text.find("${", at), text.size());
        if (begin > at && begin < text.size() && text[begin - 1] == '$') {
            result.append(text.substr(at, begin - 1 - at)).append("${");
            at = begin + 2;
            continue;
        }
        result.append(text.substr(at, begin - at));
        if (begin == text.size()) {
            break;
        }
        const std::size_t end = text.find('}', begin);
        const auto inside =
            end == std::string_view::npos ? std::string_view() : text.substr(begin + 2, end - begin - 2);
        const Replacement replacement = replacement_of(inside, lookup);
        if (!replacement.problem.empty()) {
            problems.push_back(fmt::format("{}: {}: {}", node.where, path, replacement.problem));
            node.reported = true;
            return;
        }
        result += replacement.text;
        replaced = true;
        at = end + 1;
    }
    if (replaced) {
        node.written = std::exchange(node.text, result);
    } else {
        node.text = result;
    }
}

} // namespace streaming::detail
