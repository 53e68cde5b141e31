#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "core/streaming/ingestion/record_options.hpp"
#include "core/streaming/ingestion/source_context.hpp"

namespace streaming {

/// One record, a JSON object, becomes one event. Throws std::invalid_argument when it lacks what the options ask for,
/// or when that is not what it should be; the text names option and place.
void emit_record(const nlohmann::json& record, const RecordOptions& options, SourceContext& context);

/// `value`, as `text`, is part of a key. Throws std::invalid_argument when many records have such a value in common, of
/// which all but the first would count as known and be lost: NaN, 1.23E+11, a number that is no longer exact. The text
/// names `what` it is of, and the `place`.
void refuse_mangled(const nlohmann::json& value, const std::string& text, std::string_view what,
                    std::string_view place);

/// The record's time; the options name one.
[[nodiscard]] std::chrono::system_clock::time_point event_time_of(const nlohmann::json& record,
                                                                  const RecordTime& options);

} // namespace streaming
