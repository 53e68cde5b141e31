#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "services/weather/observation.hpp"

namespace services::weather {

/// Which observations are on the topic, and with which content: tells a revised one from a repeated one.
/// It learns from the topic itself, so it is the same after a restart, and what was not delivered is not in it.
/// Remembers the newest few of each station. Thread-safe: a consumer flow writes, sources read.
class ObservationLedger {
public:
    void learn(const Observation& observation, unsigned revision = 0);

    struct Entry {
        unsigned revision = 0;
        std::string content{}; ///< content_hash
    };
    [[nodiscard]] std::optional<Entry> find(const Observation& observation) const;

private:
    static constexpr std::size_t kOfAStation = 8; // answers go back in time by one or two

    mutable std::mutex entries_mutex_{};
    std::unordered_map<std::string, std::map<std::string, Entry>> entries_{}; ///< by station, then time
};

/// Of what an observation says, without what came of reading it twice.
[[nodiscard]] std::string content_of(const Observation& observation);

} // namespace services::weather
