#include "core/streaming/patterns/config_error.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <utility>

namespace streaming {

namespace {

std::string sentence(const std::vector<std::string>& problems) {
    if (problems.size() == 1) {
        return "configuration: " + problems.front();
    }
    return fmt::format("configuration: {} problems\n  - {}", problems.size(), fmt::join(problems, "\n  - "));
}

} // namespace

ConfigError::ConfigError(std::vector<std::string> problems)
    : std::runtime_error(sentence(problems)), problems_(std::move(problems)) {}

} // namespace streaming
