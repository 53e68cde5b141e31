#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "core/streaming/patterns/source_type.hpp"

namespace services::ingest {

/// Fetches tables of NASA FIRMS: of the area API, or a rolling file. The key is part of the URL's path: no message
/// holds the URL. FIRMS refuses with any status, 200 as well: only a table is an answer.
class FirmsConnector final : public streaming::Connector {
public:
    static constexpr long kMostDays = 5;    ///< the API's limit for one call
    static constexpr long kMostWindow = 32; ///< days of the past in one fetch: several calls, one table

    struct Options {
        std::string base{};    ///< URL of the API
        std::string map_key{}; ///< stands where a path says {key}
        std::string path{};    ///< of what is new
        std::string past{};    ///< of the past, up to the number of days; empty = there is none
        std::size_t days = 1;  ///< that `path` asks for
        std::size_t cost = 1;  ///< of a call, for each of its days: how many transactions it may count as
        std::chrono::milliseconds timeout{};
    };
    explicit FirmsConnector(Options options);

    streaming::Result<streaming::Response> fetch(const Request& request) override;

private:
    [[nodiscard]] streaming::Result<streaming::Response> table(const Request& request,
                                                               const streaming::ConnectorApiClient::Get& get) const;
    [[nodiscard]] streaming::Result<streaming::Response> past(const Request& request) const;

    streaming::ConnectorApiClient api_;
    streaming::ConnectorApiClient::Get new_;
    std::string past_;
    std::size_t cost_;
};

} // namespace services::ingest
