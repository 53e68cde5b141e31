#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/streaming/patterns/source_type.hpp"

namespace services::ingest {

/// Readings of sensors become events `iot.reading.recorded`, known by device and time or sequence; without either,
/// equal readings of one minute count as one. Thread-safe.
class IotReadings {
public:
    /// Reads where a reading says what: records, device_id, event_time, sequence. Borrows the clock.
    IotReadings(const streaming::CustomParams& params, streaming::Clock& clock);

    /// The readings of a body in JSON; those that name no device, or are no objects, are rejected. `device` = whose
    /// they are, when that is known otherwise: it is put into those that do not name one, and a bare value is a reading
    /// too. Throws PermanentError when the body is no JSON.
    void record_all(std::string_view body, const std::optional<std::string>& device,
                    streaming::SourceContext& context) const;

private:
    void record(const nlohmann::json& reading, const std::string& device, streaming::SourceContext& context) const;
    [[nodiscard]] std::string natural_key(const nlohmann::json& reading, const std::string& device) const;

    /// The first that is there counts.
    std::vector<std::string> device_{"device_id", "deviceId", "sensor_id", "sensorId", "device", "sensor", "id"};
    std::vector<std::string> time_{"timestamp", "time", "observed_at", "recorded_at", "ts"};
    std::vector<std::string> sequence_{"sequence", "sequence_number", "seq"};
    std::string records_{};
    streaming::Clock& clock_;
};

} // namespace services::ingest
