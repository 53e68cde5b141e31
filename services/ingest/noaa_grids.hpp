#pragma once

#include <chrono>
#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "services/ingest/nws_api.hpp"

namespace services::ingest {

/// Fetches the forecasts of cells of the NWS's grid, a few with each fetch, all of them in turn: one answer is a
/// FeatureCollection of what the API said, each feature with the member `grid`. A point is asked for its cell once a
/// day. When a place fails, what came before it is the answer; when nothing did, its failure is. Borrows the clock.
class GridsConnector final : public streaming::Connector {
public:
    struct Options {
        streaming::ConnectorApiClient api;
        std::string product{};             ///< behind the cell's path: empty, /forecast, /forecast/hourly
        std::vector<std::string> points{}; ///< such as 42.745,-73.752
        std::vector<std::string> grids{};  ///< such as LZK/83,73
        std::size_t at_once = 10;          ///< places asked by one fetch, at least 1
    };
    GridsConnector(const Options& options, streaming::Clock& clock);

    streaming::Result<streaming::Response> fetch(const Request& request) override;

private:
    struct Place {
        std::string point{};                         ///< empty = the cell was configured
        std::string grid{};                          ///< empty = not known yet
        streaming::Clock::steady_time asked_again{}; ///< of which cell it is
    };
    /// Null = it is what it was. Failures name `what`.
    [[nodiscard]] streaming::Result<nlohmann::json> get(const Request& request, const std::string& path,
                                                        const std::string& what) const;
    [[nodiscard]] streaming::Result<nlohmann::json> forecast_of(Place& place, const Request& request);
    streaming::Status learn_grid(Place& place, const Request& request);

    streaming::ConnectorApiClient api_;
    std::string product_;
    std::size_t at_once_;
    streaming::Clock& clock_;
    std::vector<Place> places_{};
    std::size_t next_ = 0; ///< position in places_
};

} // namespace services::ingest
