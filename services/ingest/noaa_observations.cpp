#include "services/ingest/noaa_observations.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "services/weather/observation.hpp"

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

void record(Observation observation, const std::vector<std::string>& kept, streaming::SourceContext& context) {
    const std::string content = streaming::json_text(nlohmann::json(observation));
    keep_only(observation, kept);
    context.emit_revisable(natural_key(observation), observation.station, observation, content,
                           [](const Observation& again, const streaming::Revision& revision) {
                               return weather::ObservationRevised{again, revision.number, revision.previous};
                           });
}

} // namespace

std::vector<std::string_view> data_types() {
    std::vector<std::string_view> names;
    for (const DataType& type : kDataTypes) {
        names.push_back(type.name);
    }
    return names;
}

streaming::SourceHandler observations_handler(const std::vector<std::string>& kept, streaming::TimeGate gate) {
    return [kept, gate](const streaming::Response& answer, streaming::SourceContext& context) {
        for (const nlohmann::json& feature : weather::features(answer.body)) {
            try {
                weather::Observation observation = weather::to_observation(feature);
                const auto observed = streaming::parse_rfc3339(observation.observed_at).value();
                gate.check("timestamp", observed, context.now());
                context.payload_is_of(observed);
                record(std::move(observation), kept, context);
            } catch (const std::exception& problem) {
                context.reject(feature.dump(), problem.what());
            }
        }
    };
}

} // namespace services::ingest
