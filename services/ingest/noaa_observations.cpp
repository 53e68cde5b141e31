#include "services/ingest/noaa_observations.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "services/contested.hpp"
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

/// The good ones of an answer, and what they say of which station and time.
struct Read {
    std::vector<const nlohmann::json*> features{};
    std::vector<Observation> observations{};
    std::vector<Told> told{};
};

void record(Read read, const std::vector<std::string>& kept, streaming::SourceContext& context) {
    const std::vector<std::size_t> counting = counting_rows(read.told);
    for (std::size_t i = 0; i < counting.size(); ++i) {
        const auto& [natural_key, content] = read.told[i];
        if (counting[i] != i) {
            context.reject(streaming::json_text(*read.features[i]),
                           "timestamp: the answer has another observation of this station and time, which counts");
            continue;
        }
        Observation& observation = read.observations[i];
        keep_only(observation, kept);
        context.emit_revisable(natural_key, observation.station, observation, content,
                               [](const Observation& again, const streaming::Revision& revision) {
                                   return weather::ObservationRevised{again, revision.number, revision.previous};
                               });
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

streaming::SourceHandler observations_handler(const std::vector<std::string>& kept, streaming::TimeGate gate) {
    return [kept, gate](const streaming::Response& answer, streaming::SourceContext& context) {
        const nlohmann::json features = weather::features(answer.body);
        Read read;
        for (const nlohmann::json& feature : features) {
            try {
                Observation observation = weather::to_observation(feature);
                const auto observed = streaming::parse_rfc3339(observation.observed_at).value();
                gate.check("timestamp", observed, context.now());
                context.payload_is_of(observed);
                read.told.push_back(
                    {.natural_key = natural_key(observation), .content = streaming::json_text(observation)});
                read.observations.push_back(std::move(observation));
                read.features.push_back(&feature);
            } catch (const std::exception& problem) {
                context.reject(streaming::json_text(feature), problem.what());
            }
        }
        record(std::move(read), kept, context);
    };
}

} // namespace services::ingest
