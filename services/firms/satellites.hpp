#pragma once

#include <string_view>

namespace services::firms {

/// A satellite whose fires FIRMS tells.
struct Satellite {
    std::string_view name{};  ///< in events and ids
    std::string_view since{}; ///< first day that a fire of it can have
};

/// Of MODIS or of VIIRS, by any of the names it has in FIRMS's tables, or that a spreadsheet makes of them: in any
/// case, 1.0 and 01 for 1. Null = there is none of this name.
[[nodiscard]] const Satellite* satellite_of(std::string_view cell, bool modis);

/// What is allowed, for messages.
[[nodiscard]] std::string_view satellites_of(bool modis);

} // namespace services::firms
