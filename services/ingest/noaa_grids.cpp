#include "services/ingest/noaa_grids.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "services/weather/forecast.hpp"

namespace services::ingest {
namespace {

using nlohmann::json;
using streaming::Error;
using streaming::ErrorCode;
using streaming::Response;
using streaming::Result;

constexpr std::chrono::hours kGridInterval{24}; // the NWS moves its grid once in years

} // namespace

GridsConnector::GridsConnector(const Options& options, streaming::Clock& clock)
    : api_(options.api), product_(options.product), at_once_(options.at_once), clock_(clock) {
    for (const std::string& point : options.points) {
        places_.push_back({.point = point});
    }
    for (const std::string& grid : options.grids) {
        places_.push_back({.grid = grid});
    }
}

Result<json> GridsConnector::get(const Request& request, const std::string& path, const std::string& what) const {
    auto answer = api_.get(request, {.path = path});
    if (!answer) {
        Error failure = answer.error();
        failure.message = what + ": " + failure.message;
        return failure;
    }
    const std::string& body = answer.value().body;
    if (answer.value().status == Response::kNothing) {
        return json();
    }
    json document = streaming::nests_deeper_than(body, streaming::kMaxJsonDepth) ? json(json::value_t::discarded)
                                                                                 : json::parse(body, nullptr, false);
    if (!document.is_object()) {
        return Error{.code = ErrorCode::malformed, .message = what + ": the answer is no JSON object"};
    }
    return document;
}

streaming::Status GridsConnector::learn_grid(Place& place, const Request& request) {
    if (place.point.empty() || (!place.grid.empty() && clock_.now() < place.asked_again)) {
        return {};
    }
    const std::string what = "point " + place.point;
    const auto point = get(request, "/points/" + place.point, what);
    if (!point) {
        const bool gone = point.error().code == ErrorCode::invalid_argument;
        return place.grid.empty() || gone ? streaming::Status(point.error()) : streaming::Status();
    }
    std::string grid = point.value().is_null() ? place.grid : weather::grid_of(point.value());
    if (grid.empty()) {
        return Error{.code = ErrorCode::malformed, .message = what + ": the answer names no grid", .retryable = true};
    }
    place.grid = std::move(grid);
    place.asked_again = clock_.now() + kGridInterval;
    return {};
}

Result<json> GridsConnector::forecast_of(Place& place, const Request& request) {
    if (auto learned = learn_grid(place, request); !learned) {
        return learned.error();
    }
    auto feature = get(request, "/gridpoints/" + place.grid + product_, "grid " + place.grid);
    if (feature && !feature.value().is_null()) {
        if (const auto properties = feature.value().find("properties");
            properties == feature.value().end() || !properties->is_object()) {
            return Error{.code = ErrorCode::malformed,
                         .message = "grid " + place.grid + ": the answer is no forecast: it has no properties"};
        }
        feature.value()["grid"] = place.grid;
    }
    if (!feature && !place.point.empty() && feature.error().code == ErrorCode::invalid_argument) {
        place.asked_again = {}; // another cell may be the point's now
        Error failure = feature.error();
        failure.code = ErrorCode::not_found;
        failure.retryable = true;
        return failure;
    }
    return feature;
}

Result<Response> GridsConnector::fetch(const Request& request) {
    json all = json::array();
    const std::size_t count = std::min(at_once_, places_.size());
    for (std::size_t i = 0; i < count; ++i) {
        auto feature = forecast_of(places_[next_++ % places_.size()], request);
        if (!feature) {
            const Error& failure = feature.error();
            if (i == 0 || failure.code == ErrorCode::stopped || failure.code == ErrorCode::invalid_argument) {
                return failure;
            }
            break; // the next fetch begins with the place after it
        }
        if (!feature.value().is_null()) {
            all.push_back(std::move(feature).value());
        }
    }
    if (all.empty()) {
        return Response{.status = Response::kNothing};
    }
    return Response{.body = streaming::json_text({{"type", "FeatureCollection"}, {"features", std::move(all)}})};
}

} // namespace services::ingest
