#pragma once

#include <chrono>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "core/streaming/patterns/source_type.hpp"

namespace services::ingest {

/// Fetches the latest observations of NWS stations, a few stations with each fetch, all of them in turn: one answer is
/// a FeatureCollection of what these stations said. A station without observations (404) is left out. When a station
/// fails, what came before it is the answer; when nothing did, its failure is. Borrows the clock.
class StationsConnector final : public streaming::Connector {
public:
    struct Options {
        std::string base{};                  ///< of the API
        std::vector<std::string> stations{}; ///< empty = those of the state
        std::string state{};                 ///< such as CA; its list is fetched and kept for an hour
        std::size_t most_stations = 500;     ///< of the state, 1-5000; the API gives 500 a page
        std::size_t at_once = 10;            ///< stations asked by one fetch, at least 1
        std::chrono::milliseconds timeout{}; ///< of one request
    };
    StationsConnector(Options options, streaming::Clock& clock)
        : options_(std::move(options)), clock_(clock), stations_(options_.stations) {}

    streaming::Result<streaming::Response> fetch(const Request& request) override;

private:
    /// Asks for the stations of the state when it is time to. An old list is better than none.
    streaming::Status learn_stations(const Request& request);
    /// Names of the stations of the state, page by page.
    streaming::Result<std::vector<std::string>> stations_of_state(const Request& request) const;
    [[nodiscard]] streaming::HttpRequest get_of(const std::string& path) const;

    Options options_;
    streaming::Clock& clock_;
    std::vector<std::string> stations_;
    std::optional<streaming::Clock::steady_time> learned_{};
    std::size_t next_ = 0; ///< position in stations_
};

} // namespace services::ingest
