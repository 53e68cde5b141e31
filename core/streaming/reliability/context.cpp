#include "core/streaming/reliability/context.hpp"

#include <array>

#include "core/streaming/infrastructure/clock.hpp"
#include "core/streaming/infrastructure/event_id.hpp"
#include "core/streaming/reliability/correlation.hpp"

namespace streaming {

namespace {
constexpr std::string_view kTraceHeader = "traceparent";
}

Context::Context(const Dependencies& dependencies, const Message& message, int attempt, std::stop_token stop)
    : dependencies_(dependencies), message_(message), attempt_(attempt), stop_(std::move(stop)) {}

void Context::send(OutgoingMessage raw) {
    send_view({.topic = raw.topic, .key = raw.key, .payload = raw.payload, .headers = &raw.headers});
}

void Context::send_view(const OutgoingView& raw) {
    dependencies_.outputs.add(raw, dependencies_.ticket);
    ++sent_;
}

void Context::ignore(std::string_view reason) { ignore_reason_ = reason.empty() ? "unspecified" : reason; }

void Context::begin_envelope(std::string_view type) {
    const std::array<std::string_view, 2> origin{message_.id(), dependencies_.flow.group};
    std::array<char, kUuidTextLength> id{};
    write_text(derive_uuid_v8(message_.timestamp(), origin, sent_), id.data());
    if (!sent_at_) {
        sent_at_ = dependencies_.clock.system_now();
    }
    const std::string_view correlation_id = message_.correlation_id();
    std::string& envelope = scratch();
    envelope.clear();
    append_envelope_head(envelope, {.id = {id.data(), id.size()},
                                    .type = type,
                                    .timestamp = *sent_at_,
                                    .source = dependencies_.flow.service,
                                    .correlation_id = correlation_id.empty() ? message_.id() : correlation_id});
}

void Context::finish_envelope(std::string_view topic, std::string_view key) {
    std::string& envelope = scratch();
    envelope += '}';
    send_view({.topic = topic, .key = key, .payload = envelope, .headers = trace_headers()});
}

std::string& Context::scratch() {
    thread_local std::string envelope;
    return envelope;
}

const Headers* Context::trace_headers() {
    if (!trace_read_) {
        trace_read_ = true;
        if (const auto incoming = message_.headers().find(kTraceHeader)) {
            trace_.append(std::string(kTraceHeader), continue_trace(*incoming));
        }
    }
    return trace_.empty() ? nullptr : &trace_;
}

} // namespace streaming
