#include <fmt/format.h>
#include <fmt/ranges.h>
#include <stdexcept>

#include "core/streaming/patterns/source_type.hpp"
#include "services/ingest/iot_mqtt.hpp"
#include "services/ingest/iot_reading.hpp"
#include "services/ingest/makers.hpp"

namespace services::ingest {

streaming::Result<streaming::SourceParts> make_iot_sensor(const streaming::SourceTypes::Request& request) {
    const streaming::CustomParams params(request.settings.custom_params);
    streaming::refuse_backfill(request);
    if (is_mqtt(request)) {
        return make_iot_mqtt(request);
    }
    params.only({{"url", "headers", "records", "device_id", "event_time", "event_time_format", "max_ahead_seconds",
                  "sequence"}});
    std::string url = streaming::url_of(request, params);
    if (url.empty()) {
        streaming::CustomParams::refuse_unseen("url",
                                               "must be given, here or as api_endpoints.iot_sensor: where the "
                                               "readings are");
    }
    return streaming::SourceParts{
        .connector = std::make_unique<streaming::HttpConnector>(
            streaming::HttpConnector::Options{.url = std::move(url),
                                              .headers = streaming::headers_of(params),
                                              .timeout = request.settings.timeout,
                                              .content = streaming::ExpectedContent::records}),
        .handler = [readings = IotReadings(params, request.clock)](const streaming::Response& answer,
                                                                   streaming::SourceContext& context) {
            readings.record_all(answer.body, {}, context);
        }};
}

} // namespace services::ingest
