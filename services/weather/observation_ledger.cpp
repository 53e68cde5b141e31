#include "services/weather/observation_ledger.hpp"

namespace services::weather {

std::string content_of(const Observation& observation) { return content_hash(nlohmann::json(observation)); }

void ObservationLedger::learn(const Observation& observation, unsigned revision) {
    Entry entry{.revision = revision, .content = content_of(observation)};
    const std::lock_guard lock(entries_mutex_);
    auto& station = entries_[observation.station];
    Entry& known = station[observation.observed_at]; // RFC 3339 of one form: the order of text is that of time
    if (known.content.empty() || revision >= known.revision) {
        known = std::move(entry);
    }
    if (station.size() > kOfAStation) {
        station.erase(station.begin());
    }
}

std::optional<ObservationLedger::Entry> ObservationLedger::find(const Observation& observation) const {
    const std::lock_guard lock(entries_mutex_);
    const auto station = entries_.find(observation.station);
    if (station == entries_.end()) {
        return std::nullopt;
    }
    const auto known = station->second.find(observation.observed_at);
    return known == station->second.end() ? std::nullopt : std::optional(known->second);
}

} // namespace services::weather
