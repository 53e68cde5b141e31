#pragma once

#include <simdjson.h>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bench/packed_id.hpp"

namespace bench {

inline constexpr std::size_t kStations = 1000;

/// The key of the n-th input record: 1,000 stations in turn.
[[nodiscard]] std::string station_key(std::size_t sequence);

/// The input of a leg: weather observations in envelopes.
struct Observations {
    std::size_t records = 0;
    bool repeats = true; ///< every 100th id repeats an earlier one, but for the last record of each key

    [[nodiscard]] bool is_repeated(std::size_t sequence) const {
        return repeats && sequence % 100 == 99 && sequence + kStations < records;
    }
    /// The record whose id it has: itself, one close by (the twin may be in flight), or one half the way back (it is
    /// not).
    [[nodiscard]] std::size_t origin(std::size_t sequence) const {
        if (!is_repeated(sequence)) {
            return sequence;
        }
        const std::size_t hundreds = sequence / 100;
        return sequence - 50 - (hundreds % 2 == 0 ? hundreds / 2 * 100 : 0);
    }
    [[nodiscard]] std::size_t distinct() const;
    void write(std::size_t sequence, std::string& into) const;
    /// The id of a record as it was written.
    [[nodiscard]] PackedId id(std::size_t sequence) const;
};

/// The same with the sequence number as correlation id, which `convert` hands on, and no repetition.
void write_numbered_observation(std::size_t sequence, std::string& into);
/// That number, read from a converted record.
[[nodiscard]] std::optional<std::size_t> number_of(std::string_view converted);

/// The time a slow handler takes for a record: 0 to 5 ms, by hash of its id.
[[nodiscard]] std::chrono::microseconds slow_work(std::string_view id);

/// The work of the legs on one record, the same in the twin and in ours. Used by one thread.
class ObservationParser {
public:
    /// The event id; empty when the payload is no envelope. Valid until the next call.
    [[nodiscard]] std::string_view id(std::string_view payload);
    /// Appends {"id","source","celsius","correlation_id"}; false (and nothing appended) when the payload does not fit.
    [[nodiscard]] bool convert(std::string_view payload, std::string& into);

    /// An envelope as it was written: strings with their quotes, `data` as JSON text. Views into this object.
    struct Parts {
        std::string_view id{};
        std::string_view timestamp{};
        std::string_view correlation_id{};
        std::string_view data{};
    };
    /// False when the payload is no envelope. Valid until the next call.
    [[nodiscard]] bool parts(std::string_view payload, Parts& into);

private:
    simdjson::padded_string_view padded(std::string_view payload);

    simdjson::ondemand::parser parser_{};
    simdjson::ondemand::document document_{};
    std::vector<char> buffer_{}; // simdjson reads a little past the end
};

} // namespace bench
