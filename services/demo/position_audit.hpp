#pragma once

#include <string>
#include <vector>

#include "services/demo/account.hpp"

namespace services::demo {

/// Adds up the fills, each signal once, and looks whether the newest record of every instrument says the same. Payloads
/// as they stand on the topics of one namespace; knows nothing of the services that wrote them.
[[nodiscard]] Claim positions_are_sums(const std::string& topic, const std::vector<std::string>& fills,
                                       const std::vector<std::string>& positions);

} // namespace services::demo
