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
    /// Reads where a reading says what: records, device_id, event_time (and event_time_format, max_ahead_seconds),
    /// sequence. Borrows the clock.
    IotReadings(const streaming::CustomParams& params, streaming::Clock& clock);

    /// The readings of a body in JSON; those that name no device, or are no objects, are rejected, and so are those
    /// whose device, time or sequence is something else: many readings would count as one. `device` = whose
    /// they are, when that is known otherwise: it is put into those that do not name one, and a bare value is a reading
    /// too. Throws PermanentError when the body is no JSON.
    void record_all(std::string_view body, const std::optional<std::string>& device,
                    streaming::SourceContext& context) const;

private:
    struct Places {
        std::vector<std::string> names{}; ///< the first that is there counts
        bool configured = false;
    };
    /// A time: RFC 3339, a date and a time, a date, or a number above 0; or of the form that is configured. Throws
    /// std::invalid_argument.
    void check_time(const std::string& text) const;
    [[nodiscard]] std::string time_of(const nlohmann::json& reading, const std::string& sequence) const;
    void record(const nlohmann::json& reading, const std::string& device, streaming::SourceContext& context) const;
    [[nodiscard]] std::string natural_key(const nlohmann::json& reading, const std::string& device) const;

    Places device_{.names = {"device_id", "deviceId", "sensor_id", "sensorId", "device", "sensor", "id"}};
    Places time_{.names = {"timestamp", "time", "observed_at", "recorded_at", "ts"}};
    Places sequence_{.names = {"sequence", "sequence_number", "seq"}};
    std::vector<streaming::EventTimeFormat> formats_{}; ///< of times, any of them
    bool counts_ = true;                                ///< a time may be any number above 0
    std::string records_{};
    streaming::TimeGate gate_{};
    streaming::Clock& clock_;
};

} // namespace services::ingest
