#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/streaming/ingestion/custom_params.hpp"
#include "core/streaming/ingestion/event_time.hpp"
#include "core/streaming/ingestion/session_hours.hpp"
#include "core/streaming/ingestion/time_gate.hpp"

namespace streaming {

/// One member of an event, and where in the record its value is.
struct RecordField {
    enum class Type {
        as_it_is, ///< of a table: text
        text,
        number,
        integer,
        boolean ///< true, false, yes, no, 1, 0
    };
    std::string name{};
    std::string from{};
    Type type = Type::as_it_is;
    bool optional = false; ///< a record without it is an event without it, else it is rejected
    /// Of a number: a record with one that is below or above is rejected, such as a negative volume.
    std::optional<double> least{};
    std::optional<double> most{};
    /// What stands before the fraction of a number that is text: . or , and then the other one nowhere. 0 = a point,
    /// and there is no choice.
    char decimal = 0;
};

/// Where a record says when it happened. Several places are joined by blanks, such as a date and a time.
struct RecordTime {
    std::vector<std::string> places{};
    EventTimeFormat format;
    TimeGate gate{}; ///< a record that it does not let through is rejected
    /// A record of another time is rejected: what a poll of Saturday says of Friday, under Saturday's date.
    std::optional<SessionHours> session{};
};

/// How a record becomes an event, without code. A place in a record is a JSON pointer (RFC 6901, `/data/id`) or the
/// name of a member at its top; in a table the name of a column.
struct RecordOptions {
    /// What makes a record one and the same thing when it is read again. Empty: its `id`, `event_id` or `uuid`, the
    /// first that is there, else its whole content.
    std::vector<std::string> natural_key{};
    std::string kafka_key{}; ///< where the Kafka key is; empty = the natural key
    std::string event_type{};
    std::vector<RecordField> fields{};      ///< of the event; none = the whole record
    std::optional<RecordTime> event_time{}; ///< the event's member `event_time`, RFC 3339 in UTC

    /// The places that it names.
    [[nodiscard]] std::vector<std::string> places() const;
};

/// The parameters of `custom_params` that record_options reads.
[[nodiscard]] std::vector<std::string_view> record_params();

/// From `custom_params`: natural_key (one place or a list), kafka_key, event_type (absent: `<source_type>.recorded`),
/// fields (`name: place` or `name: {from: place, type: number, min: 0, max: 1, optional: true}`), event_time (a place
/// or a list), event_time_format (absent: rfc3339, of several places date_time), utc_offset of times that have none,
/// max_ahead_seconds (absent: 3600; 0 to 3,153,600,000), and session (see record_session). Throws what CustomParams
/// throws.
[[nodiscard]] RecordOptions record_options(const CustomParams& params, std::string_view source_type);

/// A JSON pointer, or no pointer at all.
[[nodiscard]] bool is_place(std::string_view place);
/// The text of a parameter that is a place; empty when absent.
[[nodiscard]] std::string place_param(const CustomParams& params, const std::string& name);

} // namespace streaming
