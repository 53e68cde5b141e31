#include "core/streaming/ingestion/dead_letter_headers.hpp"

#include <string>

#include "core/streaming/infrastructure/event_envelope.hpp"
#include "core/streaming/reliability/utf8.hpp"

namespace streaming::detail {
namespace {

constexpr std::size_t kMaxTextBytes = 2048;

std::string cut(std::string_view text) {
    std::string clean;
    append_utf8(clean, text, kMaxTextBytes);
    return clean;
}

std::string stamp(std::chrono::system_clock::time_point time) {
    std::string text;
    append_rfc3339(text, time);
    return text;
}

} // namespace

void set_dead_letter_headers(Headers& headers, const SourceFailure& failure) {
    if (!failure.topic.empty()) {
        headers.set("tributary-original-topic", std::string(failure.topic));
    }
    headers.set("tributary-service", std::string(failure.service));
    headers.set("tributary-handler", std::string(failure.source));
    headers.set("tributary-group", std::string(failure.source));
    headers.set("tributary-error-class", std::string(failure.error_class));
    headers.set("tributary-error-message", cut(failure.text));
    headers.set("tributary-attempts", std::to_string(failure.attempts));
    headers.set("tributary-redrive-count", "0");
    headers.set("tributary-first-failure", stamp(failure.first_failure));
    headers.set("tributary-last-failure", stamp(failure.last_failure));
    if (!failure.correlation_id.empty()) {
        headers.set("tributary-correlation-id", cut(failure.correlation_id));
    }
    if (failure.payload_bytes) {
        headers.set("tributary-payload-bytes", std::to_string(*failure.payload_bytes));
    }
}

} // namespace streaming::detail
