#pragma once

#include <chrono>
#include <map>
#include <string>

#include "core/streaming/patterns/run_service.hpp"
#include "core/streaming/patterns/source_type.hpp"

namespace services::ingest {

/// A source of one of our types in a service that is told by flags what to fetch.
struct FlagSource {
    std::string name{};              ///< of the source
    std::string type{};              ///< as a configuration calls it: nasa_firms
    std::string topic{};             ///< where the events go
    std::string url{};               ///< base URL of the API; empty = the type's own
    std::chrono::seconds interval{}; ///< between two polls
    streaming::CustomParams::Map params{};
    std::map<std::string, std::string> flags{}; ///< parameter -> flag that it came from: what is wrong names the flag
};

/// Throws ConfigError when the source cannot be.
void add_source(streaming::StreamServiceBuilder& service, FlagSource source);

} // namespace services::ingest
