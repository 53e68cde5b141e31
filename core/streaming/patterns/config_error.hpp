#pragma once

#include <stdexcept>
#include <string>
#include <vector>

namespace streaming {

/// Everything that is wrong with a configuration, at once. `what()` lists all problems, one a line.
class ConfigError : public std::runtime_error {
public:
    explicit ConfigError(std::vector<std::string> problems);
    [[nodiscard]] const std::vector<std::string>& problems() const noexcept { return problems_; }

private:
    std::vector<std::string> problems_;
};

} // namespace streaming
