#include "services/weather/geojson.hpp"

#include <fmt/format.h>
#include <cmath>
#include <stdexcept>

#include "core/streaming/patterns/run_service.hpp"
#include "services/shown.hpp"
#include "services/weather/members.hpp"
#include "services/weather/plausible.hpp"

namespace services::weather {

Features read_features(std::string_view body) {
    // Checked before parsing: printing a rejected feature recurses once for each level.
    if (streaming::nests_deeper_than(body, streaming::kMaxJsonDepth)) {
        throw streaming::PermanentError("the answer nests deeper than " + std::to_string(streaming::kMaxJsonDepth) +
                                        " levels");
    }
    nlohmann::json document = nlohmann::json::parse(body, nullptr, false);
    const std::string type = document.is_object() && document.contains("type") && document["type"].is_string()
                                 ? document["type"].get<std::string>()
                                 : "";
    if (type == "Feature") {
        return {.list = nlohmann::json::array({std::move(document)})};
    }
    if (type != "FeatureCollection" || !document.contains("features") || !document["features"].is_array()) {
        throw streaming::PermanentError("the answer is neither a GeoJSON FeatureCollection nor a Feature");
    }
    std::string updated = text_of(document, "updated");
    if (const auto time = streaming::parse_rfc3339(updated); time) {
        updated.clear();
        streaming::append_rfc3339(updated, time.value());
    } else {
        updated.clear();
    }
    const auto pages = document.find("pagination");
    // Null and "" are what servers write that have no next page to name.
    const nlohmann::json next =
        pages != document.end() && pages->is_object() ? pages->value("next", nlohmann::json()) : nlohmann::json();
    const bool more = !next.is_null() && next != "";
    return {.list = std::move(document["features"]),
            .complete = !more,
            .next = next.is_string() ? next.get<std::string>() : "",
            .updated = std::move(updated)};
}

nlohmann::json features(std::string_view body) { return read_features(body).list; }

std::optional<Place> point_of(const nlohmann::json& feature) {
    const auto geometry = feature.find("geometry");
    if (geometry == feature.end() || geometry->is_null()) {
        return std::nullopt;
    }
    const auto coordinates = // longitude first
        geometry->is_object() ? geometry->value("coordinates", nlohmann::json()) : nlohmann::json();
    if (!coordinates.is_array() || coordinates.size() < 2 || !coordinates[0].is_number() ||
        !coordinates[1].is_number()) {
        Members(feature, "feature")
            .refuse("geometry", R"(a point such as {"type":"Point","coordinates":[-86.75,33.57]})");
    }
    const Place place{.latitude = coordinates.at(1).get<double>(), .longitude = coordinates.at(0).get<double>()};
    if (!(std::abs(place.latitude) <= 90 && std::abs(place.longitude) <= 180)) {
        throw std::invalid_argument("geometry: " + shown_json(coordinates) + " is no place");
    }
    return place;
}

std::string last_part(const std::string& url, std::string_view property) {
    std::string part = url.substr(url.find_last_of('/') + 1);
    if (part.empty()) {
        throw std::invalid_argument(fmt::format("{}: {} names nothing", property, shown(url)));
    }
    return part;
}

std::string zone_of(const std::string& url, std::string_view property) {
    const std::string code = last_part(url, property);
    return last_part(url.substr(0, url.size() - code.size() - 1), property) + '/' + code;
}

std::string text_of(const nlohmann::json& properties, std::string_view name) {
    const auto found = properties.find(name);
    return found == properties.end() || !found->is_string() ? "" : found->get<std::string>();
}

std::string utc(const std::string& text, std::string_view property) {
    const auto time = plausible_time(text);
    if (!time) {
        throw std::invalid_argument(fmt::format("{}: {} is not {}", property, shown(text), kPlausibleTimes));
    }
    std::string written;
    streaming::append_rfc3339(written, *time);
    return written;
}

} // namespace services::weather
