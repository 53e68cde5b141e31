#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string_view>

namespace streaming::detail {

// Values as YAML 1.2 and JSON both read them, so that yes, 0123 and 1_000 mean nothing by accident.

/// true or false; not yes, on, 1.
[[nodiscard]] std::optional<bool> read_flag(std::string_view text);
/// Decimal digits with at most a minus sign, no leading zeros.
[[nodiscard]] std::optional<std::int64_t> read_whole(std::string_view text);
/// A finite decimal number.
[[nodiscard]] std::optional<double> read_number(std::string_view text);
/// A value nothing is known about: true, false, a number, else text.
[[nodiscard]] nlohmann::json plain_scalar(std::string_view text);

} // namespace streaming::detail
