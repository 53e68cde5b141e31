#pragma once

#include <nlohmann/json_fwd.hpp>

#include "core/streaming/ingestion/record_options.hpp"
#include "core/streaming/ingestion/source_context.hpp"

namespace streaming {

/// One record, a JSON object, becomes one event. Throws std::invalid_argument when it lacks what the options ask for,
/// or when that is not what it should be; the text names option and place.
void emit_record(const nlohmann::json& record, const RecordOptions& options, SourceContext& context);

/// The record's time; the options name one.
[[nodiscard]] std::chrono::system_clock::time_point event_time_of(const nlohmann::json& record,
                                                                  const RecordTime& options);

} // namespace streaming
