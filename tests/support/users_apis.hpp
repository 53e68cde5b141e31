#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "core/streaming/infrastructure/http_server.hpp"

namespace tests {

inline constexpr auto kKey = "5ecretMapKey";

inline std::string observation(const std::string& station) {
    return nlohmann::json{
        {"type", "FeatureCollection"},
        {"features",
         {{{"type", "Feature"},
           {"properties",
            {{"station", "https://api.weather.gov/stations/" + station},
             {"timestamp", "2026-01-01T00:00:00+00:00"},
             {"temperature", {{"unitCode", "wmoUnit:degC"}, {"value", 13.9}, {"qualityControl", "V"}}}}}}}}}
        .dump();
}

/// Answers for all the APIs that tests/config/contract.yaml asks.
inline streaming::ServedResponse answer_as_users_apis(const streaming::ServedRequest& request) {
    if (request.path == "/stations") {
        return {.body = R"({"type":"FeatureCollection","features":[
            {"type":"Feature","properties":{"stationIdentifier":"KAAA"}},
            {"type":"Feature","properties":{"stationIdentifier":"KBBB"}}]})"};
    }
    if (request.path == "/stations/KAAA/observations" || request.path == "/stations/KBBB/observations") {
        return {.body = observation(request.path.substr(10, 4))};
    }
    if (request.path == "/alerts/active") {
        return {.body = R"({"type":"FeatureCollection","features":[{"type":"Feature","geometry":null,"properties":{
            "id":"urn:a","event":"Red Flag Warning","messageType":"Alert","sent":"2026-01-01T00:00:00+00:00",
            "effective":"2026-01-01T00:00:00+00:00","expires":"2096-01-01T00:00:00+00:00","affectedZones":[]}}]})"};
    }
    if (request.path == std::string("/api/area/csv/") + kKey + "/VIIRS_SNPP_NRT/world/2") {
        return {.body =
                    "latitude,longitude,bright_ti4,scan,track,acq_date,acq_time,satellite,instrument,confidence,"
                    "version,bright_ti5,frp,daynight\n"
                    "28.03833,96.14342,339.68,0.45,0.47,2026-01-01,614,N,VIIRS,n,2.0NRT,287.9,4.22,D"};
    }
    if (request.path == "/readings") {
        return {.body = R"([{"device_id":"d1","sequence":1,"t":1.5},{"device_id":"d2","sequence":1,"t":2.5}])"};
    }
    if (request.path == "/things") {
        return {.body = R"([{"id":"late"}])"};
    }
    return {.status = 404};
}

} // namespace tests
