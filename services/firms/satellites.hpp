#pragma once

#include <cstdint>
#include <string_view>

namespace services::firms {

/// Of products: which instrument saw the fires, and so which columns tables have.
enum class Family : std::uint8_t { viirs, modis, landsat };

[[nodiscard]] std::string_view to_string(Family family) noexcept; ///< VIIRS, MODIS, LANDSAT

/// A satellite whose fires FIRMS tells.
struct Satellite {
    std::string_view name{};  ///< in events and ids
    std::string_view since{}; ///< first day that a fire of it can have
};

/// Of a family, by any of the names it has in FIRMS's tables, or that a spreadsheet makes of them: in any
/// case, 1.0 and 01 for 1. Null = there is none of this name.
[[nodiscard]] const Satellite* satellite_of(std::string_view cell, Family family);

/// What is allowed, for messages.
[[nodiscard]] std::string_view satellites_of(Family family);

} // namespace services::firms
