#pragma once

#include <chrono>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "core/streaming/patterns/source_type.hpp"

namespace services::ingest {

/// Asks api.weather.gov for one GeoJSON document.
struct NwsApi {
    std::string base{}; ///< without its last slash
    std::chrono::milliseconds timeout{};

    /// Any object in JSON. An error names `what`, host, status and what the API calls it, with the correlation id that
    /// its people ask for. A place that it does not know (InvalidPoint) is an invalid_argument: it must be configured
    /// otherwise. A page of the CDN (403 as well: it blocks for some seconds) is retryable.
    [[nodiscard]] streaming::Result<nlohmann::json> get(const streaming::Connector::Request& request,
                                                        const std::string& path, const std::string& what) const;
};

} // namespace services::ingest
