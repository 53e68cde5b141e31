#pragma once

#include <chrono>
#include <string>

#include "core/streaming/patterns/source_type.hpp"

namespace services::ingest {

/// Fetches tables of NASA FIRMS: of the area API, or a rolling file. The key is part of the URL's path: no message
/// holds the URL.
class FirmsConnector final : public streaming::Connector {
public:
    static constexpr long kMostDays = 5; ///< the API's limit for one call

    struct Options {
        std::string url{};  ///< of what is new
        std::string past{}; ///< of the past, up to the number of days; empty = there is none
        std::chrono::milliseconds timeout{};
    };
    explicit FirmsConnector(Options options) : options_(std::move(options)) {}

    streaming::Result<streaming::Response> fetch(const Request& request) override;

private:
    Options options_;
};

} // namespace services::ingest
