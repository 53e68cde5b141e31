#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace services {

/// What one row of an answer says of what.
struct Told {
    std::string natural_key{};
    std::string content{}; ///< all that counts as a change
};

/// For each row the one that counts of its natural key: the one with the greatest content, so that it is the same one
/// in whatever order they come, of equal ones the first. A row that says the same counts itself.
[[nodiscard]] std::vector<std::size_t> counting_rows(const std::vector<Told>& rows);

} // namespace services
