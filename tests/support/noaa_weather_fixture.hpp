#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "services/ingest/source_types.hpp"
#include "tests/support/source_handler_fixture.hpp"

namespace services::ingest {

using nlohmann::json;
using streaming::HttpResponse;

inline json quantity(const std::string& unit, const json& value) {
    return {{"unitCode", unit}, {"value", value}, {"qualityControl", "V"}};
}

inline json observation(const std::string& station, const json& more = json::object()) {
    json properties{{"station", "https://api.weather.gov/stations/" + station},
                    {"timestamp", "2024-02-20T15:53:00+00:00"},
                    {"temperature", quantity("wmoUnit:degC", 13.9)},
                    {"relativeHumidity", quantity("wmoUnit:percent", 50)},
                    {"windSpeed", quantity("wmoUnit:km_h-1", 8)}};
    properties.update(more);
    return {{"type", "Feature"}, {"properties", properties}};
}

inline std::string collection(const std::vector<json>& features) {
    return json{{"type", "FeatureCollection"}, {"features", features}}.dump();
}

inline constexpr auto kAlerts = "http://nws/alerts/active?status=actual";

inline json alert(const std::string& id, const std::string& headline = "Fire weather") {
    return {{"type", "Feature"},
            {"geometry", nullptr},
            {"properties",
             {{"id", id},
              {"event", "Red Flag Warning"},
              {"messageType", "Alert"},
              {"headline", headline},
              {"sent", "2026-01-01T00:00:00+00:00"},
              {"effective", "2026-01-01T00:00:00+00:00"},
              {"expires", "2026-01-02T00:00:00+00:00"},
              {"affectedZones", json::array()}}}};
}

class NoaaWeather : public SourceTypeFixture {
protected:
    NoaaWeather() {
        add_source_types(types_);
        settings_.source_type = "noaa_weather";
        endpoint_ = "http://nws/";
        source_ = "noaa";
    }
    static std::string observations_url(const std::string& station) {
        return "http://nws/stations/" + station + "/observations?limit=1";
    }
    void answer_state(const std::vector<std::string>& stations) {
        std::vector<json> features;
        for (const std::string& station : stations) {
            features.push_back({{"type", "Feature"}, {"properties", {{"stationIdentifier", station}}}});
            web_.answer(observations_url(station), collection({observation(station)}));
        }
        web_.answer("http://nws/stations?state=CA&limit=500", collection(features));
    }
    static std::string type_of(const SourceRow& row) {
        return row.rejected ? "rejected" : json::parse(row.payload).at("type").get<std::string>();
    }
    static std::vector<std::string> types_of(const std::vector<SourceRow>& rows) {
        std::vector<std::string> types;
        for (const SourceRow& row : rows) {
            types.push_back(type_of(row));
        }
        return types;
    }
};

} // namespace services::ingest
