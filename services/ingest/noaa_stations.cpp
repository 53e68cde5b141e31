#include "services/ingest/noaa_stations.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <cctype>
#include <utility>

#include "core/streaming/patterns/source_type.hpp"
#include "services/ingest/http_failure.hpp"
#include "services/weather/geojson.hpp"

namespace services::ingest {
namespace {

using nlohmann::json;
using streaming::Error;
using streaming::ErrorCode;
using streaming::Response;
using streaming::Result;

constexpr std::chrono::hours kStationsInterval{1}; // they hardly ever change

bool is_station(const std::string& name) {
    return !name.empty() && std::ranges::all_of(name, [](unsigned char letter) { return std::isalnum(letter) != 0; });
}

} // namespace

Result<std::optional<json>> StationsConnector::get(const Request& request, const std::string& path,
                                                   const std::string& what) const {
    const streaming::HttpRequest get{
        .url = options_.base + path, .headers = {{"Accept", "application/geo+json"}}, .timeout = options_.timeout};
    const auto answer = request.http.get(get, request.stop);
    Error failure;
    if (!answer) {
        failure = answer.error();
    } else if (answer.value().status == 404) {
        return std::optional<json>{};
    } else if (!is_success(answer.value())) {
        failure = failure_of(answer.value(), get.url);
    } else {
        try {
            return std::optional(weather::features(answer.value().body));
        } catch (const std::exception& problem) { // such as a page of the CDN
            failure = {.code = ErrorCode::malformed, .message = problem.what(), .retryable = true};
        }
    }
    failure.message = what + ": " + failure.message;
    return failure;
}

streaming::Status StationsConnector::learn_stations(const Request& request) {
    const auto now = clock_.now();
    if (!options_.stations.empty() || (learned_ && now - *learned_ < kStationsInterval)) {
        return {};
    }
    const std::string what = "stations of " + options_.state;
    const auto features =
        get(request, fmt::format("/stations?state={}&limit={}", options_.state, options_.most_stations), what);
    if (!features) {
        return stations_.empty() || features.error().code == ErrorCode::stopped ? streaming::Status(features.error())
                                                                                : streaming::Status();
    }
    std::vector<std::string> names;
    for (const json& feature : features.value().value_or(json::array())) {
        std::string name = feature.is_object()
                               ? streaming::scalar_text(streaming::value_at(feature, "/properties/stationIdentifier"))
                               : "";
        if (is_station(name) && names.size() < options_.most_stations) {
            names.push_back(std::move(name));
        }
    }
    if (names.empty()) {
        return Error{.code = ErrorCode::not_found, .message = what + ": there are none", .retryable = true};
    }
    stations_ = std::move(names);
    learned_ = now;
    return {};
}

Result<Response> StationsConnector::fetch(const Request& request) {
    if (auto learned = learn_stations(request); !learned) {
        return learned.error();
    }
    json all = json::array();
    const std::size_t count = std::min(options_.at_once, stations_.size());
    for (std::size_t i = 0; i < count; ++i) {
        const std::string& station = stations_[next_++ % stations_.size()];
        // The newest of the list: /observations/latest is another answer of the API, which may lag behind.
        auto features = get(request, "/stations/" + station + "/observations?limit=1", "station " + station);
        if (!features) {
            if (all.empty() || features.error().code == ErrorCode::stopped) {
                return features.error();
            }
            break; // the next fetch begins with the station after it
        }
        if (features.value()) {
            all.insert(all.end(), features.value()->begin(), features.value()->end());
        }
    }
    return Response{.body = streaming::json_text({{"type", "FeatureCollection"}, {"features", std::move(all)}})};
}

} // namespace services::ingest
