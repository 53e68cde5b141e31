#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "core/streaming/ingestion/custom_params.hpp"
#include "core/streaming/ingestion/session_hours.hpp"

namespace streaming {

/// From `custom_params.session`, nothing when absent: `days` (mon to sun; absent: mon to fri), `open` and `close`
/// (HH:MM; absent: the whole day), `time_zone` (IANA name) or `utc_offset` (absent: `utc_offset`, that of the records'
/// times), `holidays` (YYYY-MM-DD) and `special_days` (YYYY-MM-DD: HH:MM-HH:MM). Throws what CustomParams throws.
[[nodiscard]] std::optional<SessionHours> record_session(const CustomParams& params, std::chrono::minutes utc_offset);

/// Why a record of that time is none of the session: what the wall clock there shows and which option says so. Empty
/// when it is one.
[[nodiscard]] std::string outside(const SessionHours& session, std::chrono::system_clock::time_point time);

} // namespace streaming
