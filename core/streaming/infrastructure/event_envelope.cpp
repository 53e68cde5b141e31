#include "core/streaming/infrastructure/event_envelope.hpp"

#include "core/streaming/infrastructure/envelope_reader.hpp"

namespace streaming {

void append_envelope_head(std::string& into, const EnvelopeFields& fields) {
    into += R"({"id":)";
    append_json_string(into, fields.id);
    into += R"(,"type":)";
    append_json_string(into, fields.type);
    into += R"(,"timestamp":")";
    append_rfc3339(into, fields.timestamp);
    into += R"(","source":)";
    append_json_string(into, fields.source);
    if (!fields.correlation_id.empty()) {
        into += R"(,"correlation_id":)";
        append_json_string(into, fields.correlation_id);
    }
    into += R"(,"data":)";
}

std::string EventEnvelope::to_json() const {
    constexpr std::size_t kNamesAndStamp = 128;
    std::string json;
    json.reserve(kNamesAndStamp + id.size() + type.size() + source.size() + correlation_id.size() + data.size());
    append_envelope_head(
        json, {.id = id, .type = type, .timestamp = timestamp, .source = source, .correlation_id = correlation_id});
    json += data;
    json += '}';
    return json;
}

Result<EventEnvelope> EventEnvelope::parse(std::string_view json) {
    EnvelopeReader reader;
    EnvelopeView view;
    std::string unescaped;
    if (const Status status = reader.read(json, view, unescaped); !status) {
        return status.error();
    }
    EventEnvelope envelope{.id = std::string(view.id),
                           .type = std::string(view.type),
                           .timestamp = {},
                           .source = std::string(view.source),
                           .correlation_id = std::string(view.correlation_id),
                           .data = view.data.empty() ? "null" : std::string(view.data)};
    if (!view.timestamp.empty()) {
        const auto time = parse_rfc3339(view.timestamp);
        if (!time) {
            Error error = time.error();
            error.message.insert(0, "timestamp: ");
            return error;
        }
        envelope.timestamp = time.value();
    }
    return envelope;
}

} // namespace streaming
