#include "services/ingest/noaa_stations.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <cctype>
#include <utility>

#include "core/streaming/patterns/source_type.hpp"
#include "services/ingest/nws_api.hpp"
#include "services/weather/geojson.hpp"

namespace services::ingest {
namespace {

using nlohmann::json;
using streaming::Error;
using streaming::ErrorCode;
using streaming::Response;
using streaming::Result;

constexpr std::chrono::hours kStationsInterval{1}; // they hardly ever change
constexpr std::size_t kPage = 500;
constexpr std::size_t kMostPages = 20;

bool is_station(const std::string& name) {
    return !name.empty() && std::ranges::all_of(name, [](unsigned char letter) { return std::isalnum(letter) != 0; });
}

/// A 404, whatever the status of the answer.
bool is_not_found(const streaming::HttpResponse& answer) {
    streaming::AnswerRules rules = nws_rules("");
    rules.not_found = streaming::AnswerClass::empty;
    return streaming::classify(answer, rules).answer == streaming::AnswerClass::empty;
}

/// Nothing when the answer is a 404. Failures name `what`.
Result<weather::Features> features_of(const streaming::Connector::Request& request,
                                      const Result<streaming::HttpResponse>& answer, const std::string& url,
                                      const std::string& what) {
    const auto about = [&what](Error failure) {
        failure.message.insert(0, what + ": ");
        return failure;
    };
    if (!answer) {
        return about(answer.error());
    }
    const auto found = streaming::classify(answer.value(), nws_rules(""));
    if (!found.good() && is_not_found(answer.value())) {
        return weather::Features{};
    }
    if (request.api != nullptr) {
        request.api->note_class(found.answer);
    }
    if (!found.good()) {
        return about(streaming::error_of(found, streaming::host_of(url)));
    }
    try {
        return weather::read_features(answer.value().body);
    } catch (const std::exception& problem) {
        return about({.code = ErrorCode::malformed, .message = problem.what(), .retryable = true});
    }
}

} // namespace

streaming::HttpRequest StationsConnector::get_of(const std::string& path) const {
    return {.url = options_.base + path, .headers = {{"Accept", "application/geo+json"}}, .timeout = options_.timeout};
}

Result<std::vector<std::string>> StationsConnector::stations_of_state(const Request& request) const {
    const std::string what = "stations of " + options_.state;
    const std::size_t most = options_.most_stations;
    const auto first = get_of(fmt::format("/stations?state={}&limit={}", options_.state, std::min(most, kPage)));
    std::vector<std::string> names;
    const auto read = streaming::for_each_page(request, first, kMostPages, [&](const streaming::HttpResponse& page) {
        const auto features = features_of(request, page, first.url, what);
        if (!features) {
            return Result<std::string>(features.error());
        }
        for (const json& feature : features.value().list) {
            std::string name =
                feature.is_object()
                    ? streaming::scalar_text(streaming::value_at(feature, "/properties/stationIdentifier"))
                    : "";
            if (is_station(name) && names.size() < most) {
                names.push_back(std::move(name));
            }
        }
        // The page behind the last is empty, and names another one.
        const bool more = names.size() < most && !features.value().list.empty();
        return Result<std::string>(more ? features.value().next : "");
    });
    if (!read) {
        Error failure = read.error();
        if (!failure.message.starts_with(what)) {
            failure.message = what + ": " + failure.message;
        }
        return failure;
    }
    if (names.empty()) {
        return Error{.code = ErrorCode::not_found, .message = what + ": there are none", .retryable = true};
    }
    return names;
}

streaming::Status StationsConnector::learn_stations(const Request& request) {
    const auto now = clock_.now();
    if (!options_.stations.empty() || (learned_ && now - *learned_ < kStationsInterval)) {
        return {};
    }
    auto names = stations_of_state(request);
    if (!names) {
        const bool none = names.error().code == ErrorCode::not_found;
        return none || stations_.empty() || names.error().code == ErrorCode::stopped ? streaming::Status(names.error())
                                                                                     : streaming::Status();
    }
    stations_ = std::move(names).value();
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
        const auto get = get_of("/stations/" + station + "/observations?limit=1");
        const auto features = features_of(request, request.http.get(get, request.stop), get.url, "station " + station);
        if (!features) {
            if (all.empty() || features.error().code == ErrorCode::stopped) {
                return features.error();
            }
            break; // the next fetch begins with the station after it
        }
        all.insert(all.end(), features.value().list.begin(), features.value().list.end());
    }
    return Response{.body = streaming::json_text({{"type", "FeatureCollection"}, {"features", std::move(all)}})};
}

} // namespace services::ingest
