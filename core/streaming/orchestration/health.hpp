#pragma once

#include <string>
#include <vector>

namespace streaming {

/// How one part of a service is.
struct PartHealth {
    std::string name{};   ///< "kafka", "redis <name>", "state <name>", "flow <name>", "source <name>"
    bool ready = false;   ///< does its work now
    bool alive = true;    ///< can do it again without a restart of the process
    std::string detail{}; ///< why not, or what it lacks; empty when all is well
};

struct Health {
    std::vector<PartHealth> parts{};
    [[nodiscard]] bool ready() const noexcept;
    [[nodiscard]] bool live() const noexcept;
    [[nodiscard]] std::string to_json() const;
};

} // namespace streaming
