#include <fmt/format.h>
#include <fmt/ranges.h>
#include <algorithm>
#include <cctype>
#include <chrono>

#include "core/streaming/patterns/source_type.hpp"
#include "services/firms/firms.hpp"
#include "services/firms/table.hpp"
#include "services/ingest/box.hpp"
#include "services/ingest/http_failure.hpp"
#include "services/ingest/makers.hpp"

namespace services::ingest {
namespace {

using streaming::Error;
using streaming::ErrorCode;
using streaming::Response;
using streaming::Result;

constexpr long kMostDays = 5; // the API's limit for one call

/// Calls of the area API. The key is part of the URL's path: no message holds the URL.
class FirmsConnector final : public streaming::Connector {
public:
    struct Options {
        std::string base{};  ///< up to and with the product
        std::string place{}; ///< the area
        long day_range = 2;
        std::chrono::milliseconds timeout{};
    };
    explicit FirmsConnector(Options options) : options_(std::move(options)) {}

    Result<Response> fetch(const Request& request) override {
        std::string url = fmt::format("{}/{}/{}", options_.base, options_.place, options_.day_range);
        if (request.window) {
            auto days = days_of(*request.window);
            if (!days) {
                return days.error();
            }
            url = fmt::format("{}/{}/{}", options_.base, options_.place, days.value());
        }
        auto answer = request.http.get({.url = url, .timeout = options_.timeout}, request.stop);
        if (!answer) {
            return answer.error();
        }
        return checked(std::move(answer).value(), url);
    }

private:
    /// `DAY_RANGE/DATE` of whole days in UTC: the API knows no others, so there may be more than was asked for.
    static Result<std::string> days_of(const streaming::TimeWindow& window) {
        using std::chrono::days;
        using std::chrono::floor;
        const auto first = floor<days>(window.from);
        const auto last = floor<days>(window.to - std::chrono::milliseconds(1));
        const long count = (last - first).count() + 1;
        if (count < 1 || count > kMostDays) {
            return Error{.code = ErrorCode::invalid_argument,
                         .message = fmt::format("a window over {} days is not within 1 and {}", count, kMostDays)};
        }
        const std::chrono::year_month_day date(first);
        return fmt::format("{}/{:04}-{:02}-{:02}", count, static_cast<int>(date.year()),
                           static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
    }

    /// FIRMS refuses with any status, 200 as well: only a table is an answer.
    static Result<Response> checked(streaming::HttpResponse answer, std::string_view url) {
        std::string refusal;
        try {
            const firms::Table table(answer.body);
        } catch (const streaming::PermanentError& problem) {
            refusal = problem.what();
        }
        if (is_success(answer) && refusal.empty()) {
            return Response{.status = answer.status, .body = std::move(answer.body)};
        }
        Error failure = failure_of(answer, url, refusal);
        if (answer.body.find("MAP_KEY") != std::string::npos) {
            failure.code = ErrorCode::not_authorized;
            failure.retryable = false;
        } else if (answer.body.find("transaction limit") != std::string::npos) {
            failure.code = ErrorCode::unavailable; // the transactions come back within 10 minutes
            failure.retryable = true;
        }
        return failure;
    }

    Options options_;
};

std::string map_key(const streaming::CustomParams& params) {
    std::string key = params.secret("map_key", "FIRMS_MAP_KEY");
    if (!std::ranges::all_of(key, [](unsigned char letter) { return std::isalnum(letter) != 0; })) {
        streaming::CustomParams::refuse_unseen("map_key", "(or the variable FIRMS_MAP_KEY) is not letters and digits");
    }
    return key;
}

void check_backfill(const streaming::IngestionOptions& ingestion) {
    if (ingestion.mode == streaming::IngestionKind::batch && !ingestion.backfill_from.empty() &&
        ingestion.backfill_window > std::chrono::hours(24 * (kMostDays - 1))) {
        throw std::invalid_argument(fmt::format(
            "ingestion.backfill_window_seconds: {} is more than {}: FIRMS gives {} days (in UTC) at a time, "
            "and a window may begin within one",
            ingestion.backfill_window.count(), 24 * 3600 * (kMostDays - 1), kMostDays));
    }
}

/// Rows come again with each poll for as long as their day is asked for.
void check_memory(std::chrono::seconds ttl, long day_range) {
    const std::chrono::days lookback(day_range);
    if (ttl < lookback) {
        throw std::invalid_argument(fmt::format(
            "deduplication.ttl_seconds: {} is less than the {} of custom_params.day_range {}: rows would be sent twice",
            ttl.count(), std::chrono::seconds(lookback).count(), day_range));
    }
}

} // namespace

Result<streaming::SourceParts> make_nasa_firms(const streaming::SourceTypes::Request& request) {
    const streaming::CustomParams params(request.settings.custom_params);
    params.only({{"map_key", "product", "area", "day_range"}});
    check_backfill(request.settings.ingestion);
    const std::string product = params.text("product", "VIIRS_SNPP_NRT");
    if (std::ranges::find(firms::kProducts, product) == firms::kProducts.end()) {
        params.refuse("product", fmt::format("one of {}", fmt::join(firms::kProducts, ", ")));
    }
    const auto area = box_of(params, "area");
    FirmsConnector::Options options{
        .base = streaming::base_url_of(request, "https://firms.modaps.eosdis.nasa.gov") + "/api/area/csv/" +
                map_key(params) + "/" + product,
        .place = area ? to_string(*area) : "world",
        // The first of the days is the current one in UTC, and rows come hours late: one day would lose them.
        .day_range = params.whole_number("day_range", 2, 2, kMostDays),
        .timeout = request.settings.timeout};
    check_memory(request.settings.deduplication.ttl, options.day_range);
    return streaming::SourceParts{.connector = std::make_unique<FirmsConnector>(std::move(options)),
                                  .handler = firms::record_detections};
}

} // namespace services::ingest
