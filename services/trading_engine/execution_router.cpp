#include "services/trading_engine/execution_router.hpp"

#include <algorithm>
#include <iterator>
#include <sstream>

#include "core/streaming/patterns/run_service.hpp"

namespace services::trading_engine {

ExecutionRouter ExecutionRouter::parse(std::string_view routes, std::string default_namespace) {
    ExecutionRouter router(std::move(default_namespace));
    std::istringstream entries{std::string(routes)};
    for (std::string entry; std::getline(entries, entry, ',');) {
        const std::size_t equals = entry.find('=');
        std::istringstream names(equals == std::string::npos ? "" : entry.substr(equals + 1));
        bool any = false;
        for (std::string name; std::getline(names, name, '+'); any = true) {
            // The name becomes part of a topic.
            if (equals == 0 || !streaming::is_valid_topic(streaming::TopicNames::orders(name)) || name.empty()) {
                any = false;
                break;
            }
            router.add(entry.substr(0, equals), name);
        }
        if (!any) {
            throw streaming::ConfigError({"flag --routes: '" + entry + "' must be strategy=namespace[+namespace...]"});
        }
    }
    return router;
}

void ExecutionRouter::add(const std::string& strategy, const std::string& name_space) {
    auto& targets = routes_[strategy];
    if (std::ranges::find(targets, name_space) == targets.end()) {
        targets.push_back(name_space);
    }
}

const std::vector<std::string>& ExecutionRouter::targets(std::string_view strategy) const {
    const auto found = routes_.find(strategy);
    return found == routes_.end() ? default_ : found->second;
}

std::vector<std::string> ExecutionRouter::namespaces() const {
    std::vector<std::string> all = default_;
    for (const auto& [strategy, targets] : routes_) {
        std::ranges::copy_if(targets, std::back_inserter(all),
                             [&](const std::string& target) { return std::ranges::find(all, target) == all.end(); });
    }
    return all;
}

} // namespace services::trading_engine
