#include "services/ingest/source_types.hpp"

#include "core/streaming/patterns/source_type.hpp"
#include "services/ingest/makers.hpp"

namespace services::ingest {

void add_source_types(streaming::SourceTypes& types) {
    streaming::add_standard_source_types(types);
    types.add("iot_sensor", make_iot_sensor);
    types.add("nasa_firms", make_nasa_firms);
    types.add("noaa_weather", make_noaa_weather);
    types.add("purpleair", make_purpleair);
}

streaming::SourceTypes source_types() {
    streaming::SourceTypes types;
    add_source_types(types);
    return types;
}

} // namespace services::ingest
