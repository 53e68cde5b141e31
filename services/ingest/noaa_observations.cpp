#include "services/ingest/noaa_observations.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <optional>

#include "services/weather/observation_ledger.hpp"

namespace services::ingest {
namespace {

using weather::Observation;

struct DataType {
    std::string_view name;
    const char* field; ///< in the event
    std::optional<double> Observation::*member;
};
constexpr std::array kDataTypes{
    DataType{"temperature", "temperature_c", &Observation::temperature_c},
    DataType{"dewpoint", "dewpoint_c", &Observation::dewpoint_c},
    DataType{"humidity", "humidity_percent", &Observation::humidity_percent},
    DataType{"wind_speed", "wind_speed_kmh", &Observation::wind_speed_kmh},
    DataType{"wind_gust", "wind_gust_kmh", &Observation::wind_gust_kmh},
    DataType{"wind_direction", "wind_direction_deg", &Observation::wind_direction_deg},
    DataType{"pressure", "pressure_pa", &Observation::pressure_pa},
    DataType{"visibility", "visibility_m", &Observation::visibility_m},
    DataType{"precipitation", "precipitation_mm", &Observation::precipitation_mm},
};

/// What the newest few observations of each station said. Unlike ObservationLedger it learns from what was read, not
/// from what is on the topic: so what is known is said again each time it is read, under the same id, and goes out if
/// it had not.
class Read {
public:
    struct Entry {
        unsigned revision = 0;
        std::string content{};
        std::string revises{}; ///< content before
    };
    const Entry& add(const Observation& observation) {
        const std::string content = weather::content_of(observation);
        auto& station = stations_[observation.station];
        auto [found, is_new] = station.try_emplace(observation.observed_at, Entry{.content = content});
        Entry& entry = found->second;
        if (entry.content != content) {
            entry = {.revision = entry.revision + 1, .content = content, .revises = entry.content};
        }
        last_ = entry;
        if (station.size() > kOfAStation) {
            station.erase(station.begin()); // may be this one: an answer far behind
        }
        return last_;
    }

private:
    static constexpr std::size_t kOfAStation = 8; // answers go back in time by one or two

    std::map<std::string, std::map<std::string, Entry>> stations_{}; ///< by station, then time
    Entry last_{};
};

void keep_only(Observation& observation, const std::vector<std::string>& kept) {
    if (kept.empty()) {
        return;
    }
    for (const DataType& type : kDataTypes) {
        if (std::ranges::find(kept, type.name) == kept.end()) {
            (observation.*type.member).reset();
            observation.quality.erase(type.field);
        }
    }
}

void record(Observation observation, Read& read, const std::vector<std::string>& kept,
            streaming::SourceContext& context) {
    const Read::Entry& entry = read.add(observation);
    const std::string key = natural_key(observation);
    keep_only(observation, kept);
    if (entry.revision == 0) {
        context.emit(key, observation.station, observation);
    } else {
        context.emit(fmt::format("{}|{}|{}", key, entry.revision, entry.content), observation.station,
                     weather::ObservationRevised{observation, entry.revision, entry.revises});
    }
}

} // namespace

std::vector<std::string_view> data_types() {
    std::vector<std::string_view> names;
    for (const DataType& type : kDataTypes) {
        names.push_back(type.name);
    }
    return names;
}

streaming::SourceHandler observations_handler(const std::vector<std::string>& kept) {
    return
        [kept, read = std::make_shared<Read>()](const streaming::Response& answer, streaming::SourceContext& context) {
            for (const nlohmann::json& feature : weather::features(answer.body)) {
                try {
                    record(weather::to_observation(feature), *read, kept, context);
                } catch (const std::exception& problem) {
                    context.reject(feature.dump(), problem.what());
                }
            }
        };
}

} // namespace services::ingest
