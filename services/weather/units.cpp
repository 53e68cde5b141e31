#include "services/weather/units.hpp"

#include <array>

namespace services::weather {
namespace {

/// wanted = factor * (value + offset)
struct Conversion {
    std::string_view from;
    std::string_view to;
    double factor;
    double offset;
};
constexpr std::array kConversions{
    Conversion{"degF", "degC", 5.0 / 9.0, -32.0},
    Conversion{"K", "degC", 1.0, -273.15},
    Conversion{"m_s-1", "km_h-1", 3.6, 0.0},
    Conversion{"kt", "km_h-1", 1.852, 0.0},
    Conversion{"mph", "km_h-1", 1.609344, 0.0},
    Conversion{"km/h", "km_h-1", 1.0, 0.0},
    Conversion{"hPa", "Pa", 100.0, 0.0},
    Conversion{"km", "m", 1000.0, 0.0},
    Conversion{"m", "mm", 1000.0, 0.0},
    Conversion{"in", "mm", 25.4, 0.0},
    Conversion{"cm", "mm", 10.0, 0.0},
    Conversion{"ft", "m", 0.3048, 0.0},
};

std::string_view without_prefix(std::string_view unit_code) { return unit_code.substr(unit_code.find(':') + 1); }

} // namespace

std::optional<double> convert(double value, std::string_view unit_code, std::string_view wanted) {
    const std::string_view unit = without_prefix(unit_code);
    if (unit == wanted) {
        return value;
    }
    for (const Conversion& conversion : kConversions) {
        if (conversion.from == unit && conversion.to == wanted) {
            return conversion.factor * (value + conversion.offset);
        }
    }
    return std::nullopt;
}

std::string units_for(std::string_view wanted) {
    std::string units(wanted);
    for (const Conversion& conversion : kConversions) {
        if (conversion.to == wanted) {
            units.append(", ").append(conversion.from);
        }
    }
    return units;
}

std::string usual_unit(std::string_view unit_code) {
    const std::string_view unit = without_prefix(unit_code);
    for (const Conversion& conversion : kConversions) {
        if (conversion.from == unit && unit != "m") { // mm are for rain alone
            return std::string(conversion.to);
        }
    }
    return std::string(unit);
}

} // namespace services::weather
