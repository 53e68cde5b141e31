#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace services::trading_engine {

/// Knows in which trading namespaces the signals of a strategy become orders.
/// Not changed after construction, then thread-safe.
class ExecutionRouter {
public:
    explicit ExecutionRouter(std::string default_namespace) : default_{std::move(default_namespace)} {}

    /// Routes as "momentum=paper+live,pairs=paper" say; strategies that are not named go to the default.
    /// Throws ConfigError when the text is something else.
    [[nodiscard]] static ExecutionRouter parse(std::string_view routes, std::string default_namespace);

    void add(const std::string& strategy, const std::string& name_space); ///< once each, in this order
    [[nodiscard]] const std::vector<std::string>& targets(std::string_view strategy) const;
    [[nodiscard]] std::vector<std::string> namespaces() const; ///< every target there is, the default first

private:
    std::vector<std::string> default_;
    std::map<std::string, std::vector<std::string>, std::less<>> routes_{};
};

} // namespace services::trading_engine
