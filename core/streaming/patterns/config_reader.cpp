#include "core/streaming/patterns/config_reader.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>

#include "core/streaming/patterns/config_scalar.hpp"

namespace streaming::detail {

namespace {

constexpr double kMostOfAnyNumber = 1e15; // whole numbers are exact in a double, durations do not overflow

bool is_within(const ConfigKey& key, double value) {
    return value >= key.least.value_or(0) && value <= key.most.value_or(kMostOfAnyNumber);
}

/// Letters to insert, delete or replace to make one word of the other.
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i + 1;
        for (std::size_t j = 0; j < b.size(); ++j) {
            const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
            diagonal = row[j + 1];
            row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
        }
    }
    return row.back();
}

} // namespace

std::string nearest(std::string_view name, const std::vector<std::string>& known) {
    std::string best;
    std::size_t least = std::max<std::size_t>(2, name.size() / 3) + 1;
    for (const std::string& candidate : known) {
        const bool begins = name.size() >= 4 && (candidate.starts_with(name) || name.starts_with(candidate));
        const std::size_t letters = begins ? 1 : distance(name.substr(0, 100), candidate);
        if (letters < least) {
            least = letters;
            best = candidate;
        }
    }
    return best;
}

const ConfigNode* ConfigReader::take(const ConfigKey& key, ConfigNode::Kind kind) {
    known_.push_back(key.name);
    const ConfigNode* const node = map_.find(key.name);
    if (node == nullptr) {
        return nullptr;
    }
    const std::string path = join_path(path_, key.name);
    if (node->reported) {
        run_.wrong.insert(path);
        return nullptr;
    }
    const bool empty_section = node->kind == ConfigNode::Kind::null && kind != ConfigNode::Kind::text;
    if (node->kind != kind && !empty_section) { // a map or list whose content is all comments is fine
        wrong(*node, path, allowed_words(key));
        return nullptr;
    }
    return empty_section ? nullptr : node;
}

void ConfigReader::value(const ConfigKey& key, const ConfigSlot& slot) {
    const auto kind = key.type == ConfigType::texts    ? ConfigNode::Kind::list
                      : key.type == ConfigType::params ? ConfigNode::Kind::map
                                                       : ConfigNode::Kind::text;
    const ConfigNode* const node = take(key, kind);
    if (node == nullptr) {
        return;
    }
    if (const auto value = read(key, *node)) {
        slot.set(*value);
    } else if (key.type != ConfigType::texts) {
        wrong(*node, join_path(path_, key.name), allowed_words(key));
    }
}

std::optional<nlohmann::json> ConfigReader::read(const ConfigKey& key, const ConfigNode& node) {
    std::optional<nlohmann::json> value;
    if (key.type == ConfigType::flag) {
        if (const auto flag = read_flag(node.text)) {
            value = *flag;
        }
    } else if (key.type == ConfigType::whole) {
        if (const auto number = read_whole(node.text); number && is_within(key, static_cast<double>(*number))) {
            value = *number;
        }
    } else if (key.type == ConfigType::number) {
        if (const auto number = read_number(node.text); number && is_within(key, *number)) {
            value = *number;
        }
    } else if (key.type == ConfigType::choice) {
        if (std::ranges::find(key.choices, node.text) != key.choices.end()) {
            value = node.text;
        }
    } else if (key.type == ConfigType::texts) {
        value = read_texts(node);
    } else if (key.type == ConfigType::params) {
        value = to_json(node);
    } else if (!key.fits || key.fits(node.text)) {
        value = node.text;
    }
    return value;
}

std::optional<nlohmann::json> ConfigReader::read_texts(const ConfigNode& node) {
    nlohmann::json texts = nlohmann::json::array();
    bool good = true;
    for (const ConfigNode& item : node.children) {
        if (item.kind != ConfigNode::Kind::text && !item.reported) {
            wrong(item, fmt::format("{}.{}", join_path(path_, node.name), texts.size()), "text");
        }
        good = good && item.kind == ConfigNode::Kind::text && !item.reported;
        texts.push_back(item.text);
    }
    return good ? std::optional(texts) : std::nullopt;
}

