#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace services::weather {

/// Converts a value that api.weather.gov gave with a `unitCode` ("wmoUnit:degC", in old answers "unit:degC") to the
/// unit `wanted`, spelled as in those codes without the prefix. Nothing when there is no way from one to the other.
[[nodiscard]] std::optional<double> convert(double value, std::string_view unit_code, std::string_view wanted);

/// Those that `convert` knows a way from, for messages: "degC, degF, K".
[[nodiscard]] std::string units_for(std::string_view wanted);

/// The unit in which our events give what comes in the unit of this code, without the prefix ("degC" for
/// "wmoUnit:degF"); its own when there is no other. `convert` knows the way.
[[nodiscard]] std::string usual_unit(std::string_view unit_code);

} // namespace services::weather
