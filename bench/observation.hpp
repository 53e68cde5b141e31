#pragma once

#include <simdjson.h>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

inline constexpr std::size_t kStations = 1000;

/// The key of the n-th input record: 1,000 stations in turn.
[[nodiscard]] std::string station_key(std::size_t sequence);
/// Writes the n-th input record, a weather observation in an envelope. Every 100th id repeats an earlier one.
void write_observation(std::size_t sequence, std::string& into);

/// The work of the legs on one record, the same in the twin and in ours. Used by one thread.
class ObservationParser {
public:
    /// The event id; empty when the payload is no envelope. Valid until the next call.
    [[nodiscard]] std::string_view id(std::string_view payload);
    /// Appends {"id","source","celsius","correlation_id"}; false (and nothing appended) when the payload does not fit.
    [[nodiscard]] bool convert(std::string_view payload, std::string& into);

private:
    simdjson::padded_string_view padded(std::string_view payload);

    simdjson::ondemand::parser parser_{};
    simdjson::ondemand::document document_{};
    std::vector<char> buffer_{}; // simdjson reads a little past the end
};

} // namespace bench
