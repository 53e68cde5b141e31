#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "core/streaming/patterns/run_service.hpp"
#include "services/firms/detection.hpp"
#include "services/trading/events.hpp"
#include "services/weather/observation.hpp"

namespace services::demo {

/// What the other services' events add up to. Thread-safe: each kind comes from its own flow.
class Situation {
public:
    void see(const weather::Observation& observation);
    void see(const firms::Detection& detection);
    void see(const trading::PositionRecord& record);
    [[nodiscard]] std::string summary() const; ///< one line

private:
    mutable std::mutex mutex_{};
    std::map<std::string, double> temperatures_{};     ///< the last, by station
    std::map<std::string, std::size_t> fires_{};       ///< by tile
    std::map<std::int64_t, std::int64_t> positions_{}; ///< by instrument
};

/// A service that looks at what the others send: weather, fires and positions. Its groups are
/// {group_id_prefix}.situation.*.
void wire_situation(streaming::StreamServiceBuilder& service, const std::shared_ptr<Situation>& situation);

} // namespace services::demo
