#include <fmt/format.h>
#include <fmt/ranges.h>
#include <algorithm>
#include <array>
#include <cctype>
#include <chrono>
#include <cmath>
#include <optional>

#include "core/streaming/patterns/source_type.hpp"
#include "services/firms/record_detections.hpp"
#include "services/ingest/box.hpp"
#include "services/ingest/firms_connector.hpp"
#include "services/ingest/firms_rolling.hpp"
#include "services/ingest/makers.hpp"

namespace services::ingest {
namespace {

using streaming::Response;
using streaming::Result;

constexpr std::array<std::string_view, 8> kProducts{"VIIRS_SNPP_NRT", "VIIRS_NOAA20_NRT", "VIIRS_NOAA21_NRT",
                                                    "MODIS_NRT",      "VIIRS_SNPP_SP",    "VIIRS_NOAA20_SP",
                                                    "MODIS_SP",       "LANDSAT_NRT"};
constexpr std::string_view kFirms = "https://firms.modaps.eosdis.nasa.gov";

std::string map_key(const streaming::CustomParams& params) {
    std::string key = params.secret("map_key", "FIRMS_MAP_KEY");
    if (!std::ranges::all_of(key, [](unsigned char letter) { return std::isalnum(letter) != 0; })) {
        streaming::CustomParams::refuse_unseen("map_key", "(or the variable FIRMS_MAP_KEY) is not letters and digits");
    }
    return key;
}

/// The API gives whole days: a window that begins within one touches a day more than it is long. Those of whole days
/// end at midnight.
void check_backfill(const streaming::IngestionOptions& ingestion) {
    using std::chrono::days;
    if (ingestion.mode != streaming::IngestionKind::batch || ingestion.backfill_from.empty()) {
        return;
    }
    const bool whole_days = ingestion.backfill_window % days(1) == days(0);
    const days most(FirmsConnector::kMostDays - (whole_days ? 0 : 1));
    if (ingestion.backfill_window > most) {
        throw std::invalid_argument(fmt::format(
            "ingestion.backfill_window_seconds: {} is more than {}: FIRMS gives {} days (in UTC) at a time{}",
            ingestion.backfill_window.count(), std::chrono::seconds(most).count(), FirmsConnector::kMostDays,
            whole_days ? "" : ", and a window that is no whole days may begin within one"));
    }
}

/// Rows come again for as long as their day is asked for, or their file shows it. What is not given is long enough.
void check_memory(const streaming::SourceTypes::Request& request, std::chrono::hours shown, std::string_view param) {
    const std::chrono::seconds ttl = request.settings.deduplication_for(shown).ttl;
    if (ttl < shown) {
        throw std::invalid_argument(fmt::format(
            "deduplication.ttl_seconds: {} is less than the {} of custom_params.{}: rows would be sent twice",
            ttl.count(), std::chrono::seconds(shown).count(), param));
    }
}

/// Which of the 5000 transactions in 10 minutes a call takes for each of its days. FIRMS says that "larger transactions
/// may count as multiple requests (ex. requesting 7 days)" (firms.modaps.eosdis.nasa.gov/api/map_key) and not how many:
/// one for each tenth of the world's 360 x 180 degrees is our choice.
std::size_t cost_of_a_day(const streaming::CustomParams& params, const std::optional<Box>& area) {
    constexpr double kTenth = 360.0 * 180.0 / 10;
    const double tenths = area ? std::ceil((area->east - area->west) * (area->north - area->south) / kTenth) : 10;
    return static_cast<std::size_t>(params.whole_number("call_cost", std::max(std::lround(tenths), 1L), 1, 1000));
}

struct Parts {
    FirmsConnector::Options options{};
    std::chrono::hours shown{}; ///< for so long a row comes again
};

Parts area_parts(const streaming::SourceTypes::Request& request, const streaming::CustomParams& params,
                 const std::string& product) {
    if (params.has("region")) {
        streaming::CustomParams::refuse_unseen("region", "is for rolling files; the area API has an area");
    }
    check_backfill(request.settings.ingestion);
    const auto area = box_of(params, "area");
    const std::string place = fmt::format("/api/area/csv/{{key}}/{}/{}/", product, area ? to_string(*area) : "world");
    // The first of the days is the current one in UTC, and rows come hours late: one day would lose them.
    const long day_range = params.whole_number("day_range", 2, 2, FirmsConnector::kMostDays);
    check_memory(request, std::chrono::days(day_range), fmt::format("day_range {}", day_range));
    return {.options = {.base = streaming::base_url_of(request, kFirms),
                        .map_key = map_key(params),
                        .path = place + std::to_string(day_range),
                        .past = place,
                        .days = static_cast<std::size_t>(day_range),
                        .cost = cost_of_a_day(params, area),
                        .timeout = request.settings.timeout},
            .shown = std::chrono::days(day_range)};
}

Parts rolling_parts(const streaming::SourceTypes::Request& request, const streaming::CustomParams& params,
                    const std::string& product) {
    streaming::refuse_backfill(request);
    std::string path = rolling_path(params, product);
    const std::string age = params.text("rolling");
    const std::chrono::hours shown(age == "7d" ? 7 * 24 : age == "48h" ? 48 : 24);
    check_memory(request, shown, "rolling " + age);
    return {.options = {.base = streaming::base_url_of(request, kFirms),
                        .path = std::move(path),
                        .timeout = request.settings.timeout},
            .shown = shown};
}

} // namespace

Result<streaming::SourceParts> make_nasa_firms(const streaming::SourceTypes::Request& request) {
    const streaming::CustomParams params(request.settings.custom_params);
    params.only({{"map_key", "product", "area", "day_range", "rolling", "region", "call_cost", "max_ahead_seconds"}});
    const std::string product = params.text("product", "VIIRS_SNPP_NRT");
    if (std::ranges::find(kProducts, product) == kProducts.end()) {
        params.refuse("product", fmt::format("one of {}", fmt::join(kProducts, ", ")));
    }
    Parts parts =
        params.has("rolling") ? rolling_parts(request, params, product) : area_parts(request, params, product);
    const auto gate = streaming::TimeGate::of(params);
    return streaming::SourceParts{
        .connector = std::make_unique<FirmsConnector>(std::move(parts.options)),
        .handler = [gate](const Response& answer,
                          streaming::SourceContext& context) { firms::record_detections(answer, context, gate); },
        .defaults = {.repeats = parts.shown}};
}

} // namespace services::ingest