void ConfigReader::wrong(const ConfigNode& node, const std::string& path, const std::string& allowed) {
    run_.problems.push_back(fmt::format("{}: {}: {} is not {}", node.where, path, shown(node, path), allowed));
    run_.wrong.insert(path);
}

void ConfigReader::read_inside(const ConfigNode& map, const std::string& path, const Inside& inside) {
    ConfigReader reader(map, path, run_);
    inside(reader);
    reader.report_unknown_keys();
}

void ConfigReader::visit_section(const ConfigKey& key, bool, const Inside& inside) {
    if (const ConfigNode* const node = take(key, ConfigNode::Kind::map)) {
        read_inside(*node, join_path(path_, key.name), inside);
    }
}

void ConfigReader::visit_named(const ConfigKey& key, const NamedSections& sections) {
    const ConfigNode* const node = take(key, ConfigNode::Kind::map);
    if (node == nullptr) {
        return;
    }
    for (const ConfigNode& child : node->children) {
        const std::string path = fmt::format("{}.{}", join_path(path_, key.name), child.name);
        if (child.kind != ConfigNode::Kind::map && child.kind != ConfigNode::Kind::null) {
            wrong(child, path, "a map of keys");
            continue;
        }
        read_inside(child, path, [&](ConfigVisitor& inside) { sections.visit(inside, child.name); });
    }
}

void ConfigReader::visit_listed(const ConfigKey& key, const ListedSections& sections) {
    const ConfigNode* const node = take(key, ConfigNode::Kind::list);
    if (node == nullptr) {
        return;
    }
    sections.clear();
    for (std::size_t i = 0; i < node->children.size(); ++i) {
        const ConfigNode& child = node->children[i];
        const std::string path = fmt::format("{}.{}", join_path(path_, key.name), i);
        if (child.kind != ConfigNode::Kind::map) {
            wrong(child, path, "a map of keys");
            sections.clear(); // half a list of rules is another list of rules
            return;
        }
        read_inside(child, path, [&](ConfigVisitor& inside) { sections.visit(inside, i); });
    }
}

void ConfigReader::visit_named_texts(const ConfigKey& key, std::map<std::string, std::string>& values) {
    const ConfigNode* const node = take(key, ConfigNode::Kind::map);
    if (node == nullptr) {
        return;
    }
    for (const ConfigNode& child : node->children) {
        const std::string path = fmt::format("{}.{}", join_path(path_, key.name), child.name);
        if (key.closed && !run_.any_flags && !values.contains(child.name)) {
            std::vector<std::string> names;
            std::ranges::transform(values, std::back_inserter(names), [](const auto& one) { return one.first; });
            run_.problems.push_back(fmt::format(
                "{}: unknown key '{}': this service has {}", child.name_where, path,
                names.empty() ? "no flags of its own" : fmt::format("the flags {}", fmt::join(names, ", "))));
        } else if (child.kind != ConfigNode::Kind::text) {
            wrong(child, path, key.allowed.empty() ? "text" : key.allowed);
        } else if (!child.reported && key.fits && !key.fits(child.text)) {
            wrong(child, path, key.allowed);
        } else if (!child.reported) {
            values[child.name] = child.text;
        }
    }
}

void ConfigReader::report_unknown_keys() {
    for (const ConfigNode& child : map_.children) {
        if (std::ranges::find(known_, child.name) == known_.end()) {
            const std::string meant = nearest(child.name, known_);
            run_.problems.push_back(
                fmt::format("{}: unknown key '{}'{}", child.name_where, join_path(path_, child.name),
                            meant.empty() ? fmt::format("; allowed here: {}", fmt::join(known_, ", "))
                                          : fmt::format("; did you mean '{}'?", meant)));
        }
    }
}

} // namespace streaming::detail
