#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "services/ingest/noaa_forecasts.hpp"
#include "services/ingest/source_types.hpp"
#include "tests/support/source_handler_fixture.hpp"

namespace services::ingest {

using nlohmann::json;
using streaming::HttpResponse;

constexpr auto kUpdated = "2024-02-20T17:36:55+00:00";

inline HttpResponse problem_of(const std::string& type, int status) {
    const json body{
        {"type", "https://api.weather.gov/problems/" + type}, {"status", status}, {"correlationId", "74f9abae"}};
    return {.status = status, .headers = {{"content-type", "application/problem+json"}}, .body = body.dump()};
}

inline json layer_value(const json& value, const std::string& when = "2024-02-20T11:00:00+00:00/PT1H") {
    return {{"validTime", when}, {"value", value}};
}

inline json gridpoint(const json& layers = json::object(), const json& x = 83) {
    json properties{{"gridId", "LZK"}, {"gridX", x}, {"gridY", 73}, {"updateTime", kUpdated}};
    properties.update(layers);
    return {{"type", "Feature"}, {"geometry", nullptr}, {"properties", properties}};
}

inline json temperatures(int count, const std::string& uom = "wmoUnit:degC") {
    json values = json::array();
    for (int i = 0; i < count; ++i) {
        values.push_back(layer_value(i, "2024-02-" + std::to_string(10 + i / 24) + "T" + (i % 24 < 10 ? "0" : "") +
                                            std::to_string(i % 24) + ":00:00+00:00/PT1H"));
    }
    return {{"temperature", {{"uom", uom}, {"values", values}}}};
}

inline json period(const json& more = json::object()) {
    json period{{"name", "Tonight"},
                {"startTime", "2024-02-23T18:00:00-06:00"},
                {"endTime", "2024-02-24T06:00:00-06:00"},
                {"isDaytime", false},
                {"temperature", 50},
                {"temperatureUnit", "F"},
                {"probabilityOfPrecipitation", {{"unitCode", "wmoUnit:percent"}, {"value", nullptr}}},
                {"windSpeed", "10 to 15 mph"},
                {"windDirection", "NW"}};
    period.update(more);
    return period;
}

/// Each a day behind the one before.
inline json periods(json list) {
    for (std::size_t i = 1; i < list.size(); ++i) {
        if (list[i].is_object()) {
            const std::string day = std::to_string(23 + i);
            list[i]["startTime"] = "2024-02-" + day + "T18:00:00-06:00";
            list[i]["endTime"] = "2024-02-" + day + "T23:00:00-06:00";
        }
    }
    return {{"type", "Feature"}, {"properties", {{"updateTime", kUpdated}, {"periods", list}}}};
}

class NoaaForecast : public SourceTypeFixture {
protected:
    NoaaForecast() {
        add_source_types(types_);
        settings_.source_type = "noaa_weather";
        endpoint_ = "http://nws/";
        source_ = "forecasts";
    }
    /// What becomes of one answer, by itself.
    std::vector<SourceRow> rows_of(const json& feature, const std::string& grid = "") {
        return handle(forecasts_handler(grid), {.body = feature.dump()});
    }
    static json data_of(const SourceRow& row) { return json::parse(row.payload).at("data"); }
};

} // namespace services::ingest
