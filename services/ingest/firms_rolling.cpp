#include "services/ingest/firms_rolling.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <algorithm>
#include <array>
#include <string_view>

namespace services::ingest {
namespace {

struct File {
    std::string_view product;
    std::string_view folder;
    std::string_view name;
};
// As firms.modaps.eosdis.nasa.gov/active_fire lists them.
constexpr std::array kFiles{File{"VIIRS_SNPP_NRT", "suomi-npp-viirs-c2", "SUOMI_VIIRS_C2"},
                            File{"VIIRS_NOAA20_NRT", "noaa-20-viirs-c2", "J1_VIIRS_C2"},
                            File{"VIIRS_NOAA21_NRT", "noaa-21-viirs-c2", "J2_VIIRS_C2"},
                            File{"MODIS_NRT", "modis-c6.1", "MODIS_C6_1"}};
constexpr std::array<std::string_view, 13> kRegions{"Global",
                                                    "Canada",
                                                    "Alaska",
                                                    "USA_contiguous_and_Hawaii",
                                                    "Central_America",
                                                    "South_America",
                                                    "Europe",
                                                    "Northern_and_Central_Africa",
                                                    "Southern_Africa",
                                                    "Russia_Asia",
                                                    "South_Asia",
                                                    "SouthEast_Asia",
                                                    "Australia_NewZealand"};
constexpr std::array<std::string_view, 3> kSpans{"24h", "48h", "7d"};

template <class Known>
std::string one_of(const streaming::CustomParams& params, const std::string& name, const std::string& fallback,
                   const Known& known) {
    std::string value = params.text(name, fallback);
    if (std::ranges::find(known, value) == known.end()) {
        params.refuse(name, fmt::format("one of {}", fmt::join(known, ", ")));
    }
    return value;
}

} // namespace

std::string rolling_path(const streaming::CustomParams& params, const std::string& product) {
    const std::string span = one_of(params, "rolling", "", kSpans);
    const std::string region = one_of(params, "region", "Global", kRegions);
    const auto* const file = std::ranges::find(kFiles, product, &File::product);
    if (file == kFiles.end()) {
        streaming::CustomParams::refuse_unseen(
            "rolling", fmt::format("cannot be: there are no rolling files of the product {}", product));
    }
    for (const char* name : {"area", "day_range", "call_cost"}) {
        if (params.has(name)) {
            streaming::CustomParams::refuse_unseen(name, "is for the area API; rolling files are of a region");
        }
    }
    return fmt::format("/data/active_fire/{}/csv/{}_{}_{}.csv", file->folder, file->name, region, span);
}

} // namespace services::ingest
