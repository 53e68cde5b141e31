#include "core/streaming/reliability/dead_letter_queue.hpp"

#include <algorithm>
#include <cstdint>

#include "core/streaming/infrastructure/event_envelope.hpp"
#include "core/streaming/infrastructure/event_types.hpp"
#include "core/streaming/reliability/utf8.hpp"

namespace streaming {

namespace {

constexpr std::size_t kMaxErrorBytes = 2048;
constexpr std::size_t kMaxNameBytes = 256;
constexpr std::size_t kPointerPartBytes = 16U * 1024U;
constexpr std::string_view kRedriveCount = "tributary-redrive-count";
constexpr std::string_view kPayloadBytes = "tributary-payload-bytes";

std::string cut(std::string_view text, std::size_t max_bytes) {
    std::string clean;
    detail::append_utf8(clean, text, max_bytes);
    return clean;
}

std::string stamp(std::chrono::system_clock::time_point time) {
    std::string text;
    append_rfc3339(text, time);
    return text;
}

std::string milliseconds_since_epoch(std::chrono::system_clock::time_point time) {
    return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count());
}

/// What the record was redriven with before; anything but a number counts as never.
std::string redrive_count(const Headers& headers) {
    const std::string_view count = headers.find(kRedriveCount).value_or("");
    const bool number =
        !count.empty() && count.size() <= 9 && std::ranges::all_of(count, [](char c) { return c >= '0' && c <= '9'; });
    return number ? std::string(count) : "0";
}

Headers headers_of(const ConsumedRecord& record) {
    Headers headers;
    if (record.has_headers && record.owner != nullptr) {
        record.owner->read_headers(record.handle, headers);
    }
    return headers;
}

std::size_t bytes_of(const Headers& headers) {
    std::size_t bytes = 0;
    for (const Headers::Entry& entry : headers) {
        bytes += entry.name.size() + (entry.value ? entry.value->size() : 0);
    }
    return bytes;
}

/// The headers of the original that a copy without payload takes along: those too large for it go.
Headers pointer_headers(Headers headers) {
    if (bytes_of(headers) <= kPointerPartBytes) {
        return headers;
    }
    Headers kept;
    for (const std::string_view name : {std::string_view("traceparent"), kRedriveCount}) {
        if (const auto value = headers.find(name); value && value->size() <= kMaxNameBytes) {
            kept.append(std::string(name), std::string(*value));
        }
    }
    return kept;
}

void describe(Headers& headers, const ConsumedRecord& record, const DeadLetterReason& reason,
              const FlowIdentity& flow) {
    headers.set("tributary-original-topic", std::string(record.topic));
    headers.set("tributary-original-partition", std::to_string(record.partition));
    headers.set("tributary-original-offset", std::to_string(record.offset));
    headers.set("tributary-original-timestamp", milliseconds_since_epoch(record.timestamp));
    headers.set("tributary-group", flow.group);
    headers.set("tributary-service", flow.service);
    headers.set("tributary-handler", cut(reason.handler, kMaxNameBytes));
    headers.set("tributary-error-class", cut(reason.error_class, kMaxNameBytes));
    headers.set("tributary-error-message", cut(reason.text, kMaxErrorBytes));
    headers.set("tributary-attempts", std::to_string(reason.attempts));
    headers.set("tributary-first-failure", stamp(reason.first_failure));
    headers.set("tributary-last-failure", stamp(reason.last_failure));
    headers.set("tributary-correlation-id", cut(reason.correlation_id, kMaxErrorBytes));
    headers.set(kRedriveCount, redrive_count(headers));
}

} // namespace

void DeadLetterQueue::write(const ConsumedRecord& record, const DeadLetterReason& reason, DeadLetterForm form,
                            OutputBuffer& into, DeliveryTicket& ticket) const {
    const bool full = form == DeadLetterForm::full;
    Headers headers = full ? headers_of(record) : pointer_headers(headers_of(record));
    describe(headers, record, reason, flow_);
    OutgoingView copy{.key = record.key, .headers = &headers};
    if (full) {
        copy.payload = record.payload;
        if (record.payload) {
            headers.remove(kPayloadBytes); // of an earlier copy that was a pointer
        }
    } else {
        headers.set(kPayloadBytes, std::to_string(record.payload ? record.payload->size() : 0));
        if (record.key && record.key->size() > kPointerPartBytes) {
            copy.key.reset();
        }
    }
    const std::string topic = topic_for(record.topic);
    copy.topic = topic;
    into.add(copy, ticket);
}

std::string DeadLetterQueue::topic_for(std::string_view topic) const {
    return TopicNames::dead_letters(topic, flow_.group);
}

} // namespace streaming
