#include "core/streaming/patterns/config_loader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <string_view>
#include <utility>

#include "core/streaming/patterns/config_description.hpp"
#include "core/streaming/patterns/config_environment.hpp"
#include "core/streaming/patterns/config_error.hpp"
#include "core/streaming/patterns/config_file.hpp"
#include "core/streaming/patterns/config_node.hpp"
#include "core/streaming/patterns/config_reader.hpp"
#include "core/streaming/patterns/config_variables.hpp"
#include "core/streaming/patterns/config_warnings.hpp"

namespace streaming {

namespace {

using detail::ConfigNode;

/// The node that a problem's key names, and its path. Names may hold dots, members of structs lack the unit.
struct Place {
    const ConfigNode* node = nullptr;
    std::string path{};
    bool exact = false;
};

Place find_place(const ConfigNode& at, std::string_view key, const Place& so_far) {
    Place best = so_far;
    for (std::size_t i = 0; i < at.children.size(); ++i) {
        const ConfigNode& child = at.children[i];
        const std::string name = at.kind == ConfigNode::Kind::list ? std::to_string(i) : child.name;
        const std::string path = detail::join_path(so_far.path, name);
        if (name == key || name == fmt::format("{}_ms", key) || name == fmt::format("{}_seconds", key)) {
            return {&child, path, true};
        }
        if (key.starts_with(name) && key.substr(name.size()).starts_with('.')) {
            const Place inside = find_place(child, key.substr(name.size() + 1), {&child, path});
            if (inside.exact || inside.path.size() > best.path.size()) {
                best = inside;
            }
        }
    }
    return best;
}

Problems problems_of(const Settings& settings) {
    Problems problems;
    const auto add = [&problems](const Problems& more) { problems.insert(problems.end(), more.begin(), more.end()); };
    add(settings.kafka.validate());
    if (settings.redis) {
        add(settings.redis->validate());
    }
    if (settings.deduplication) {
        add(settings.deduplication->validate());
    }
    if (settings.error_handling) {
        add(settings.error_handling->validate());
    }
    add(settings.ingestion.validate());
    if (settings.ingestion.sharing.mode == SharingMode::leases && !settings.redis) {
        problems.emplace_back("sharing.mode: 'leases' needs redis, which is not given: nothing would be polled");
    }
    return problems;
}

/// A sentence of a struct that shows the value, with ${NAME} for it where it came out of a variable.
std::string without_variable(std::string problem, const ConfigNode& node) {
    const std::string value = fmt::format("'{}'", node.text);
    const std::size_t at = node.written.empty() ? std::string::npos : problem.find(value);
    return at == std::string::npos ? problem : problem.replace(at, value.size(), fmt::format("'{}'", node.written));
}

std::string without_variables(std::string problem, const ConfigNode* list) {
    if (list != nullptr) {
        for (const ConfigNode& item : list->children) {
            problem = without_variable(std::move(problem), item);
        }
    }
    return problem;
}

/// What the structs themselves have to say, about what the files and the environment named. Flags may still bring a
/// broker or a Redis, and defaults are not the files' business: the builder reports those.
void validate(const Settings& settings, const ConfigNode& root, const std::set<std::string>& wrong,
              Problems& problems) {
    const ConfigNode* const allowed = root.find("allowed_topics"); // a problem of a topic shows them
    for (const std::string& problem : problems_of(settings)) {
        const std::string key = problem.substr(0, problem.find(": "));
        const Place place = find_place(root, key, {});
        const bool may_come_from_flags = !place.exact && (key == "kafka.bootstrap_servers" || key == "redis.url");
        if (place.node != nullptr && !may_come_from_flags && !wrong.contains(place.path) && !wrong.contains(key)) {
            problems.push_back(fmt::format("{}: {}", place.node->where,
                                           without_variables(without_variable(problem, *place.node), allowed)));
        }
    }
}

} // namespace

ConfigFindings read_settings(Settings& settings, const ConfigSources& sources) {
    ConfigFindings findings;
    ConfigNode root{.kind = ConfigNode::Kind::map};
    const auto variables = detail::variables_of(sources.environment);
    const auto add = [&](ConfigNode node) {
        detail::replace_variables(node, variables, "", findings.problems);
        detail::merge(root, std::move(node), "", findings.problems);
    };
    for (const auto& file : sources.files) {
        add(detail::read_config_file(file, findings.problems, {.allowed = !sources.again}));
    }
    for (const auto& [name, text] : sources.texts) {
        add(detail::read_config_text(text, name, detail::Places::file_line_column, findings.problems));
    }
    std::vector<std::string> flags;
    std::ranges::transform(settings.flags, std::back_inserter(flags), [](const auto& flag) { return flag.first; });
    detail::read_environment(root, sources.environment, flags, findings.problems);

    detail::ConfigReader::Run run{.problems = findings.problems, .any_flags = sources.any_flags};
    detail::ConfigReader reader(root, "", run);
    detail::describe(reader, settings);
    reader.report_unknown_keys();
    validate(settings, root, run.wrong, findings.problems);
    detail::warn_about(settings, root, findings.warnings);
    return findings;
}

Settings load_settings(Settings settings, const ConfigSources& sources) {
    if (ConfigFindings findings = read_settings(settings, sources); !findings.problems.empty()) {
        throw ConfigError(std::move(findings.problems));
    }
    return settings;
}

} // namespace streaming
