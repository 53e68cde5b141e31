#pragma once

#include <chrono>
#include <string>
#include <utility>

#include "core/streaming/patterns/source_type.hpp"

namespace services::ingest {

/// What answers of api.weather.gov look like: JSON; `member` is the list that each of them has, empty = there is none.
[[nodiscard]] streaming::AnswerRules nws_rules(std::string member);

/// Asks api.weather.gov for GeoJSON. `base` without its last slash.
[[nodiscard]] streaming::ConnectorApiClient nws_api(std::string base, std::string member,
                                                    std::chrono::milliseconds timeout);

/// Fetches the FeatureCollection at one path.
class NwsConnector final : public streaming::Connector {
public:
    NwsConnector(streaming::ConnectorApiClient api, std::string path) : api_(std::move(api)), path_(std::move(path)) {}

    streaming::Result<streaming::Response> fetch(const Request& request) override {
        return api_.get(request, {.path = path_});
    }

private:
    streaming::ConnectorApiClient api_;
    std::string path_;
};

} // namespace services::ingest
