#include "services/firms/satellites.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <string>

#include "services/firms/cells.hpp"

namespace services::firms {
namespace {

struct Known {
    Satellite satellite;
    Family family = Family::viirs;
    std::array<std::string_view, 7> others{}; ///< its other names, in lower case
};
// Days: the archive of FIRMS begins on 2000-11-01 with Terra, on 2002-07-04 with Aqua and on 2012-01-20 with Suomi NPP;
// of the others that of their launch.
constexpr std::array kKnown{
    Known{{"N", "2012-01-20"}, Family::viirs, {"n", "npp", "snpp", "s-npp", "suomi-npp", "suomi npp"}},
    Known{{"N20", "2017-11-18"}, Family::viirs, {"1", "n20", "noaa-20", "noaa20", "noaa 20", "jpss-1", "j1"}},
    Known{{"N21", "2022-11-10"}, Family::viirs, {"2", "n21", "noaa-21", "noaa21", "noaa 21", "jpss-2", "j2"}},
    Known{{"Terra", "2000-11-01"}, Family::modis, {"t", "terra"}},
    Known{{"Aqua", "2002-07-04"}, Family::modis, {"a", "aqua"}},
    Known{{"L8", "2013-02-11"}, Family::landsat, {"l8", "landsat-8", "landsat8", "landsat 8"}},
    Known{{"L9", "2021-09-27"}, Family::landsat, {"l9", "landsat-9", "landsat9", "landsat 9"}},
};

} // namespace

const Satellite* satellite_of(std::string_view cell, Family family) {
    for (const Known& known : kKnown) {
        if (known.family == family && known.satellite.name == cell) {
            return &known.satellite;
        }
    }
    const auto number = whole_number_in(cell);
    std::string name = number ? std::to_string(*number) : std::string(cell.substr(0, 32));
    std::ranges::transform(name, name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    for (const Known& known : kKnown) {
        if (known.family == family && !name.empty() && std::ranges::find(known.others, name) != known.others.end()) {
            return &known.satellite;
        }
    }
    return nullptr;
}

std::string_view to_string(Family family) noexcept {
    return family == Family::viirs ? "VIIRS" : family == Family::modis ? "MODIS" : "LANDSAT";
}

std::string_view satellites_of(Family family) {
    switch (family) {
        case Family::modis:
            return "a satellite with MODIS: Terra (T) or Aqua (A)";
        case Family::landsat:
            return "a satellite of Landsat: L8 or L9";
        default:
            return "a satellite with VIIRS: N (Suomi NPP), N20 (1, NOAA-20) or N21 (2, NOAA-21)";
    }
}

} // namespace services::firms
