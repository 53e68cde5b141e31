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
    bool modis = false;
    std::array<std::string_view, 7> others{}; ///< its other names, in lower case
};
// Days: the archive of FIRMS begins on 2000-11-01 with Terra, on 2002-07-04 with Aqua and on 2012-01-20 with Suomi NPP;
// of the other two that of their launch.
constexpr std::array kKnown{
    Known{{"N", "2012-01-20"}, false, {"n", "npp", "snpp", "s-npp", "suomi-npp", "suomi npp"}},
    Known{{"N20", "2017-11-18"}, false, {"1", "n20", "noaa-20", "noaa20", "noaa 20", "jpss-1", "j1"}},
    Known{{"N21", "2022-11-10"}, false, {"2", "n21", "noaa-21", "noaa21", "noaa 21", "jpss-2", "j2"}},
    Known{{"Terra", "2000-11-01"}, true, {"t", "terra"}},
    Known{{"Aqua", "2002-07-04"}, true, {"a", "aqua"}},
};

} // namespace

const Satellite* satellite_of(std::string_view cell, bool modis) {
    for (const Known& known : kKnown) {
        if (known.modis == modis && known.satellite.name == cell) {
            return &known.satellite;
        }
    }
    const auto number = whole_number_in(cell);
    std::string name = number ? std::to_string(*number) : std::string(cell.substr(0, 32));
    std::ranges::transform(name, name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    for (const Known& known : kKnown) {
        if (known.modis == modis && !name.empty() && std::ranges::find(known.others, name) != known.others.end()) {
            return &known.satellite;
        }
    }
    return nullptr;
}

std::string_view satellites_of(bool modis) {
    return modis ? "a satellite with MODIS: Terra (T) or Aqua (A)"
                 : "a satellite with VIIRS: N (Suomi NPP), N20 (1, NOAA-20) or N21 (2, NOAA-21)";
}

} // namespace services::firms
