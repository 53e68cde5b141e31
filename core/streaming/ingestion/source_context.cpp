#include "core/streaming/ingestion/source_context.hpp"

#include <array>
#include <utility>

#include "core/streaming/infrastructure/event_envelope.hpp"

namespace streaming {

namespace {

/// Time part of ids that stand for content alone.
constexpr std::chrono::system_clock::time_point kNoTime{};

} // namespace

void SourceContext::emit_data(std::string_view type, std::string_view natural_key, SourceRow row,
                              std::string_view data) {
    const std::array<std::string_view, 3> parts{dependencies_.source, type, natural_key};
    row.id = to_string(derive_uuid_v8(kNoTime, parts, 0));
    append_envelope_head(row.payload, {.id = row.id,
                                       .type = type,
                                       .timestamp = dependencies_.now,
                                       .source = dependencies_.service,
                                       .correlation_id = row.id});
    row.payload += data;
    row.payload += '}';
    rows_.push_back(std::move(row));
}

void SourceContext::reject(std::string_view bytes, std::string reason) {
    const std::array<std::string_view, 3> parts{dependencies_.source, "rejected", bytes};
    rows_.push_back({.id = to_string(derive_uuid_v8(kNoTime, parts, 0)),
                     .payload = std::string(bytes),
                     .rejected = std::move(reason)});
}

} // namespace streaming
