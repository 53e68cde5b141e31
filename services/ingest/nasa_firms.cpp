#include <fmt/format.h>
#include <fmt/ranges.h>
#include <algorithm>
#include <array>
#include <cctype>
#include <chrono>

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

constexpr std::array<std::string_view, 7> kProducts{"VIIRS_SNPP_NRT", "VIIRS_NOAA20_NRT", "VIIRS_NOAA21_NRT",
                                                    "MODIS_NRT",      "VIIRS_SNPP_SP",    "VIIRS_NOAA20_SP",
                                                    "MODIS_SP"};
constexpr std::string_view kFirms = "https://firms.modaps.eosdis.nasa.gov";

std::string map_key(const streaming::CustomParams& params) {
    std::string key = params.secret("map_key", "FIRMS_MAP_KEY");
    if (!std::ranges::all_of(key, [](unsigned char letter) { return std::isalnum(letter) != 0; })) {
        streaming::CustomParams::refuse_unseen("map_key", "(or the variable FIRMS_MAP_KEY) is not letters and digits");
    }
    return key;
}

/// The API gives whole days: a window that begins within one touches a day more than it is long.
void check_backfill(const streaming::IngestionOptions& ingestion) {
    using std::chrono::days;
    if (ingestion.mode != streaming::IngestionKind::batch || ingestion.backfill_from.empty()) {
        return;
    }
    const auto from = streaming::parse_backfill_time(ingestion.backfill_from);
    const bool whole_days = from && from.value() == std::chrono::floor<days>(from.value()) &&
                            ingestion.backfill_window % days(1) == days(0);
    const days most(FirmsConnector::kMostDays - (whole_days ? 0 : 1));
    if (ingestion.backfill_window > most) {
        throw std::invalid_argument(fmt::format(
            "ingestion.backfill_window_seconds: {} is more than {}: FIRMS gives {} days (in UTC) at a time{}",
            ingestion.backfill_window.count(), std::chrono::seconds(most).count(), FirmsConnector::kMostDays,
            whole_days ? ""
                       : ", and a window may begin within one: backfill_from is no midnight, or the window no "
                         "whole days"));
    }
}

/// Rows come again for as long as their day is asked for, or their file shows it.
void check_memory(const streaming::SourceTypes::Request& request, std::chrono::hours shown, std::string_view param) {
    const std::chrono::seconds ttl = request.settings.deduplication.ttl;
    if (ttl < shown) {
        throw std::invalid_argument(fmt::format(
            "deduplication.ttl_seconds: {} is less than the {} of custom_params.{}: rows would be sent twice",
            ttl.count(), std::chrono::seconds(shown).count(), param));
    }
}

FirmsConnector::Options area_options(const streaming::SourceTypes::Request& request,
                                     const streaming::CustomParams& params, const std::string& product) {
    if (params.has("region")) {
        streaming::CustomParams::refuse_unseen("region", "is for rolling files; the area API has an area");
    }
    check_backfill(request.settings.ingestion);
    const auto area = box_of(params, "area");
    const std::string place = fmt::format("/api/area/csv/{{key}}/{}/{}/", product, area ? to_string(*area) : "world");
    // The first of the days is the current one in UTC, and rows come hours late: one day would lose them.
    const long day_range = params.whole_number("day_range", 2, 2, FirmsConnector::kMostDays);
    check_memory(request, std::chrono::days(day_range), fmt::format("day_range {}", day_range));
    return {.base = streaming::base_url_of(request, kFirms),
            .map_key = map_key(params),
            .path = place + std::to_string(day_range),
            .past = place,
            .days = static_cast<std::size_t>(day_range),
            .timeout = request.settings.timeout};
}

FirmsConnector::Options rolling_options(const streaming::SourceTypes::Request& request,
                                        const streaming::CustomParams& params, const std::string& product) {
    streaming::refuse_backfill(request);
    std::string path = rolling_path(params, product);
    const std::string age = params.text("rolling");
    check_memory(request, std::chrono::hours(age == "7d" ? 7 * 24 : age == "48h" ? 48 : 24), "rolling " + age);
    return {
        .base = streaming::base_url_of(request, kFirms), .path = std::move(path), .timeout = request.settings.timeout};
}

} // namespace

Result<streaming::SourceParts> make_nasa_firms(const streaming::SourceTypes::Request& request) {
    const streaming::CustomParams params(request.settings.custom_params);
    params.only({{"map_key", "product", "area", "day_range", "rolling", "region"}});
    const std::string product = params.text("product", "VIIRS_SNPP_NRT");
    if (std::ranges::find(kProducts, product) == kProducts.end()) {
        params.refuse("product", fmt::format("one of {}", fmt::join(kProducts, ", ")));
    }
    FirmsConnector::Options options =
        params.has("rolling") ? rolling_options(request, params, product) : area_options(request, params, product);
    return streaming::SourceParts{.connector = std::make_unique<FirmsConnector>(std::move(options)),
                                  .handler = firms::record_detections};
}

} // namespace services::ingest
