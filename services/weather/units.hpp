#pragma once

#include <optional>
#include <string_view>

namespace services::weather {

/// Converts a value that api.weather.gov gave with a `unitCode` ("wmoUnit:degC", in old answers "unit:degC") to the
/// unit `wanted`, spelled as in those codes without the prefix. Nothing when there is no way from one to the other.
[[nodiscard]] std::optional<double> convert(double value, std::string_view unit_code, std::string_view wanted);

} // namespace services::weather
