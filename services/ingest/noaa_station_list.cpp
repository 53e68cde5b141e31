#include "services/ingest/noaa_station_list.hpp"

#include <nlohmann/json.hpp>

#include "services/weather/geojson.hpp"
#include "services/weather/station.hpp"

namespace services::ingest {

void record_stations(const streaming::Response& answer, streaming::SourceContext& context) {
    for (const nlohmann::json& feature : weather::features(answer.body)) {
        try {
            const weather::Station station = weather::to_station(feature);
            context.emit(station.station + '|' + streaming::json_content_hash(nlohmann::json(station)), station.station,
                         station);
        } catch (const std::exception& problem) {
            context.reject(streaming::json_text(feature), problem.what());
        }
    }
}

} // namespace services::ingest
